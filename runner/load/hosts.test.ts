import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf, barePlacesIn, hostsFrom, nowhere, only, placesIn } from './hosts.ts'
import { submetrics } from './submetrics.ts'

const consent = { reach: { also: [] }, named: [], hosts: {} } as const

test('a script may ask loopback, private addresses and names that say so; a public name is not even looked up', async () => {
  const allowed = async (place: string, more = {}) => addressOf(place, { ...consent, ...more })
  assert.deepEqual(await allowed('127.0.0.1:80'), { address: '127.0.0.1:80' })
  assert.deepEqual(await allowed('[::1]:80'), { address: '[::1]:80' })
  assert.deepEqual(await allowed('10.1.2.3:443'), { address: '10.1.2.3:443' })
  assert.deepEqual(await allowed('localhost:8080'), { address: '127.0.0.1:8080' })
  for (const place of ['8.8.8.8:53', '0.0.0.0:80', '169.254.169.254:80'])
    assert.match(Object.values(await allowed(place))[0] ?? '', /neither loopback nor private/, place)
  assert.match(
    Object.values(await allowed('api.example.com:443'))[0] ?? '',
    /^api\.example\.com, a public name: .*--allow-host api\.example\.com$/,
  )
  const mapped = { hosts: { '*.example.com:443': '127.0.0.1:8443', 'far.test': '8.8.8.8' } }
  assert.deepEqual(await allowed('api.example.com:443', mapped), { address: '127.0.0.1:8443' })
  assert.match(Object.values(await allowed('api.example.com:80', mapped))[0] ?? '', /a public name/)
  assert.match(
    Object.values(await allowed('far.test:80', mapped))[0] ?? '',
    /^far\.test is mapped to 8\.8\.8\.8, neither/,
  )
})

test('hosts are mapped as k6 does, by names with or without ports', () => {
  assert.deepEqual(hostsFrom('a.test=127.0.0.1,b.test:443=127.0.0.1:8443,c=[::1]:80,d:81=127.0.0.2'), {
    'a.test': '127.0.0.1',
    'b.test:443': '127.0.0.1:8443',
    c: '[::1]:80',
    'd:81': '127.0.0.2:81',
  })
  for (const wrong of ['a', 'a=', 'a=b', '=127.0.0.1', 'a=127.0.0.1:x'])
    assert.throws(() => hostsFrom(wrong), /is not of the form name=address/, wrong)
})

test('the places that a text names', () => {
  const text =
    'get("https://a.test/x") ws://b.test:81/y `http://$' + '{host}/z` \'http://[::1]:3/\' "https://c.test"'
  assert.deepEqual(placesIn(text), ['a.test:443', 'b.test:81', '[::1]:3', 'c.test:443'])
})

test('the places that a text names without a scheme, in quotes', () => {
  const text =
    'connect("grpc.test:443") \'127.0.0.1:9000\' `server:8081` "12:30" "rate:10" "a: 443" unquoted.test:80'
  assert.deepEqual(barePlacesIn(text), ['grpc.test:443', '127.0.0.1:9000', 'server:8081'])
})

test('all other places lead nowhere, also beside an IPv6 address, which k6 takes for no name', () => {
  assert.deepEqual(only({ a: '127.0.0.1' }), { a: '127.0.0.1', '*': nowhere })
  const beside = only({ a: '127.0.0.1', '[fd00::c]:80': '[fd00::c]:80' })
  assert.deepEqual(
    [beside['*'], beside['*a'], beside['*m'], beside['*c']],
    [undefined, nowhere, nowhere, undefined],
  )
  assert.ok(!Object.keys(beside).some((place) => place.startsWith('[')))
})

test('an SLO of a name, group, check or scenario that the rehearsal did not meet is said, without secrets', () => {
  const stage = { stage: 'shop', vus: 1, offered: null, startMs: 0, durationMs: 1000 }
  const rehearsal = {
    ...{ places: [], metrics: {}, unfinished: [], groups: [], checks: ['paid'] },
    names: ['/items', 'http://x/?token=hunter2', 'pay'],
  }
  const said = (...tags: Record<string, string>[]) =>
    submetrics(
      { systemTags: null },
      [stage],
      rehearsal,
      'http://127.0.0.1:3/',
      tags.map((tags) => ({ figure: 'p95', limit: 1, tags })),
    ).said.filter((sentence) => sentence.startsWith('--slo'))
  assert.deepEqual(
    said({ name: '/items' }, { check: 'paid', scenario: 'shop' }, { method: 'POST', constructor: 'x' }),
    [],
  )
  assert.deepEqual(said({ name: 'pya' }, { check: 'payed' }, { group: '::buy' }, { scenario: 'stop' }), [
    '--slo p95{name:pya}: the rehearsal met no such name, but /items, pay; without one the run will be invalid',
    '--slo p95{check:payed}: the rehearsal met no such check, but paid; without one the run will be invalid',
    '--slo p95{group:::buy}: the rehearsal met no such group; without one the run will be invalid',
    '--slo p95{scenario:stop}: the rehearsal met no such scenario, but shop; without one the run will be invalid',
  ])
})

test('sub-metrics are asked for by scenario, name and group, at most 40; what cannot be selected is said', () => {
  const stage = (name: string) => ({ stage: name, vus: 1, offered: null, startMs: 0, durationMs: 1000 })
  const rehearsal = { places: [], groups: ['::buy'], checks: [], metrics: {}, unfinished: [] }
  const ask = (names: string[], stages = ['a']) =>
    submetrics({ systemTags: null }, stages.map(stage), { ...rehearsal, names }, 'http://127.0.0.1:3/')
  assert.deepEqual(ask(['login', '/items']), {
    metrics: [
      'http_req_failed{name:login}',
      'http_req_duration{name:login,expected_response:true}',
      'http_req_failed{name:http://127.0.0.1:3/items}',
      'http_req_duration{name:http://127.0.0.1:3/items,expected_response:true}',
      'group_duration{group:::buy}',
    ],
    said: [],
  })
  assert.equal(ask(['x'], ['a', 'b']).metrics.filter((metric) => metric.includes('{scenario:b')).length, 3)
  const many = ask(
    Array.from({ length: 30 }, (_, index) => `name ${'abcdefghijklmnopqrstuvwxyzABCD'[index]}`),
  )
  assert.equal(many.metrics.length, 40)
  assert.match(many.said.join(), /of 61 figures by scenario, name and group only 40 are shown/)
  assert.match(ask(['/users/17', 'x']).said.join(), /the name \/users\/17 looks like one of many/)
  const odd = ask(['a,b', 'http://x/?token=hunter2', 'ok', 'good'])
  assert.equal(odd.metrics.length, 5)
  assert.ok(!JSON.stringify(odd).includes('hunter2'))
  assert.match(odd.said.join(), /2 request names with a query, a comma, a brace or a quote/)
  assert.deepEqual(
    submetrics({ systemTags: ['status'] }, [stage('a')], { ...rehearsal, names: ['a', 'b'] }, '').metrics,
    [],
  )
})
