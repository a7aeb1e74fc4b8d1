import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { burn, calibrate } from './burn.ts'

const bits = 2n ** 32n

/** The same recurrence in unsigned arithmetic that cannot overflow. */
function inBigInt(units: number): number {
  let x = 0x9e3779b9n
  for (let round = 0; round < units * 1000; round++) {
    x = (x ^ (x << 13n)) % bits
    x ^= x >> 17n
    x = (x ^ (x << 5n)) % bits
    x = ((x * 0x2545f491n) % bits) | 1n
  }
  return Number(BigInt.asIntN(32, x))
}

test('a unit is 1,000 rounds, the same on every machine', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), (units) => assert.equal(burn(units), inBigInt(units))),
    { numRuns: 8 },
  )
})

test('the calibration finds a positive speed', () => {
  const unitsPerMs = calibrate(3)
  assert.ok(unitsPerMs > 0 && Number.isFinite(unitsPerMs))
})
