import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hodgesLehmann, nthDifference } from './hodges-lehmann.ts'
import { mannWhitney } from './mann-whitney.ts'

const near = (actual: number, expected: number, within: number) =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual}, expected ${expected}`)

test('the interval of a shift contains exactly the shifts that the test does not reject', () => {
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
  assert.equal(hodgesLehmann([1, 2, 3], [4, 5, 6]).interval, null, 'three per side reach at most 90 %')
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

test('moving all values of a side moves the shift, and swapping the sides negates it', () => {
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
