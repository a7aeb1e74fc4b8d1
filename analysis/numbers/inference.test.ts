import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { benjaminiHochberg } from './false-discovery.ts'
import { hodgesLehmann, nthDifference } from './hodges-lehmann.ts'
import { cliffsDelta, mannWhitney } from './mann-whitney.ts'
import { normalBelow } from './normal.ts'
import { repeated, runsFor, runsToTell } from './repeated.ts'
import { studentQuantile } from './student.ts'

const near = (actual: number, expected: number, within: number) =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual}, expected ${expected}`)

// Few different values, so that ties are common.
const side = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 })

/** Every way to choose `n` of the indexes below `size`. */
function* choices(size: number, n: number, from = 0): Generator<number[]> {
  if (n === 0) yield []
  for (let first = from; first <= size - n && n > 0; first++)
    for (const rest of choices(size, n - 1, first + 1)) yield [first, ...rest]
}

test('the exact p is the share of all ways to deal the values that lie as far out, ties included', () => {
  fc.assert(
    fc.property(side, side, (x, y) => {
      const pooled = [...x, ...y]
      const uOf = (a: readonly number[], b: readonly number[]) =>
        a.reduce(
          (sum, each) =>
            sum + b.filter((other) => each > other).length + b.filter((other) => each === other).length / 2,
          0,
        )
      const middle = (x.length * y.length) / 2
      const seen = Math.abs(uOf(x, y) - middle)
      const all = [...choices(pooled.length, x.length)]
      const asFar = all.filter((chosen) => {
        const a = chosen.map((index) => pooled[index] as number)
        const b = pooled.filter((_, index) => !chosen.includes(index))
        return Math.abs(uOf(a, b) - middle) >= seen - 1e-9
      })
      const { u, p } = mannWhitney(x, y)
      near(u, uOf(x, y), 1e-9)
      near(p, asFar.length / all.length, 1e-9)
      near(cliffsDelta(x, y), 1 - (2 * u) / (x.length * y.length), 1e-9)
    }),
    { numRuns: 200 },
  )
})

test('beyond 100 values the normal distribution stands in, and the two agree where both can be had', () => {
  const x = Array.from({ length: 50 }, (_, index) => index * 1.1)
  const y = Array.from({ length: 50 }, (_, index) => index * 1.1 + 12.05)
  near(mannWhitney([...x, 200], y).p, mannWhitney(x, y).p, 0.01)
})

test('the interval of a shift holds exactly the shifts that the test does not reject', () => {
  const value = fc.double({ min: -10, max: 10, noNaN: true })
  const five = fc.uniqueArray(value, { minLength: 5, maxLength: 5 })
  fc.assert(
    fc.property(five, five, (x, y) => {
      const { shift, interval } = hodgesLehmann(x, y)
      assert.ok(interval && interval.low <= shift && shift <= interval.high)
      assert.ok(interval.confidence >= 0.95)
      const rejected = (by: number) =>
        mannWhitney(
          x.map((each) => each + by),
          y,
        ).p < 0.05
      const width = interval.high - interval.low
      assert.ok(rejected(interval.low - 0.001 * (1 + width)) && rejected(interval.high + 0.001 * (1 + width)))
    }),
  )
  assert.equal(hodgesLehmann([1, 2, 3], [4, 5, 6]).interval, null, 'three a side reach 90 % at most')
})

test('the nth difference is found without a list of all', () => {
  const values = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(values, values, (x, y) => {
      const all = y.flatMap((each) => x.map((other) => each - other)).sort((a, b) => a - b)
      const nth = nthDifference(x, y)
      all.forEach((difference, index) => {
        near(nth(index + 1), difference, 1e-9)
      })
    }),
  )
})

test('moving or scaling all values moves or scales the shift alike', () => {
  const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 4, maxLength: 8 })
  fc.assert(
    fc.property(values, values, fc.integer({ min: -50, max: 50 }), (x, y, by) => {
      const { shift } = hodgesLehmann(x, y)
      near(
        hodgesLehmann(
          x,
          y.map((each) => each + by),
        ).shift,
        shift + by,
        1e-9,
      )
      near(hodgesLehmann(y, x).shift, -shift, 1e-9)
      near(mannWhitney(x, y).p, mannWhitney(y, x).p, 1e-9)
    }),
  )
})

test('adjusted p-values keep their order and never fall', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }), (p) => {
      const adjusted = benjaminiHochberg(p)
      adjusted.forEach((each, index) => {
        assert.ok(each >= (p[index] ?? 0) - 1e-12 && each <= 1)
      })
      for (const [i, a] of p.entries())
        for (const [j, b] of p.entries())
          if (a < b) assert.ok((adjusted[i] ?? 0) <= (adjusted[j] ?? 0) + 1e-12)
    }),
  )
})

test('Student’s and the normal distribution: the tables of Abramowitz and Stegun (26.10 and 26.1)', () => {
  for (const [q, degrees, t] of [
    [0.975, 1, 12.706],
    [0.975, 4, 2.776],
    [0.975, 9, 2.262],
    [0.995, 5, 4.032],
    [0.95, 30, 1.697],
    [0.025, 10, -2.228],
  ] as const)
    near(studentQuantile(q, degrees), t, 0.0006)
  for (const [z, share] of [
    [0, 0.5],
    [1, 0.8413447461],
    [-1.96, 0.0249978951],
    [3.5, 0.9997673709],
    [-6, 9.8659e-10],
  ] as const)
    near(normalBelow(z), share, Math.max(1e-10 * share, 1e-13) + 1e-10)
})

test('fewer than five runs have a range and no interval', () => {
  const four = repeated([100, 104, 96, 101])
  assert.deepEqual([four.median, four.least, four.most, four.interval], [100.5, 96, 104, null])
  const { interval } = repeated([100, 104, 96, 101, 99])
  assert.ok(interval && interval.low > 95 && interval.low < 98 && interval.high > 102 && interval.high < 105)
})

test('error rates, which may be 0, have the interval of their order statistics', () => {
  // Of ten values the second and ninth hold the median with 97.9 % (David and Nagaraja, table 7.1).
  const { interval } = repeated([0, 0, 0.01, 0.02, 0.02, 0.03, 0.03, 0.04, 0.05, 0.06])
  near(interval?.confidence ?? 0, 0.978515625, 1e-9)
  assert.deepEqual([interval?.low, interval?.high], [0, 0.05])
  assert.equal(repeated([0, 0, 0, 0, 0.1]).interval, null, 'five reach 93.8 % at most')
})

test('the number of runs that a precision or a verdict takes', () => {
  const steady = [100, 101, 99, 100.5, 99.5]
  const noisy = [100, 120, 85, 110, 90]
  assert.ok((runsFor(steady, 0.02) ?? 0) < (runsFor(noisy, 0.02) ?? 0))
  assert.equal(runsFor([1, 2], 0.02), null)
  assert.equal(runsToTell(steady, steady, 0.05), 5)
  assert.ok((runsToTell(noisy, noisy, 0.05) ?? 0) > 50)
  assert.equal(runsToTell([0, 1], [1, 2], 0.05), null)
})
