import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { aSummary, fixture, requests, summaryOf } from '../../test/samples.ts'
import { number, percent } from '../formats/words.ts'
import { figures, samplesNeeded } from './figures.ts'

test('requests, errors and rate, failed ones counted', () => {
  const summary = aSummary(requests(2000, 500))
  const { requests: all, failed, errors, rate, samples, latencyOf } = figures(summary, {}, 4000)
  assert.deepEqual(
    [all, failed, errors, rate, samples, latencyOf],
    [2000, 500, 0.25, 500, 1500, 'successful'],
  )
})

test('latencies are of successful requests where k6 kept them separate, else of all', () => {
  const mixed = { http_req_duration: { count: 2000, med: 0, avg: 0, min: 0, max: 0 } }
  assert.equal(figures(aSummary({ ...requests(2000, 500), ...mixed }), {}, null).p50Ms, 50)
  const { 'http_req_duration{expected_response:true}': _, ...others } = requests(2000, 500)
  const { p50Ms, latencyOf } = figures(aSummary({ ...others, ...mixed }), {}, null)
  assert.deepEqual([p50Ms, latencyOf], [0, 'all'])
})

test('a percentile needs a request beyond it', () => {
  assert.deepEqual([50, 90, 95, 99, 99.9, 99.99].map(samplesNeeded), [2, 10, 20, 100, 1000, 10_000])
  assert.equal(figures(aSummary(requests(99)), {}, null).p99Ms, null)
  assert.equal(figures(aSummary(requests(100)), {}, null).p99Ms, 99)
  assert.equal(figures(aSummary(requests(999)), {}, null).p999Ms, null)
  assert.equal(figures(aSummary(requests(1000)), {}, null).p999Ms, 99.9)
})

test('without requests the figures are null, not zero', () => {
  // k6 writes zeros for everything it was asked for, even without samples.
  const { errors, meanMs, p50Ms, maxMs } = figures(aSummary(requests(0)), {}, 1000)
  assert.deepEqual([errors, meanMs, p50Ms, maxMs], [null, null, null, null])
})

test('a summary without counts in its Trends takes them from the requests', () => {
  const { samples, p95Ms, p99Ms } = figures(summaryOf(fixture('0.52.0-handle-summary.json')), {}, null)
  assert.equal(samples, 36)
  assert.ok((p95Ms ?? 0) > 0)
  assert.equal(p99Ms, null)
})

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
