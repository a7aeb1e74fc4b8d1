import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aSummary, fixture, k6Versions, requests, summaryOf } from '../../test/samples.ts'
import { measures } from './measures.ts'

describe('what real k6 wrote', () => {
  for (const version of k6Versions)
    for (const shape of ['handle-summary', 'export'])
      test(`${version}, ${shape}`, () => {
        const { checks, thresholds, phases, metrics, groups, tagged } = measures(
          summaryOf(fixture(`${version}-${shape}.json`)),
          null,
        )
        assert.deepEqual(
          checks.map(({ name, group, passes, fails }) => [name, group, passes + fails]),
          [['status is 200', '', 40]],
        )
        assert.deepEqual(
          thresholds.map(({ metric, expression, passed }) => [metric, expression, passed]),
          [
            ['http_req_duration', 'p(95)<0.001', false],
            ['http_req_duration', 'p(95)<5000', true],
            ['http_req_failed', 'rate<0.5', true],
          ],
        )
        assert.ok(thresholds.every(({ observed }) => observed !== null))
        assert.deepEqual(
          thresholds.map(({ unit }) => unit),
          ['ms', 'ms', null],
        )
        assert.deepEqual(
          phases.map(({ name }) => name),
          ['blocked', 'connecting', 'TLS', 'sending', 'waiting', 'receiving'],
        )
        const share = (name: string) => phases.find((each) => each.name === name)?.share ?? 0
        const whole = share('blocked') + share('sending') + share('waiting') + share('receiving')
        assert.ok(Math.abs(whole - 1) < 1e-4, `${whole}`)
        // p99 was not asked for, and 40 requests are too few.
        assert.ok(phases.every(({ p99Ms }) => p99Ms === null))
        const types = Object.fromEntries(metrics.map(({ name, type, unit }) => [name, [type, unit]]))
        assert.deepEqual(types.data_sent, ['counter', 'bytes'])
        assert.deepEqual(types.iteration_duration, ['trend', 'ms'])
        assert.deepEqual(types.checks, ['rate', null])
        assert.deepEqual([groups, tagged], [[], []])
      })
})

test('figures by any tag, most requests first; what has no count has none', () => {
  const trend = { avg: 5, min: 1, med: 4, max: 50, 'p(95)': 9 }
  const { tagged } = measures(
    aSummary({
      ...requests(1000),
      'http_reqs{name:home}': { count: 100, rate: 10 },
      'http_req_duration{name:home}': trend,
      'http_reqs{name:checkout}': { count: 900, rate: 90 },
      'http_req_failed{name:checkout}': { passes: 9, fails: 891, rate: 0.01 },
      "http_req_duration{ 'name':checkout,expected_response:true}": trend,
      'http_reqs{scenario:buy,method:POST}': { count: 7, rate: 0.7 },
      'http_reqs{expected_response:false}': { count: 100, rate: 10 },
      'http_req_duration{expected_response:false}': { ...trend, 'p(95)': 77 },
      'http_reqs{stage:1}': { count: 1000 },
    }),
    10_000,
  )
  assert.deepEqual(
    tagged.map(({ by, rows }) => [by, rows.map(({ tags, requests, p95Ms }) => [tags, requests, p95Ms])]),
    [
      [
        ['name'],
        [
          [{ name: 'checkout' }, 900, 9],
          [{ name: 'home' }, 100, 9],
        ],
      ],
      [['expected_response'], [[{ expected_response: 'false' }, 100, 77]]],
      [['method', 'scenario'], [[{ scenario: 'buy', method: 'POST' }, 7, null]]],
    ],
  )
  const [checkout, home] = tagged[0]?.rows ?? []
  assert.deepEqual([checkout?.failed, checkout?.errors, checkout?.latencyOf], [9, 0.01, 'successful'])
  assert.deepEqual([home?.errors, home?.latencyOf], [null, 'all'])
})

