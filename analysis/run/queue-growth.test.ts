import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { quantile } from 'simple-statistics'
import { aSummary } from '../../test/samples.ts'
import { randomFrom } from '../numbers/random.ts'
import { queueGrowth } from './queue-growth.ts'

const durationMs = 10_000

/**
 * What k6 would report of a target that answers one request after the other (Lindley 1952: each waits as long
 * as the one before, plus that one's work, less the time between the two). `stall`: when the target does
 * nothing, in ms.
 */
const summaryUnder = (perSecond: number, workMs: () => number, stall?: [from: number, to: number]) =>
  summaryOf(
    Array.from({ length: (durationMs * perSecond) / 1000 }, (_, index) => (index * 1000) / perSecond),
    workMs,
    stall,
  )

function summaryOf(
  times: readonly number[],
  workMs: () => number,
  stall: [from: number, to: number] = [0, 0],
) {
  const halves: [number[], number[]] = [[], []]
  let freeAt = 0
  for (const at of times) {
    let begun = Math.max(at, freeAt)
    if (begun >= stall[0] && begun < stall[1]) begun = stall[1]
    freeAt = begun + workMs()
    halves[at < durationMs / 2 ? 0 : 1].push(freeAt - at)
  }
  return aSummary(
    Object.fromEntries(
      halves.map((values, index) => [
        `latency_intended{half:${index + 1}}`,
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

test('a stall in either half is not growth', () => {
  for (const from of [1000, 4500, 6000, 9500])
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
        summaryOf(times, () => (1000 * load) / perSecond),
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

test('growth that may be chance is 0, and without halves it is null', () => {
  const halves = (second: number) =>
    aSummary({
      'latency_intended{half:1}': { count: 4, med: 100, 'p(25)': 50, 'p(75)': 150 },
      'latency_intended{half:2}': { count: 4, med: second, 'p(25)': second - 50, 'p(75)': second + 50 },
    })
  // Notches of 1.57 × 100 ÷ √4 = 78.5 ms each.
  assert.equal(queueGrowth(halves(256), durationMs), 0)
  assert.equal(queueGrowth(halves(258), durationMs), 158 / 5000)
  assert.equal(queueGrowth(aSummary({ latency_intended: { count: 4, med: 1 } }), durationMs), null)
})
