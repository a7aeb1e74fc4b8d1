import assert from 'node:assert/strict'
import { test } from 'node:test'
import { repeated, runsFor } from './repeated.ts'

const near = (actual: number, expected: number, within: number) =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual}, expected ${expected}`)

test('fewer than five runs have a range and no interval', () => {
  const four = repeated([100, 104, 96, 101])
  assert.deepEqual([four.median, four.least, four.most, four.interval], [100.5, 96, 104, null])
  const { interval } = repeated([100, 104, 96, 101, 99])
  assert.ok(interval && interval.low > 95 && interval.low < 98 && interval.high > 102 && interval.high < 105)
})

test('error rates, which may be 0, have the interval of the order statistics', () => {
  // Of ten values the second and ninth hold the median with 97.9 % (David and Nagaraja, table 7.1).
  const { interval } = repeated([0, 0, 0.01, 0.02, 0.02, 0.03, 0.03, 0.04, 0.05, 0.06])
  near(interval?.confidence ?? 0, 0.978515625, 1e-9)
  assert.deepEqual([interval?.low, interval?.high], [0, 0.05])
  assert.equal(repeated([0, 0, 0, 0, 0.1]).interval, null, 'five reach at most 93.8 %')
})

test('the number of runs needed for a precision', () => {
  const steady = [100, 101, 99, 100.5, 99.5]
  const noisy = [100, 120, 85, 110, 90]
  assert.ok((runsFor(steady, 0.02) ?? 0) < (runsFor(noisy, 0.02) ?? 0))
  assert.equal(runsFor([1, 2], 0.02), null)
})
