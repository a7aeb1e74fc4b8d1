import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aSummary, fixture, requests, summaryOf } from '../../test/samples.ts'
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