test('metrics of every type, with their families and what they limit', () => {
  const text = JSON.stringify({
    metrics: {
      carts: { type: 'counter', contains: 'default', values: { count: 3, rate: 0.3 } },
      free: { type: 'gauge', contains: 'data', values: { value: 7, min: 1, max: 9 } },
      paid: {
        type: 'rate',
        contains: 'default',
        values: { rate: 0.75, passes: 3, fails: 1 },
        thresholds: { 'rate>0.99': { ok: false } },
      },
      'pay{bank:x}': { type: 'trend', contains: 'time', values: { avg: 2, med: 2, 'p(99)': 3, count: 99 } },
      ws_sessions: { type: 'counter', contains: 'default', values: { count: 5, rate: 1 } },
      grpc_req_duration: {
        type: 'trend',
        contains: 'time',
        values: { 'p(99.9)': 8 },
        thresholds: { 'p(99.9)<9': { ok: true }, 'max<5': { ok: true } },
      },
      browser_web_vital_lcp: { type: 'trend', contains: 'time', values: { avg: 1 } },
      constructor: { type: 'toString', values: {} },
    },
  })
  const { metrics, thresholds } = measures(summaryOf(text), null)
  assert.deepEqual(
    metrics.map(({ name, type, family, unit }) => [name, type, family, unit]),
    [
      ['ws_sessions', 'counter', 'websocket', null],
      ['grpc_req_duration', 'trend', 'grpc', 'ms'],
      ['browser_web_vital_lcp', 'trend', 'web vitals', 'ms'],
      ['carts', 'counter', 'custom', null],
      ['free', 'gauge', 'custom', 'bytes'],
      ['paid', 'rate', 'custom', null],
      ['pay', 'trend', 'custom', 'ms'],
    ],
  )
  const [paid, pay] = metrics.slice(-2)
  assert.deepEqual(paid?.type === 'rate' && [paid.share, paid.trues, paid.falses], [0.75, 3, 1])
  // p99 takes 100 samples.
  assert.deepEqual(pay?.type === 'trend' && [pay.p50, pay.p99, pay.max, pay.tags], [
    2,
    null,
    null,
    { bank: 'x' },
  ])
  assert.deepEqual(
    thresholds.map(({ expression, observed }) => [expression, observed]),
    [
      ['rate>0.99', 0.75],
      ['p(99.9)<9', 8],
      ['max<5', null],
    ],
  )
})

test('checks and groups at any depth, in the order of the script', () => {
  const check = (name: string, passes: number, fails: number) => ({ name, passes, fails })
  const root = {
    name: '',
    checks: [check('up', 4, 0)],
    groups: [
      {
        name: 'shop',
        checks: [check('200', 3, 1)],
        groups: [{ name: 'pay', checks: [check('paid', 1, 3)] }],
      },
      { name: 'leave', checks: [] },
    ],
  }
  const found = measures(summaryOf(JSON.stringify({ root_group: root, metrics: {} })), null)
  assert.deepEqual(found.groups, ['::shop', '::shop::pay', '::leave'])
  assert.deepEqual(
    found.checks.map(({ group, name, passes, fails }) => [group, name, passes, fails]),
    [
      ['', 'up', 4, 0],
      ['::shop', '200', 3, 1],
      ['::shop::pay', 'paid', 1, 3],
    ],
  )
  const deep = `${'{"name":"x","groups":['.repeat(2001)}${']}'.repeat(2001)}`
  assert.equal(measures(summaryOf(`{"metrics":{},"root_group":${deep}}`), null).groups.length, 2000)
})

test('of a built-in scenario only what was added to it is left', () => {
  const all = aSummary({
    ...requests(1000),
    http_req_blocked: { avg: 1 },
    vus: { value: 1 },
    start_lag: { avg: 1, count: 1 },
    'http_reqs{error_code:1050}': { count: 0 },
    'http_reqs{kind:cpu}': { count: 10 },
    'iteration_duration{half:2}': { avg: 3 },
    'http_reqs{name:pay}': { count: 10 },
    carts: { count: 3 },
  })
  const added = measures(all, null, { ours: true })
  assert.deepEqual(
    added.phases.map(({ name }) => name),
    ['blocked'],
  )
  assert.deepEqual(
    added.tagged.map(({ by }) => by),
    [['name']],
  )
  assert.deepEqual(
    added.metrics.map(({ name }) => name),
    ['carts'],
  )
  assert.ok(measures(all, null).metrics.length > 3)
  assert.equal(measures(all, null).phases[0]?.share, null)
})
