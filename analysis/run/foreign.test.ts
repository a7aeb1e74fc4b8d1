import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { parseSummary } from '../formats/summary.ts'
import { verdictCases } from '../report/run.ts'
import { runStatistics } from './statistics.ts'

const statistics = (name: string) => {
  const file = path.join(import.meta.dirname, '../../test/fixtures/foreign', `${name}.json`)
  const text = readFileSync(file, 'utf8')
  return runStatistics({ name, run: null, summary: parseSummary(text) })
}

test('a summary without thresholds is not judged, however many requests failed', () => {
  const run = statistics('errors-99')
  assert.equal(run.verdict.kind, 'not judged')
  assert.match(run.verdict.reasons.join('; '), /^no threshold and no SLO; 1,999 of 2,000 requests failed/)
  const [only] = verdictCases([run])
  assert.equal(only?.failure, null)
  assert.match(only?.skipped ?? '', /^not judged: no threshold and no SLO/)
})

test('checks that failed are named where nothing judged them', () => {
  assert.deepEqual(statistics('checks-all-fail').verdict, {
    kind: 'not judged',
    reasons: ['no threshold and no SLO', '0.500 % of the checks succeeded'],
  })
})

test('of counts by status only failures are failures', () => {
  assert.deepEqual(statistics('status200-503').failures, [{ count: 100, what: 'were answered 503' }])
})

test('errors are unknown where k6 did not count them', () => {
  assert.equal(statistics('old-k6-no-http_req_failed').total.errors, null)
})

test('a crossed threshold is named before a dropped iteration, and iterations are not called requests', () => {
  const { kind, reasons } = statistics('dropped-1-and-threshold-crossed').verdict
  assert.equal(kind, 'invalid')
  assert.equal(reasons[0], 'k6 threshold crossed: http_req_duration p(95)<30')
  assert.match(reasons[1] ?? '', /^k6 dropped 1 of 2,001 iterations/)
})

test('a gRPC run with a crossed threshold fails by it', () => {
  const { kind, reasons } = statistics('grpc-threshold-crossed').verdict
  assert.equal(kind, 'fail')
  assert.match(reasons[0] ?? '', /^k6 threshold crossed: grpc_req_duration/)
})

test('one odd metric is named and the others are read; not where it has thresholds, or counts the requests', () => {
  const run = statistics('handle-thresholds-empty-array')
  assert.equal(run.total.requests, 2000)
  assert.ok(run.remarks.includes('The summary’s metric http_req_duration could not be read and is left out.'))
  const odd = (metric: object) =>
    parseSummary(JSON.stringify({ metrics: { good: { values: { count: 1 } }, ...metric } })).kind
  assert.equal(odd({ own: { values: 7 } }), 'summary')
  assert.equal(odd({ own: { values: 7, thresholds: { 'count<1': { ok: false } } } }), 'unreadable')
  assert.equal(odd({ own: { values: { count: 1 }, thresholds: { 'count<1': false } } }), 'unreadable')
  assert.equal(odd({ http_reqs: { values: 7 } }), 'unreadable')
})

test('a script that did nothing is invalid, with thresholds or without', () => {
  const idle = { iterations: { values: { count: 5 } }, vus: { values: { value: 1 } } }
  const threshold = { http_req_duration: { values: { avg: 0 }, thresholds: { 'p(95)<1': { ok: true } } } }
  for (const metrics of [idle, { ...idle, ...threshold }]) {
    const text = JSON.stringify({ state: { testRunDurationMs: 1000 }, metrics })
    const { verdict } = runStatistics({ name: 'x', run: null, summary: parseSummary(text) })
    assert.deepEqual(
      [verdict.kind, verdict.reasons[0]],
      ['invalid', 'no request was made: nothing was measured'],
    )
  }
})
