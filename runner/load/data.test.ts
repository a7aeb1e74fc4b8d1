import assert from 'node:assert/strict'
import { existsSync, statSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { csvFormatRows } from 'd3-dsv'
import fc from 'fast-check'
import { Failure } from '../shell/exit.ts'
import { readData } from './data.ts'
import { encodedPath, type PlannedRequest } from './template.ts'

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

async function read(name: string, text: string | Uint8Array, planned: PlannedRequest = request) {
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

test('what every object inherits is a column only where the file has it', async () => {
  const planned = { path: '/{{constructor}}', body: '{{__proto__}}', headers: {} }
  const { requests } = await read('names.csv', 'constructor,__proto__\n1,2\n', planned)
  assert.deepEqual(requests, [{ path: '/1', body: '2', headers: {} }])
  await assert.rejects(
    read('none.json', '[{"constructor":1,"__proto__":2},{"a":1}]', planned),
    /row 2 has no "constructor"/,
  )
  await assert.rejects(read('neither.csv', 'id\n1\n', planned), /has no column "constructor"/)
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

test('values in a JSON body are escaped as JSON, and outside its strings stand as they are', async () => {
  const planned = { path: '/users', body: '{"name": "{{q}} at {{id}}", "id": {{id}}}', headers: {} }
  const { requests } = await read(
    'json-body.json',
    '[{"id": 12345678901234567890, "q": "O\\"Brien\\n\\\\"}]',
    planned,
  )
  assert.equal(
    requests[0]?.body,
    '{"name": "O\\"Brien\\n\\\\ at 12345678901234567890", "id": 12345678901234567890}',
  )
  const typed = { ...planned, body: '"{{q}}"', headers: { 'Content-Type': 'application/json' } }
  const value = fc.string({ unit: 'grapheme' })
  await fc.assert(
    fc.asyncProperty(value, async (q) => {
      const { requests } = await read('any-body.json', JSON.stringify([{ q, id: 1 }]), typed)
      assert.equal(JSON.parse(requests[0]?.body ?? ''), q)
    }),
    { numRuns: 30 },
  )
})

test('values in a form are escaped as its fields', async () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const { requests } = await read('form.csv', 'id,q\n1,a&b=c d\n', {
    path: '/x',
    body: 'q={{q}}&id={{id}}',
    headers,
  })
  assert.deepEqual(
    [...new URLSearchParams(requests[0]?.body ?? '')],
    [
      ['q', 'a&b=c d'],
      ['id', '1'],
    ],
  )
})

test('numbers of JSON arrive as they were written, and text that looks like one stays text', async () => {
  const planned = { path: '/{{a}}/{{b}}/{{c}}/{{d}}', body: null, headers: {} }
  const rows = '[{"a": 9007199254740993, "b": -1.50, "c": 1e3, "d": "say \\"1\\" 2"}]'
  const path = '/9007199254740993/-1.50/1e3/say%20%221%22%202'
  assert.equal((await read('big.json', rows, planned)).requests[0]?.path, path)
})

test('JSON a line, tabs, capitals in the name, blank lines and UTF-16 are read as what they are', async () => {
  const planned = { path: '/{{id}}', body: null, headers: {} }
  const utf16 = (order: 'le' | 'be') => {
    const bytes = Buffer.from('\uFEFFid,q\n1,ä\n2,b\n', 'utf16le')
    return order === 'le' ? bytes : bytes.swap16()
  }
  const files: [string, string | Uint8Array][] = [
    ['a.jsonl', '{"id": 1, "q": "x"}\n\n{"id": 2}\r\n'],
    ['a.NDJSON', '{"id": 1}\n{"id": 2}'],
    ['A.JSON', '[{"id": 1}, {"id": 2}]'],
    ['A.CSV', 'id\n1\n\n2\n\n'],
    ['a.csv', 'id,q\n1,2\n\n  \n2,3\n'],
    ['a.tsv', 'id\tq\n1\ta,b\n2\t\n'],
    ['le.csv', utf16('le')],
    ['be.csv', utf16('be')],
  ]
  for (const [name, text] of files) {
    const { requests } = await read(name, text, planned)
    assert.deepEqual(
      requests.map(({ path }) => path),
      ['/1', '/2'],
      name,
    )
  }
})

test('a path is encoded once, whatever is in it', () => {
  assert.equal(encodedPath('/a b/ü?q=ä&r=1 2'), '/a%20b/%C3%BC?q=%C3%A4&r=1%202')
  assert.equal(encodedPath('/a%20b/100%/%zz|"<>^`{}\\'), '/a%20b/100%25/%25zz%7C%22%3C%3E%5E%60%7B%7D%5C')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const once = encodedPath(`/${text}`)
      assert.equal(encodedPath(once), once)
      assert.match(once, /^[!#$&-;=?-Z[\]_a-z~%]+$/)
    }),
  )
})

const bad: [name: string, text: string | Uint8Array, sentence: RegExp][] = [
  ['empty.csv', 'id,q\n', /^--data: empty\.csv: has no rows$/],
  ['short.csv', 'id,q\n1,2\n3\n', /short\.csv: row 2 has 1 cells, but the header has 2$/],
  ['other.csv', 'a,b\n1,2\n', /other\.csv: has no column "id"; the first line names the columns/],
  ['gap.json', '[{"id": 1, "q": 1}, {"id": 2}]', /gap\.json: row 2 has no "q"$/],
  ['broken.json', 'hunter2', /^--data: broken\.json: is not JSON \([^h]*\)$/],
  ['object.json', '{"id": 1}', /object\.json: is not a JSON array of objects$/],
  ['text.json', '["id"]', /text\.json: row 1 is not an object$/],
  ['double.csv', 'id,q,id\n1,2,3\n', /double\.csv: has two columns "id"$/],
  [
    'latin1.csv',
    Buffer.from('id,q\n1,\xe4\n', 'latin1'),
    /latin1\.csv: is not text in UTF-8; save it as UTF-8$/,
  ],
  ['utf16.csv', Buffer.from('id,q\n1,2\n', 'utf16le'), /utf16\.csv: is not text in UTF-8/],
  ['really.csv', '[{"id": 1}]', /really\.csv: looks like JSON; name it \.json/],
  ['lines.jsonl', '{"id": 1, "q": 1}\n{"id": \n', /lines\.jsonl: line 2 is not JSON \(/],
  ['zero.json', '[{"id": 01, "q": 1}]', /zero\.json: is not JSON \(/],
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
