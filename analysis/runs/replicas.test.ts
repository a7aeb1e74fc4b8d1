import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aClimb } from '../../test/samples.ts'
import { statistics } from './statistics.ts'

/** A run with that many replicas and that many requests in ten seconds. */
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
      [rate.median, rate.least, rate.most],
      speedUp,
      efficiency,
    ]),
    [
      [2, 3, [200, 190, 210], 1, 1],
      [4, 2, [320, 300, 340], 1.6, 0.8],
    ],
  )
  assert.equal(replicas[0]?.p95Ms?.median, 95)
  assert.equal(replicas[0]?.rate.interval, null)
})

test('a single number of replicas is not compared', () => {
  assert.deepEqual(statistics([withReplicas(2, 1000), withReplicas(2, 1100)]).replicas, [])
})

const sweepOf = (rates: Record<number, number[]>) =>
  Object.entries(rates).flatMap(([replicas, each]) =>
    each.map((rate) => withReplicas(Number(replicas), 10 * rate)),
  )

test('a recommendation names the fewest replicas that held the load in every run, and the confidence', () => {
  const runs = sweepOf({
    1: [200, 205, 198, 203, 201],
    2: [380, 390, 385, 392, 388],
    4: [700, 690, 705, 695, 710],
  })
  assert.equal(
    statistics(runs, { wanted: 350 }).recommendation,
    'For 350 requests/s: 2 replicas hold 380 requests/s within errors ≤ 1 % (96.9 % confident: the least of 5 runs).',
  )
  assert.match(statistics(runs).recommendation ?? '', /^4 replicas hold 690 requests\/s/)
  assert.match(
    statistics(runs, { wanted: 5000 }).recommendation ?? '',
    /^No measured number .* the best was 690 with 4\. There are too few numbers of replicas to extrapolate from\.$/,
  )
})

test('beyond what was measured the fitted model is extrapolated, up to twice the replicas, and says so', () => {
  const law = (n: number) => (100 * n) / (1 + 0.05 * (n - 1))
  const noisy = (n: number) =>
    [0.98, 1, 1.01, 0.99, 1.02].map((factor) => Math.round(law(n) * factor * 10) / 10)
  const runs = sweepOf({ 1: noisy(1), 2: noisy(2), 4: noisy(4), 8: noisy(8) })
  const { scaling, recommendation } = statistics(runs, { wanted: 700 })
  assert.equal(scaling?.chosen, 'amdahl')
  assert.match(recommendation ?? '', /Extrapolated by the fitted model, 11 would reach it/)
  assert.match(statistics(runs, { wanted: 1900 }).recommendation ?? '', /does not reach it with up to 16/)
  // There is no peak without a downward bend, and a ceiling only because contention is shown.
  assert.equal(scaling.peak, null)
  assert.ok(scaling.ceiling && Math.abs(scaling.ceiling / 2000 - 1) < 0.15)
})

test('runs that missed their SLOs hold no rate', () => {
  const missed = sweepOf({ 1: [100, 100], 2: [200, 200] }).map((source) => ({
    ...source,
    run: { ...source.run, slos: [{ figure: 'p95', limit: 1 }] },
  }))
  assert.equal(statistics(missed).recommendation, 'No number of replicas met p95 ≤ 1 ms in every run.')
})
