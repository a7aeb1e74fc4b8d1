import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { mean, probit } from 'simple-statistics'
import { normalFrom, randomFrom } from './random.ts'
import { repeated, runsFor } from './repeated.ts'

const near = (actual: number, expected: number, within: number) =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual}, expected ${expected}`)

test('fewer than five runs have a range and no interval', () => {
  const four = repeated([100, 104, 96, 101])
  assert.deepEqual([four.median, four.least, four.most, four.interval], [100.5, 96, 104, null])
  assert.deepEqual(repeated([100, 104, 96, 101, 99]).interval, { low: 96, high: 104, confidence: 0.9375 })
})

test('the interval is between order statistics, with its own confidence', () => {
  // Of ten values the second and ninth hold the median with 97.9 % (David and Nagaraja, table 7.1).
  const { interval } = repeated([0, 0, 0.01, 0.02, 0.02, 0.03, 0.03, 0.04, 0.05, 0.06])
  near(interval?.confidence ?? 0, 0.978515625, 1e-9)
  assert.deepEqual([interval?.low, interval?.high], [0, 0.05])
  // The same table: 96.9 % for the range of six, 95.9 % for the 6th and 15th of twenty.
  near(repeated([1, 2, 3, 4, 5, 6]).interval?.confidence ?? 0, 0.96875, 1e-9)
  const twenty = repeated(Array.from({ length: 20 }, (_, index) => index + 1)).interval
  assert.deepEqual([twenty?.low, twenty?.high], [6, 15])
  near(twenty?.confidence ?? 0, 0.9586105, 1e-7)
  // SciPy 1.17: stats.binom.ppf(0.025, 5000, 0.5) is 2431.
  const thousands = repeated(Array.from({ length: 5000 }, (_, index) => index + 1)).interval
  assert.deepEqual([thousands?.low, thousands?.high], [2431, 2570])
})

describe('the interval of the typical run covers what it says', () => {
  const random = randomFrom(11)
  const worlds: [name: string, draw: () => number, median: number][] = [
    ['even', () => Math.exp(0.03 * normalFrom(random)), 1],
    ['skewed', () => 1 - Math.log(1 - random()), 1 + Math.LN2],
    // 70 % of the runs around 100, 30 % around 150: the median is at 5/7 of the first.
    ['of two kinds', () => (random() < 0.7 ? 100 : 150) + normalFrom(random), 100 + probit(5 / 7)],
  ]
  for (const [name, draw, truth] of worlds)
    test(`runs that are ${name}`, () => {
      for (const runs of [5, 10, 20]) {
        let [covered, stated] = [0, 0]
        for (let round = 0; round < 3000; round++) {
          const { interval } = repeated(Array.from({ length: runs }, draw))
          assert.ok(interval)
          stated = interval.confidence
          if (interval.low <= truth && truth <= interval.high) covered++
        }
        assert.ok(
          Math.abs(covered / 3000 - stated) < 0.015,
          `${runs} runs: ${covered / 3000}, stated ${stated}`,
        )
      }
    })
})

test('the runs that are said to narrow the interval do', () => {
  const random = randomFrom(12)
  const draw = (count: number) => Array.from({ length: count }, () => Math.exp(0.03 * normalFrom(random)))
  const runs = runsFor(draw(400), 0.02) ?? 0
  const halves = Array.from({ length: 500 }, () => {
    const { interval } = repeated(draw(runs))
    return ((interval?.high ?? 0) - (interval?.low ?? 0)) / 2
  })
  near(mean(halves), 0.02, 0.002)
})

test('the number of runs needed for a precision', () => {
  const steady = [100, 101, 99, 100.5, 99.5]
  const noisy = [100, 120, 85, 110, 90]
  assert.ok((runsFor(steady, 0.02) ?? 0) < (runsFor(noisy, 0.02) ?? 0))
  assert.equal(runsFor([1, 2], 0.02), null)
})
