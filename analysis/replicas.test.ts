import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aClimb } from '../test/samples.ts'
import { statistics } from './statistics.ts'

/** A run with so many replicas that made so many requests in ten seconds. */
function withReplicas(replicas: number | null, requests: number, interrupted = false) {
  const source = aClimb(`${replicas}-${requests}`, [requests])
  assert.ok(source.run)
  const target = { ...source.run.target, replicas }
  return { ...source, run: { ...source.run, target, interrupted } }
}

test('throughput against replicas: medians, ranges, speed-up and efficiency of the valid runs', () => {
  const { replicas } = statistics([
    withReplicas(4, 3000),
    withReplicas(2, 1900),
    withReplicas(2, 2100),
    withReplicas(2, 2000),
    withReplicas(4, 3400),
    withReplicas(4, 90_000, true),
    withReplicas(null, 77_000),
  ])
  assert.deepEqual(
    replicas.map(({ replicas, runs, rate, speedUp, efficiency }) => [
      replicas,
      runs,
      rate,
      speedUp,
      efficiency,
    ]),
    [
      [2, 3, { median: 200, least: 190, most: 210 }, 1, 1],
      [4, 2, { median: 320, least: 300, most: 340 }, 1.6, 0.8],
    ],
  )
  assert.deepEqual(replicas[0]?.p95Ms, { median: 95, least: 95, most: 95 })
})

test('one number of replicas is no comparison', () => {
  assert.deepEqual(statistics([withReplicas(2, 1000), withReplicas(2, 1100)]).replicas, [])
})
