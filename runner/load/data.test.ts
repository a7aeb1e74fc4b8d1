import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { csvFormatRows } from 'd3-dsv'
import fc from 'fast-check'
import { Failure } from '../shell/exit.ts'
import { type PlannedRequest, readData } from './data.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'las-data-'))
})
after(() => rm(folder, { recursive: true }))

const request: PlannedRequest = {
  path: '/users/{{id}}?q={{ q }}',
  body: '<{{q}}>',
  headers: { 'x-user': '{{id}}' },
}

async function read(name: string, text: string, planned: PlannedRequest = request) {
  const file = path.join(folder, name)
  await writeFile(file, text)
  const data = await readData(file, planned)
  try {
    const forK6 = JSON.parse(await readFile(data.file, 'utf8')) as PlannedRequest[]
    assert.deepEqual(forK6, data.requests)
    if (process.platform !== 'win32') assert.equal(statSync(data.file).mode & 0o777, 0o600)
    return data
  } finally {
    await data.remove()
    assert.ok(!existsSync(path.dirname(data.file)))
  }
}

test('CSV and JSON give the same requests', async () => {
  const expected = [
    { path: '/users/1?q=a%2C%20b', body: '<a, b>', headers: { 'x-user': '1' } },
    { path: '/users/2?q=', body: '<>', headers: { 'x-user': '2' } },
  ]
  const csv = await read('rows.csv', '\uFEFFid, q\r\n1,"a, b"\r\n2,\r\n')
  const json = await read('rows.json', '[{"id": 1, "q": "a, b", "z": true}, {"q": null, "id": "2"}]')
  assert.deepEqual(csv.requests, expected)
  assert.deepEqual(json.requests, expected)
  assert.deepEqual([csv.words, json.words], ['2 rows of rows.csv', '2 rows of rows.json'])
})

test('a placeholder at the beginning of the path is not escaped, and no body stays no body', async () => {
  const planned = { path: '{{path}}&again={{path}}', body: null, headers: {} }
  const { requests } = await read('paths.csv', 'path\n/a?b=c\n', planned)
  assert.deepEqual(requests, [{ path: '/a?b=c&again=%2Fa%3Fb%3Dc', body: null, headers: {} }])
})

test('any value arrives unchanged in path, query, body and header', async () => {
  const value = fc.string({ unit: 'grapheme' })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 5 }), async (rows) => {
      const csv = await read('any.csv', csvFormatRows([['id', 'q'], ...rows]))
      const json = await read('any.json', JSON.stringify(rows.map(([id, q]) => ({ id, q }))))
      for (const { requests } of [csv, json])
        for (const [index, [id, q]] of rows.entries()) {
          const { path = '', body, headers } = requests[index] ?? {}
          const [, escapedId = '', escapedQ = ''] = /^\/users\/([^/?#]*)\?q=([^&#]*)$/.exec(path) ?? []
          assert.deepEqual([decodeURIComponent(escapedId), decodeURIComponent(escapedQ)], [id, q])
          assert.deepEqual([body, headers], [`<${q}>`, { 'x-user': id }])
        }
    }),
    { numRuns: 50 },
  )
})

test('a row cannot lead its request to another host', async () => {
  const planned = { path: '{{path}}', body: null, headers: {} }
  for (const path of ['@localhost:1/x', '.elsewhere/x', ':1/x', '', '\\\\elsewhere/x', ' /x'])
    await assert.rejects(
      read('paths.json', JSON.stringify([{ path: '/fine' }, { path }]), planned),
      /row 2 gives a path that does not begin with \/$/,
    )
  const { requests } = await read('paths.json', JSON.stringify([{ path: '//elsewhere/x' }]), planned)
  assert.equal(new URL(`http://127.0.0.1${requests[0]?.path}`).host, '127.0.0.1')
})

const bad: [name: string, text: string, sentence: RegExp][] = [
  ['empty.csv', 'id,q\n', /^--data: empty\.csv: has no rows$/],
  ['short.csv', 'id,q\n1,2\n3\n', /short\.csv: row 2 has 1 cells, but the header has 2$/],
  ['other.csv', 'a,b\n1,2\n', /other\.csv: has no column "id"; its 2 are named in the first line/],
  ['gap.json', '[{"id": 1, "q": 1}, {"id": 2}]', /gap\.json: row 2 has no "q"$/],
  ['broken.json', 'hunter2', /^--data: broken\.json: is not JSON \([^h]*\)$/],
  ['object.json', '{"id": 1}', /object\.json: is not a JSON array of objects$/],
  ['text.json', '["id"]', /text\.json: row 1 is not an object$/],
  ['deep.json', '[{"id": [1]}]', /deep\.json: row 1: "id" must be text or a number$/],
]
for (const [name, text, sentence] of bad)
  test(`${name} is refused in one sentence`, async () => {
    await assert.rejects(
      read(name, text),
      (error) => error instanceof Failure && error.exitCode === 2 && sentence.test(error.message),
    )
  })

test('a missing file is refused in one sentence', async () => {
  await assert.rejects(
    readData(path.join(folder, 'none.csv'), request),
    /^Error: --data: none\.csv: no such file$/,
  )
})
