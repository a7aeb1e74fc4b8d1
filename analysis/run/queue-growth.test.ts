import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { quantile } from 'simple-statistics'
import { aSummary } from '../../test/samples.ts'
import { randomFrom } from '../numbers/random.ts'
import { queueGrowth } from './queue-growth.ts'

const durationMs = 10_000

type Latency = readonly [atMs: number, ms: number]

/** What k6 would report of those latencies. */
function summaryOf(latencies: readonly Latency[]) {
  const quarters: number[][] = [[], [], [], []]
  for (const [at, ms] of latencies) quarters[Math.floor((4 * at) / durationMs)]?.push(ms)
  return aSummary(
    Object.fromEntries(
      quarters.map((values, index) => [
        `latency_intended{quarter:${index + 1}}`,
        {
          count: values.length,
          med: quantile(values, 0.5),
          'p(25)': quantile(values, 0.25),
          'p(75)': quantile(values, 0.75),
        },
      ]),
    ),
  )
}

/**
 * … of a target that answers one request after the other (Lindley 1952: each waits as long as the one before,
 * plus that one's work, less the time between the two). `stall`: when the target does nothing, in ms.
 */
function answered(
  times: readonly number[],
  workMs: () => number,
  stall: readonly [from: number, to: number] = [0, 0],
) {
  let freeAt = 0
  return summaryOf(
    times.map((at): Latency => {
      let begun = Math.max(at, freeAt)
      if (begun >= stall[0] && begun < stall[1]) begun = stall[1]
      freeAt = begun + workMs()
      return [at, freeAt - at]
    }),
  )
}

/** … to which requests come evenly. */
const summaryUnder = (perSecond: number, workMs: () => number, stall?: readonly [from: number, to: number]) =>
  answered(
    Array.from({ length: (durationMs * perSecond) / 1000 }, (_, index) => (index * 1000) / perSecond),
    workMs,
    stall,
  )

/** Work between 0.7 and 1.3 times the mean. */
const uneven = (meanMs: number, seed: number) => {
  const random = randomFrom(seed)
  return () => meanMs * (0.7 + 0.6 * random())
}
const seed = fc.integer({ min: 1, max: 1e9 })
const perSecond = fc.integer({ min: 20, max: 500 })

test('the size of an overload is found', () => {
  fc.assert(
    fc.property(perSecond, fc.integer({ min: 4, max: 100 }), seed, (rate, percent, seed) => {
      const grown = queueGrowth(
        summaryUnder(rate, uneven((1000 / rate) * (1 + percent / 100), seed)),
        durationMs,
      )
      // The fewer requests, the less their uneven work evens out: some five standard deviations.
      const within = 0.01 + ((1 + percent / 100) * 0.35) / Math.sqrt(rate)
      assert.ok(Math.abs((grown ?? 0) - percent / 100) < within, `${grown} of ${percent} %`)
    }),
  )
})

test('a target with 10 % to spare shows no growth, however long its answers take', () => {
  fc.assert(
    fc.property(perSecond, fc.integer({ min: 1, max: 90 }), seed, (rate, percent, seed) => {
      const grown = queueGrowth(summaryUnder(rate, uneven((10 * percent) / rate, seed)), durationMs)
      assert.ok(Math.abs(grown ?? 1) < 0.01, `${grown}`)
    }),
  )
})

test('a stall in any quarter is not growth', () => {
  for (const from of [500, 1000, 2000, 4500, 6000, 9000, 9500])
    assert.ok(
      Math.abs(
        queueGrowth(
          summaryUnder(100, () => 5, [from, from + 1000]),
          durationMs,
        ) ?? 1,
      ) < 0.01,
    )
})

test('random arrivals at a busy target are seldom taken for growth, and an overload of a tenth is found', () => {
  const rounds = 150
  const found = (perSecond: number, load: number) => {
    const random = randomFrom(perSecond)
    const grown = Array.from({ length: rounds }, () => {
      const times = Array.from({ length: perSecond * 10 }, () => durationMs * random()).sort((a, b) => a - b)
      return queueGrowth(
        answered(times, () => (1000 * load) / perSecond),
        durationMs,
        true,
      )
    })
    return grown.filter((growth) => (growth ?? 1) > 0.02).length / rounds
  }
  assert.ok(found(20, 0.8) <= 0.02)
  assert.ok(found(80, 0.9) <= 0.02)
  assert.ok(found(80, 1.1) >= 0.95)
})

/** The share of 300 loads in which growth is remarked upon: 2 % or more. */
const remarked = (make: () => ReturnType<typeof aSummary>) =>
  Array.from({ length: 300 }, () => queueGrowth(make(), durationMs) ?? 0).filter((grown) => grown >= 0.02)
    .length / 300

test('latency that steps up once is not growth: in at most 12 % of the loads, not 64 % as by halves', () => {
  const random = randomFrom(9)
  const exponential = (meanMs: number) => -meanMs * Math.log(1 - random())
  const step = (low: number, high: number, share: number) =>
    summaryOf(
      Array.from({ length: 500 }, (_, index) => [20 * index, exponential(index < 500 * share ? low : high)]),
    )
  assert.equal(
    remarked(() => step(10, 200, 0.5)),
    0,
  )
  const anywhere = remarked(() => {
    const high = 150 + 350 * random()
    return step(high / (3 + 17 * random()), high, 0.15 + 0.7 * random())
  })
  assert.ok(anywhere <= 0.12, `${anywhere}`)
})

test('overloads by 10 to 50 % are found in 94 % or more, with exponential work and a stall of a second too', () => {
  const random = randomFrom(10)
  const overload = (stalled: boolean) => {
    const perSecond = 20 + 180 * random()
    const meanMs = (1000 / perSecond) * (1.1 + 0.4 * random())
    const from = stalled ? 8000 * random() : 0
    return summaryUnder(perSecond, () => -meanMs * Math.log(1 - random()), [
      from,
      from + (stalled ? 1000 : 0),
    ])
  }
  for (const stalled of [false, true]) {
    const found = remarked(() => overload(stalled))
    assert.ok(found >= 0.94, `${found}`)
  }
})

test('a run with halves, as older ones have, is judged by them', () => {
  const half = (med: number) => ({ count: 1000, med, 'p(25)': med - 1, 'p(75)': med + 1 })
  const summary = aSummary({ 'latency_intended{half:1}': half(50), 'latency_intended{half:2}': half(250) })
  assert.equal(queueGrowth(summary, durationMs), 0.04)
})

test('growth that may be chance is 0, and without quarters it is null', () => {
  /** Medians that far apart; the interquartile range of each is 100 ms. */
  const quarters = (rise: number) =>
    aSummary(
      Object.fromEntries(
        [0, 1, 2, 3].map((index) => [
          `latency_intended{quarter:${index + 1}}`,
          { count: 4, med: 100 + rise * index, 'p(25)': 50 + rise * index, 'p(75)': 150 + rise * index },
        ]),
      ),
    )
  // Notches of 1.57 × 100 ÷ √4 = 78.5 ms each; the later quarters are twice the rise above the earlier.
  assert.equal(queueGrowth(quarters(78), durationMs), 0)
  assert.equal(queueGrowth(quarters(79), durationMs), 158 / 5000)
  assert.equal(queueGrowth(quarters(0), durationMs), 0)
  assert.equal(queueGrowth(aSummary({ latency_intended: { count: 4, med: 1 } }), durationMs), null)
})
