import assert from 'node:assert/strict'
import { test } from 'node:test'
import { strangeGenerator } from '../formats/generators.ts'
import type { Period, Timeline } from '../formats/timeline.ts'
import { normalFrom, randomFrom } from '../numbers/random.ts'
import { disagreeing, ratiosToOthers } from './disagreement.ts'

const period = (index: number, avg: number): Period => ({
  fromMs: index * 1000,
  toMs: (index + 1) * 1000,
  vus: 1,
  requests: 100,
  failed: 0,
  iterations: 100,
  dropped: null,
  checks: null,
  durationMs: { avg, min: 1, p50: avg, p90: avg, p95: avg, p99: avg, max: 2 * avg },
  phasesMs: null,
  generatorCores: null,
  targetCores: null,
  targetMemoryMiB: null,
})

/** Three generators whose latencies drift together, and each on its own, correlated from second to second. */
function timelines(random: () => number, factors: readonly number[], seconds = 60): Timeline[] {
  let drift = 0
  const own = factors.map(() => 0)
  const periods: Period[][] = factors.map(() => [])
  for (let index = 0; index < seconds; index++) {
    drift = 0.9 * drift + 0.2 * normalFrom(random)
    for (const [generator, factor] of factors.entries()) {
      own[generator] = 0.5 * (own[generator] ?? 0) + 0.05 * normalFrom(random)
      periods[generator]?.push(period(index, 20 * factor * Math.exp(drift + (own[generator] ?? 0))))
    }
  }
  return periods.map((each, index) => ({
    schema: 1,
    startedAt: new Date(1_800_000_000_000 + 7 * index).toISOString(),
    periodMs: 1000,
    periods: each,
  }))
}

const named = (of: readonly Timeline[]): string | null => {
  const ratios = ratiosToOthers(of)
  const figures = { durationMs: null, requests: null, failed: null, meanMs: null, p50Ms: null, p95Ms: null }
  const all = ratios.map((ratio, index) => ({
    ...strangeGenerator(String(index)),
    figures: { ...figures, ratio },
  }))
  return disagreeing(all)?.name ?? null
}

test('generators that differ by chance are not named, one in another zone is', () => {
  const random = randomFrom(1)
  const rounds = 300
  const share = (factors: readonly number[], found: (name: string | null) => boolean) =>
    Array.from({ length: rounds }, () => found(named(timelines(random, factors)))).filter(Boolean).length /
    rounds
  const alarms = share([1, 1, 1], (name) => name !== null)
  assert.ok(alarms <= 0.02, `named without a difference: ${alarms}`)
  const small = share([1, 1, 1.03], (name) => name !== null)
  assert.ok(small <= 0.05, `named for 3 %: ${small}`)
  const shown = share([1, 1, 1.3], (name) => name === '2')
  assert.ok(shown >= 0.98, `shown for 30 %: ${shown}`)
})

test('the interval holds for all generators together', () => {
  const random = randomFrom(2)
  const rounds = 400
  const held = Array.from({ length: rounds }, () =>
    ratiosToOthers(timelines(random, [1, 1, 1])).every((ratio) => ratio && ratio.low <= 1 && ratio.high >= 1),
  ).filter(Boolean).length
  assert.ok(held / rounds >= 0.93, `${held} of ${rounds}`)
})

test('of a short test there is no ratio', () => {
  assert.deepEqual(ratiosToOthers(timelines(randomFrom(3), [1, 2], 7)), [null, null])
  assert.deepEqual(ratiosToOthers(timelines(randomFrom(3), [1], 60)), [null])
})
