import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { number, orDash, percent, quantity } from './words.ts'

test('numbers have three significant digits, independent of the locale', () => {
  assert.deepEqual(
    [0, 7, 1234567, 123.4, 99.96, 45.67, 9.996, 7.891, 0.99951, 0.1234, 0.00012, -1234.5].map(number),
    ['0', '7', '1,234,567', '123', '100', '45.7', '10.0', '7.89', '1.00', '0.123', '1.2e-4', '-1,235'],
  )
  assert.equal(percent(0.0025), '0.250 %')
  fc.assert(
    fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), (value) => {
      const read = Number(number(value).replaceAll(',', ''))
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
