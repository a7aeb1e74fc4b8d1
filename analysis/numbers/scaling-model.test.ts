import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { fitModels } from './scaling-fit.ts'
import { standardErrors } from './scaling-intervals.ts'
import { type Law, peakOf, throughput } from './scaling-law.ts'
import { chosenFit, scaling } from './scaling-model.ts'
import { studentQuantile } from './student.ts'

/** Throughput under a law, alternately `noise` above and below it. */
const runs = (law: Law, replicas: readonly number[], noise = 0) =>
  replicas.map((n, index) => ({
    replicas: n,
    rate: throughput(law, n) * (index % 2 === 0 ? 1 + noise : 1 - noise),
  }))

test('the law that made the throughputs is found', () => {
  const law = fc.record({
    gamma: fc.double({ min: 10, max: 1000, noNaN: true }),
    alpha: fc.double({ min: 0.02, max: 0.3, noNaN: true }),
    beta: fc.double({ min: 0.001, max: 0.02, noNaN: true }),
  })
  fc.assert(
    fc.property(law, (made) => {
      const fit = fitModels(runs(made, [1, 2, 4, 8, 12, 16, 24])).find(({ model }) => model === 'usl')
      assert.ok(fit)
      for (const name of ['gamma', 'alpha', 'beta'] as const)
        assert.ok(Math.abs(fit[name] / made[name] - 1) < 0.01, `${name} ${fit[name]} of ${made[name]}`)
    }),
    { numRuns: 30 },
  )
})

test('fewer than four numbers of replicas have no model', () => {
  assert.equal(scaling(runs({ gamma: 100, alpha: 0.1, beta: 0 }, [1, 2, 4, 1, 2, 4])), null)
})

describe('without repeats', () => {
  const law = { gamma: 100, alpha: 0.05, beta: 0.005 }
  const measured = runs(law, [1, 2, 4, 6, 8, 12, 16, 24, 32], 0.01)
  const found = scaling(measured)
  const fit = chosenFit(found)

  test('intervals are Student’s around the fit, and contain the law', () => {
    assert.equal(found?.chosen, 'usl')
    assert.ok(fit && found?.intervals)
    const errors = standardErrors(measured, fit, ['alpha', 'beta'])
    for (const [index, name] of (['gamma', 'alpha', 'beta'] as const).entries()) {
      const interval = found.intervals[name]
      assert.ok(interval && interval.low < law[name] && law[name] < interval.high, name)
      const half = studentQuantile(0.975, 6) * (errors[index] ?? 0)
      assert.ok(Math.abs(interval.high - fit[name] - half) < 1e-9)
    }
  })

  test('the peak has no interval, but is known when coherency is', () => {
    assert.equal(found?.intervals?.peak, null)
    assert.ok(fit && found?.peak === peakOf(fit))
    assert.ok(Math.abs((found.peak ?? 0) - Math.sqrt(0.95 / 0.005)) < 2)
    assert.equal(found.ceiling, null)
  })

  test('contention alone has a ceiling and no peak', () => {
    const amdahl = scaling(runs({ gamma: 100, alpha: 0.05, beta: 0 }, [1, 2, 4, 6, 8, 12, 16, 24, 32], 0.01))
    assert.equal(amdahl?.chosen, 'amdahl')
    assert.deepEqual([amdahl.peak, amdahl.intervals?.beta], [null, null])
    assert.ok(amdahl.ceiling && Math.abs(amdahl.ceiling / 2000 - 1) < 0.1)
  })
})
