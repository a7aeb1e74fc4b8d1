import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseSummary } from '../../analysis/formats/summary.ts'
import { printed } from '../../test/script.ts'
import { metricsOfNames, requestNames } from './names.ts'

const request = (path: string) => ({ path, body: null, headers: {} })
const named = (path: string, ...rows: Record<string, string>[]) => requestNames(rows, request(path))

test('a column "name" names the request of a row; a row without it has its path', () => {
  assert.deepEqual(named('{{path}}', { path: '/a', name: 'buy, now' }, { path: '/b?q=1', name: '' }), [
    'buy; now',
    '/b',
  ])
  assert.deepEqual(named('/items/{{id}}?q={{id}}', { id: '1', name: 'first' }, { id: '2' }), [
    'first',
    '/items/{{id}}',
  ])
})

test('a column "name" that is sent is data, not the name of a request', () => {
  assert.deepEqual(named('/users/{{ name }}', { name: 'Ann' }, { name: 'Bob' }), [undefined, undefined])
})

test('where all rows have the same name, none has one', () => {
  assert.deepEqual(named('/items/{{id}}', { id: '1' }, { id: '2' }), [undefined, undefined])
  assert.deepEqual(named('{{path}}', { path: '/users/1' }, { path: '/users/2' }), [undefined, undefined])
})

test('a name has no query, no user of a URL, and of a path from the data no id', () => {
  const paths = ['/checkout', '/api/v1/users/42', '/reset/c4nary-1', '/%C3%BC', '/a?token=c4nary#c4nary']
  assert.deepEqual(named('{{path}}', ...paths.map((path) => ({ path }))), [
    '/checkout',
    '/api/v1/users/…',
    '/reset/…',
    '/…',
    '/a',
  ])
  assert.deepEqual(named('/', { name: 'GET http://me:c4nary@host/a?b=c4nary' }, { name: 'x' }), [
    'GET http://host/a',
    'x',
  ])
})

test('of more than 20 names the rarer ones are one', () => {
  const rows = Array.from({ length: 60 }, (_, row) => ({ name: `n${row < 32 ? row : row % 10}` }))
  const names = requestNames(rows, request('/'))
  const distinct = new Set(names)
  assert.equal(distinct.size, 20)
  assert.ok(distinct.has('13 other names'))
  for (let row = 0; row < 10; row++) assert.equal(names[row], `n${row}`)
  assert.equal(metricsOfNames([...distinct] as string[]).length, 40)
  assert.equal(new Set(requestNames(rows.slice(0, 20), request('/'))).size, 20)
})

test('k6 finds the requests of every name, and its summary has each', async () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom(' ', ',', '"', "'", '`', '{', '}', ':', '\\', '\n', '\t', '/', 'a', '…'),
    }),
    fc.string({ minLength: 90, maxLength: 130 }),
  )
  const names = new Set<string>()
  for (const name of fc.sample(texts, 300))
    for (const each of named('/x', { name }, { name: 'another' })) if (each) names.add(each)
  assert.ok(names.size > 100)
  const metrics = JSON.stringify([...names])
  const reading = parseSummary(
    await printed(`import { Rate } from 'k6/metrics'
const names = ${metrics}
const rate = new Rate('http_failed')
export const options = {
  iterations: 1,
  thresholds: Object.fromEntries(names.map((name) => ['http_failed{name:' + name + '}', []])),
}
export default () => names.forEach((name) => rate.add(1, { name }))
export const handleSummary = (data) => ({ stdout: JSON.stringify(data) })`),
  )
  assert.ok(reading.kind === 'summary')
  const found = reading.summary.metrics.flatMap(({ name, tags, values }) =>
    name === 'http_failed' && tags.name && values.passes === 1 ? [tags.name] : [],
  )
  assert.deepEqual(found.sort(), [...names].sort())
})
