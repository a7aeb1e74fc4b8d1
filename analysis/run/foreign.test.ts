import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseSummary } from '../formats/summary.ts'
import { reportFiles } from '../report/files.ts'
import { verdictCases } from '../report/run.ts'
import { statistics as together } from '../runs/statistics.ts'
import { runStatistics } from './statistics.ts'

const fixture = (name: string) =>
  path.join(import.meta.dirname, '../../test/fixtures/foreign', `${name}.json`)
const source = (name: string) => {
  const text = readFileSync(fixture(name), 'utf8')
  return { name, run: null, summary: parseSummary(text) }
}
const statistics = (name: string) => runStatistics(source(name))
const statistical = (name: string) => reportFiles(together([source(name)]))

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

test('counts that a summary lacks are unknown, and no report calls them 0', () => {
  const grpc = statistics('grpc-threshold-crossed')
  assert.deepEqual([grpc.total.requests, grpc.total.failed, grpc.total.samples], [null, null, null])
  const { stages, total } = statistics('stage-duration-only')
  assert.equal(total.requests, 2000)
  assert.deepEqual(
    stages.map(({ requests, failed, samples, rate, p50Ms, p95Ms }) => [
      requests,
      failed,
      samples,
      rate,
      p50Ms,
      p95Ms,
    ]),
    Array(3).fill([null, null, null, null, 18, 40]),
  )
  assert.deepEqual(statistics('old-k6-no-http_req_failed').total.failed, null)
  const report = statistical('stage-duration-only')
  assert.match(report.get('report.md') ?? '', /\| stage 0 \| – \| – \| – \| 20 \| 18 \|/)
  assert.match(statistical('grpc-threshold-crossed').get('runs.csv') ?? '', /,fail,,,,,,/)
})

test('a figure that no metric gives is null, whichever metrics are left out', () => {
  const all = [
    'http_reqs',
    'http_req_failed',
    'http_req_duration',
    'http_req_duration{expected_response:true}',
  ]
  const { metrics } = JSON.parse(readFileSync(fixture('errors-99'), 'utf8'))
  fc.assert(
    fc.property(fc.subarray(all), (kept) => {
      const some = Object.entries(metrics).filter(([name]) => !all.includes(name) || kept.includes(name))
      const summary = parseSummary(JSON.stringify({ metrics: Object.fromEntries(some) }))
      const { total } = runStatistics({ name: 'x', run: null, summary })
      const has = (name: string) => kept.includes(name)
      // The rate of failures counts every request too.
      assert.equal(total.requests, has('http_reqs') || has('http_req_failed') ? 2000 : null)
      assert.equal(total.rate, has('http_reqs') ? 100 : null)
      assert.equal(total.failed, has('http_req_failed') ? 1999 : null)
      assert.equal(total.errors, has('http_req_failed') ? 0.9995 : null)
      assert.equal(total.minMs, kept.some((name) => name.includes('duration')) ? 1 : null)
    }),
  )
})

test('a sub-metric without samples has no latency: k6 writes zeros for it', () => {
  const zeros = { avg: 0, min: 0, med: 0, max: 0, 'p(90)': 0, 'p(95)': 0 }
  const text = JSON.stringify({ metrics: { 'http_req_duration{stage:7}': zeros, iterations: { count: 1 } } })
  const { stages } = runStatistics({ name: 'x', run: null, summary: parseSummary(text) })
  assert.deepEqual([stages[0]?.samples, stages[0]?.p95Ms, stages[0]?.maxMs], [0, null, null])
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
