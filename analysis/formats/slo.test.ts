import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseSlos, sloMetrics, sloPercentile, sloWords } from './slo.ts'

test('a list of SLOs', () => {
  assert.deepEqual(parseSlos('p95=250, errors=1%,rate=100/s,p99.9=1000ms,mean=5,max=7.5'), [
    { figure: 'p95', limit: 250 },
    { figure: 'errors', limit: 0.01 },
    { figure: 'rate', limit: 100 },
    { figure: 'p99.9', limit: 1000 },
    { figure: 'mean', limit: 5 },
    { figure: 'max', limit: 7.5 },
  ])
})

test('tags select what an SLO is about; a comma within braces belongs to them', () => {
  const slos = parseSlos(
    'p95{name:/checkout, method:POST}=250,errors{name:/items/{{id}}}=1%,rate{check:paid}=99%,rate{name:a:b}=5/s',
  )
  assert.deepEqual(slos, [
    { figure: 'p95', tags: { name: '/checkout', method: 'POST' }, limit: 250 },
    { figure: 'errors', tags: { name: '/items/{{id}}' }, limit: 0.01 },
    { figure: 'rate', tags: { check: 'paid' }, limit: 0.99 },
    { figure: 'rate', tags: { name: 'a:b' }, limit: 5 },
  ])
  assert.ok(typeof slos !== 'string')
  assert.deepEqual(slos.map(sloWords), [
    'p95{name:/checkout,method:POST} ≤ 250 ms',
    'errors{name:/items/{{id}}} ≤ 1 %',
    'rate{check:paid} ≥ 99 %',
    'rate{name:a:b} ≥ 5 requests/s',
  ])
  assert.deepEqual(slos.map(sloMetrics), [
    [
      'http_req_failed{name:/checkout,method:POST}',
      'http_req_duration{name:/checkout,method:POST,expected_response:true}',
    ],
    ['http_req_failed{name:/items/{{id}}}'],
    ['checks{check:paid}'],
    ['http_req_failed{name:a:b}'],
  ])
})

test('a custom metric is limited in its own unit, and needs no sub-metric', () => {
  const slos = parseSlos(
    'p95{metric:cart_time}=300ms,rate{metric:paid}=99%,rate{metric:orders}=5/s,errors{metric:refused}=1%',
  )
  assert.ok(typeof slos !== 'string', String(slos))
  assert.deepEqual(slos.map(sloWords), [
    'p95{metric:cart_time} ≤ 300',
    'rate{metric:paid} ≥ 0.99',
    'rate{metric:orders} ≥ 5',
    'errors{metric:refused} ≤ 1 %',
  ])
  assert.deepEqual(slos.flatMap(sloMetrics), [])
})

for (const text of [
  '',
  'p95{metric:cart_time,name:/}=1',
  'p95{metric:cart_time}=1%',
  'p95{}=1',
  'p95{name}=1',
  'p95{name:}=1',
  'p95{name:a=1',
  'p95{check:paid}=1',
  'rate{check:paid}=2',
  'rate{check:paid}=1/s',
  'p95',
  'p95=',
  'p95=-1',
  'p95=1%',
  'p0=5',
  'p100=5',
  'p095.=1',
  'errors=2',
  'errors=150%',
  'speed=3',
  'p95=1,,p99=2',
]) {
  test(`"${text}" is refused, naming the wrong part and what to write`, () => {
    const reason = parseSlos(text)
    assert.equal(typeof reason, 'string')
    assert.match(String(reason), /^"/)
  })
}

test('any text is understood or refused', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const slos = parseSlos(text)
      assert.ok(typeof slos === 'string' || slos.every(({ limit }) => Number.isFinite(limit)))
    }),
  )
})

test('words and percentiles', () => {
  assert.equal(sloWords({ figure: 'errors', limit: 0.01 }), 'errors ≤ 1 %')
  assert.equal(sloWords({ figure: 'rate', limit: 100 }), 'rate ≥ 100 requests/s')
  assert.equal(sloWords({ figure: 'p99.9', limit: 1.5 }), 'p99.9 ≤ 1.5 ms')
  assert.equal(sloPercentile('p99.9'), 99.9)
  assert.equal(sloPercentile('mean'), undefined)
})
