import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { alike, change, changeInterval, number, orDash, percent, quantity } from './words.ts'

test('numbers have three significant digits, independent of the locale', () => {
  assert.deepEqual(
    [0, 7, 1234567, 123.4, 99.96, 45.67, 9.996, 7.891, 0.99951, 0.1234, 0.00012, -1234.5].map(number),
    ['0', '7', '1,234,567', '123', '100', '45.7', '10.0', '7.89', '1.00', '0.123', '0.00012', '−1,235'],
  )
  assert.deepEqual([-0.00001234, 1.5e-9].map(number), ['−0.000012', '1.5e−9'])
  assert.equal(percent(0.0025), '0.250 %')
  fc.assert(
    fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), (value) => {
      const read = Number(number(value).replaceAll(',', '').replace('−', '-'))
      const allowed = value < 0.0005 ? 0.05 * value : Math.max(0.0005, 0.005 * value)
      assert.ok(Math.abs(read - value) <= allowed * 1.0001, `${value} is not ${number(value)}`)
    }),
  )
})

test('quantities have a singular and a plural, and missing values a dash', () => {
  assert.deepEqual(
    [quantity(1, 'replica'), quantity(0, 'replica'), quantity(1200, 'VU')],
    ['1 replica', '0 replicas', '1,200 VUs'],
  )
  assert.deepEqual([orDash(null), orDash(0), orDash(0.5, percent)], ['–', '0', '50 %'])
})

test('the ticks of an axis have the same number of decimals', () => {
  const words = (...values: number[]) => values.map(alike(values))
  assert.deepEqual(words(8, 7.5, 7, 6.5), ['8.0', '7.5', '7.0', '6.5'])
  assert.deepEqual(words(0, 0.1, 0.2, 0.1 + 0.2), ['0.0', '0.1', '0.2', '0.3'])
  assert.deepEqual(words(0, 1000, 2000), ['0', '1,000', '2,000'])
  assert.deepEqual(words(-0.5, 0, 1e-7), ['−0.5000000', '0.0000000', '0.0000001'])
  assert.deepEqual(words(), [])
})

test('a change has a sign and no more digits than it deserves', () => {
  assert.deepEqual([-0.00953, 0, -0.0004, 0.0006, 0.0995, 0.1234, -0.2, 29].map(change), [
    '−1.0 %',
    '±0 %',
    '±0 %',
    '+0.1 %',
    '+10 %',
    '+12 %',
    '−20 %',
    '+2,900 %',
  ])
  assert.equal(changeInterval(0.091, 0.15), '9.1 to 15 %')
  assert.equal(changeInterval(-0.012, 0.04), '−1.2 to +4.0 %')
  assert.equal(changeInterval(-0.24, -0.11), '−24 to −11 %')
  assert.equal(changeInterval(-0.0001, 0.04), '±0 to +4.0 %')
})
