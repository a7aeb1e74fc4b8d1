import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { aRun, aSummary, requests } from '../../test/samples.ts'
import type { Run } from '../formats/run.ts'
import { jainFairness, podFairness } from './balance.ts'
import { runStatistics } from './statistics.ts'

// Reference values computed with numpy from Jain's definition of 1984.
const cases: [shares: number[], index: number][] = [
  [[7, 7, 7, 7], 1],
  [[1, 0, 0, 0, 0], 0.2],
  [[100, 120, 80, 95, 105.5], 0.9832166459785793],
]
for (const [shares, index] of cases) {
  test(`the fairness of ${shares} is ${index}`, () =>
    assert.ok(Math.abs((jainFairness(shares) ?? Number.NaN) - index) < 1e-12))
}

test('fairness lies between 1/n and 1, whatever the scale and the order', () => {
  const shares = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(shares, fc.double({ min: 0.001, max: 1000, noNaN: true }), (each, scale) => {
      const index = jainFairness(each)
      // A share so small that its square is lost is none.
      if (each.some((share) => share > 0 && share < 1e-100)) return
      if (index === null) return assert.ok(each.every((share) => share === 0))
      assert.ok(index >= 1 / each.length - 1e-9 && index <= 1 + 1e-9)
      const scaled = jainFairness(each.toReversed().map((share) => share * scale))
      assert.ok(scaled === null || Math.abs(scaled - index) < 1e-6)
    }),
  )
})

/** A run on a cluster whose pods served these numbers of requests. */
const cluster = (
  served: (number | null)[],
  connections: Run['load']['connections'] = 'one per iteration',
) => {
  const run = aRun()
  const pods = served.map((each, index) => ({
    name: `pod-${index}`,
    node: 'n',
    served: each,
    cpuCores: null,
  }))
  const behind = { nodes: 1, image: 'x', cpuLimit: '200m', memoryLimit: null, scaling: [], pods }
  return {
    ...run,
    load: { ...run.load, connections },
    target: { ...run.target, replicas: served.length, cluster: behind },
  }
}

test('pods that started or stopped do not count, and one pod has no fairness', () => {
  assert.equal(podFairness(cluster([10, null, 10])), 1)
  assert.equal(podFairness(cluster([10, null])), null)
  assert.equal(podFairness(cluster([])), null)
  assert.equal(podFairness(null), null)
})

test('a remark says when kept connections defeat the balance, and what is unknown about pods', () => {
  const remarks = (run: Run) => {
    const summary = { kind: 'summary', summary: aSummary(requests(1000)) } as const
    return runStatistics({ name: 'x', run, summary }).remarks.join(' ')
  }
  assert.match(
    remarks(cluster([900, 100], 'kept')),
    /unevenly over the 2 pods \(Jain’s index 0\.610, .*each VU kept its own\./,
  )
  assert.match(
    remarks(cluster([900, 100])),
    /unevenly over the 2 pods \(Jain’s index 0\.610, 1 would be even\)\./,
  )
  assert.doesNotMatch(remarks(cluster([480, 520], 'kept')), /unevenly/)
  assert.match(remarks(cluster([500, null])), /1 of 2 pods started, stopped or restarted/)
})
