import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRun, aSummary, requests } from '../../test/samples.ts'
import { halves } from './halves.ts'
import { runStatistics } from './statistics.ts'

/** A run whose second half has that mean. */
const summaryOf = (firstMs: number, secondMs: number, each = 500) =>
  aSummary({
    ...requests(1000),
    iteration_duration: { count: 2 * each, avg: (firstMs + secondMs) / 2 },
    'iteration_duration{half:2}': { count: each, avg: secondMs },
  })

const remarks = (firstMs: number, secondMs: number) =>
  runStatistics({
    name: 'x',
    run: aRun(),
    summary: { kind: 'summary', summary: summaryOf(firstMs, secondMs) },
  }).remarks.join(' ')

test('the means of both halves follow from all iterations and the second half', () => {
  assert.deepEqual(halves(summaryOf(10, 200)), { of: 'an iteration', firstMs: 10, secondMs: 200 })
  assert.equal(halves(summaryOf(10, 200, 99)), null)
  assert.equal(halves(aSummary(requests(1000))), null)
  // Where VUs pause, an iteration is mostly its pause.
  const paused = aSummary({
    ...requests(1000),
    iteration_duration: { count: 1000, avg: 1105 },
    http_req_duration: { count: 1000, avg: 105 },
    'http_req_duration{half:2}': { count: 500, avg: 200 },
  })
  assert.deepEqual(halves(paused), { of: 'a request', firstMs: 10, secondMs: 200 })
})

test('latency that goes from 10 to 200 ms half-way gets a remark, and a steady one none', () => {
  assert.match(remarks(10, 200), /not steady: an iteration took 10 ms on average in the first half/)
  assert.match(remarks(200, 10), /not steady/)
  assert.doesNotMatch(remarks(10, 11), /not steady/)
})
