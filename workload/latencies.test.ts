import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { latencies } from './latencies.ts'

/** The nearest rank: the value that `p` per cent are at most. */
const exact = (values: readonly number[], p: number): number =>
  [...values].sort((a, b) => a - b)[Math.ceil((values.length * p) / 100) - 1] ?? Number.NaN

test('a percentile is within 4 % of the exact one, at any values between a tenth of a ms and a minute', () => {
  const ms = fc.double({ min: 0.1, max: 59_000, noNaN: true })
  fc.assert(
    fc.property(fc.array(ms, { minLength: 20, maxLength: 300 }), fc.constantFrom(50, 90, 95), (values, p) => {
      const times = latencies(10)
      for (const value of values) times.add(value)
      return Math.abs((times.percentile(p) ?? Number.NaN) / exact(values, p) - 1) < 0.04
    }),
  )
})

test('what is faster or slower than its range counts in the first or the last bucket', () => {
  const times = latencies(2)
  for (const ms of [0, 0.01, 1e9, Infinity]) times.add(ms)
  assert.ok((times.percentile(50) ?? 0) < 0.11)
  assert.ok((times.percentile(75) ?? 0) > 55_000)
})

test('of too few there is none: two for p50, twenty for p95', () => {
  const times = latencies(2)
  times.add(5)
  assert.equal(times.percentile(50), null)
  for (let more = 1; more < 19; more++) times.add(5)
  assert.equal(times.percentile(95), null)
  times.add(5)
  assert.ok(times.percentile(95))
})

test('only the last seconds count', () => {
  const times = latencies(3)
  for (let index = 0; index < 20; index++) times.add(1000)
  times.next()
  for (let index = 0; index < 20; index++) times.add(1)
  assert.ok((times.percentile(95) ?? 0) > 900)
  times.next()
  times.next()
  assert.ok((times.percentile(95) ?? 0) < 1.1)
  times.next()
  assert.equal(times.percentile(50), null)
})
