import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { capture } from '../../runner/shell/processes.ts'
import { noneLeft, runOf, startIn } from '../command.ts'
import { serving } from '../service.ts'

let out = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-requests-'))
})
after(() => rm(out, { recursive: true }))

test('a mix sends each kind as often as its weight says, and reports each kind', async () => {
  const started = startIn(out, ['run', 'mix', '--duration', '3s', '--mix', 'work=6,cpu=3,stress=1'])
  assert.equal(await started.ended, 0, started.stderr)
  const { figures, run } = await runOf(out, started.stderr)
  assert.deepEqual(
    figures.requests.map(({ name }) => name),
    ['work', 'cpu', 'stress'],
  )
  for (const [index, share] of [0.6, 0.3, 0.1].entries()) {
    const { requests, p95Ms = null } = figures.requests[index] ?? {}
    const { requests: total } = figures.total
    assert.ok(typeof requests === 'number' && total !== null)
    assert.ok(Math.abs(requests - share * total) < 5, `${requests} of ${total}`)
    assert.notEqual(p95Ms, null)
  }
  // A stress load lasts 100 ms, and its request waits for the end: it cannot be shorter on any machine.
  assert.ok((figures.requests[2]?.minMs ?? 0) >= 95)
  assert.equal(run.load.request, 'mix work=6,cpu=3,stress=1, work ms=5')
  assert.match(started.stdout, /^stress +\d/m)
  await noneLeft(started.mark)
})

test('rows of a data file fill path, body and headers in turn; no copy and no logged value is left', async () => {
  const received = new Map<string, number>()
  const server = await serving(async (request, response) => {
    const body = (await request.toArray()).join('')
    const key = `${request.method} ${request.url} ${body} ${request.headers['x-user']}`
    if (request.method === 'PUT') received.set(key, (received.get(key) ?? 0) + 1)
    response.statusCode = request.url?.includes('odd') ? 500 : request.url?.startsWith('/users/2') ? 404 : 200
    response.end()
  })
  try {
    const file = path.join(out, 'users.csv')
    await writeFile(
      file,
      '\uFEFFid,name,token\r\n1,"a, b",hidden-1\r\n2,c&d=/,hidden-2\r\n3,odd,hidden-3\r\n',
    )
    const temporary = await mkdtemp(path.join(out, 'temporary-'))
    const args = [
      ...['run', 'constant', '--vus', '2', '--duration', '2s', '--method', 'PUT'],
      ...['--url', server.url, '--expect-status', '200,404'],
      ...['--path', '/users/{{id}}?name={{name}}&token={{token}}', '--body', '{"name": "{{ name }}"}'],
      ...['--header', 'x-user: user-{{id}}', '--data', file],
    ]
    const started = startIn(out, args, { TMPDIR: temporary })
    assert.equal(await started.ended, 1, started.stderr)
    const { folder, figures, run } = await runOf(out, started.stderr)
    assert.deepEqual([...received.keys()].sort(), [
      'PUT /users/1?name=a%2C%20b&token=hidden-1 {"name": "a, b"} user-1',
      'PUT /users/2?name=c%26d%3D%2F&token=hidden-2 {"name": "c&d=/"} user-2',
      'PUT /users/3?name=odd&token=hidden-3 {"name": "odd"} user-3',
    ])
    const counts = [...received.values()]
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 3, String(counts))
    assert.deepEqual(figures.failures, [
      { count: [...received].find(([key]) => key.includes('odd'))?.[1], what: 'were answered 500' },
    ])
    assert.equal(run.load.request, 'PUT /users/{{id}}?name=…&token=…, 3 rows of users.csv')
    for (const name of await readdir(folder, { recursive: true }))
      if (/\.(json|log|html|md|csv|svg)$/.test(name))
        assert.doesNotMatch(await readFile(path.join(folder, name), 'utf8'), /hidden-\d/, name)
    assert.deepEqual(
      (await readdir(temporary)).filter((name) => name.startsWith('load-and-stress-')),
      [],
    )
  } finally {
    server.close()
  }
})

test('rows have names: the failures of one path are its own, in the figures and in the verdict', async () => {
  const received = new Map<string, number>()
  const server = await serving((request, response) => {
    const route = (request.url ?? '').replace(/\d+|\?.*/g, '')
    received.set(route, (received.get(route) ?? 0) + 1)
    response.statusCode = route === '/checkout' ? 500 : 200
    response.end()
  })
  try {
    const file = path.join(out, 'routes.csv')
    await writeFile(
      file,
      'path,name\n/,\n/checkout?card=c4nary,\n/items/1,"item, any"\n/items/2,"item, any"\n',
    )
    const at = ['--url', server.url, '--path', '{{path}}', '--data', file]
    const ofNames = ['--slo', 'p95{name:item; any}=5000', '--slo', 'rate{name:/}=1,errors{name:/checkout}=1%']
    const slos = [...ofNames, '--slo', 'errors=1%']
    const started = startIn(out, ['run', 'constant', '--vus', '2', '--duration', '2s', ...at, ...slos])
    assert.equal(await started.ended, 1, started.stderr)
    const { folder, figures } = await runOf(out, started.stderr)
    const rows = figures.measures.tagged.find(({ by }) => by.join() === 'name')?.rows ?? []
    const found = rows.map(({ tags, requests, failed, p50Ms }) => ({
      name: tags.name ?? '',
      requests,
      failed,
      known: p50Ms !== null,
    }))
    const checkouts = received.get('/checkout') ?? 0
    assert.deepEqual(
      found.sort((a, b) => a.name.localeCompare(b.name)),
      [
        // The first of the root is the check before the load.
        { name: '/', requests: (received.get('/') ?? 0) - 1, failed: 0, known: true },
        { name: '/checkout', requests: checkouts, failed: checkouts, known: false },
        { name: 'item; any', requests: received.get('/items/'), failed: 0, known: true },
      ],
    )
    const { reasons } = figures.verdict
    assert.deepEqual(reasons.slice(0, -1), ['errors{name:/checkout} ≤ 1 % missed: 100 %'])
    assert.match(reasons.at(-1) ?? '', /^errors ≤ 1 %.*; (\S+) of \1 failed requests were for \/checkout$/)
    assert.match(started.stdout, /^\/checkout +\S+ +\S+ +100 %/m)
    for (const name of await readdir(folder, { recursive: true }))
      if (/\.\w+$/.test(name))
        assert.doesNotMatch(await readFile(path.join(folder, name), 'utf8'), /c4nary/, name)
  } finally {
    server.close()
  }
})

test('a later stage goes on in the data, and a path reaches the target as the check before the load sent it', async () => {
  const received: string[] = []
  const server = await serving((request, response) => {
    if (request.url !== '/insight') received.push(request.url ?? '')
    response.end()
  })
  try {
    const file = path.join(out, 'numbers.jsonl')
    await writeFile(file, Array.from({ length: 100 }, (_, index) => `{"row": ${index}}`).join('\n'))
    const at = ['--url', server.url, '--path', '/a b/ü?q=100%&row={{row}}', '--data', file]
    for (const [shape, firstOfStages] of [
      [
        ['spike', '--rate', '10', '--duration', '6s'],
        [0, 4, 24],
      ],
      [
        ['ramp', '--stages', '1,1', '--duration', '2s'],
        [0, 50],
      ],
    ] as const) {
      received.length = 0
      const started = startIn(out, ['run', ...shape, ...at])
      assert.equal(await started.ended, 0, started.stderr)
      assert.ok(received.every((url) => url.startsWith('/a%20b/%C3%BC?q=100%25&row=')))
      // The first is the check before the load.
      const rows = received.slice(1).map((url) => Number(url.replace(/.*=/, '')))
      if (shape[0] === 'spike') assert.ok(new Set(rows).size >= rows.length - 2, String(rows))
      for (const first of firstOfStages) assert.ok(rows.includes(first), `${first} in ${rows}`)
    }
  } finally {
    server.close()
  }
})

test('with --insecure the check and the load accept a certificate of nobody, and --body takes a file', async (t) => {
  const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => path.join(out, name)) as [
    string,
    string,
  ]
  const subject = ['-subj', '/CN=nobody', '-days', '1', '-keyout', key, '-out', certificate]
  const made = await capture('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject]).catch(
    () => null,
  )
  if (made?.code !== 0) return t.skip('needs openssl')
  const bodies = new Set<string>()
  const listener: RequestListener = async (request, response) => {
    if (request.method === 'POST') bodies.add((await request.toArray()).join(''))
    response.end()
  }
  const server = createServer({ key: await readFile(key), cert: await readFile(certificate) }, listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  try {
    await writeFile(path.join(out, 'body.json'), '{"from": "a file"}')
    const at = [
      '--url',
      `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      '--path',
      '/',
      '--method',
      'POST',
    ]
    const run = ['run', 'smoke', '--duration', '1s', ...at, '--body', '@body.json']
    const refused = startIn(out, run)
    assert.equal(await refused.ended, 4, refused.stderr)
    assert.match(
      refused.stderr,
      /does not answer \(self-signed certificate\); --ca names a file with its authority, --insecure accepts any certificate/,
    )
    for (const [flags, environment] of [
      [['--insecure'], {}],
      [[], { K6_INSECURE_SKIP_TLS_VERIFY: 'true' }],
    ] as const) {
      const started = startIn(out, [...run, ...flags], environment)
      assert.equal(await started.ended, 0, started.stderr)
    }
    assert.deepEqual([...bodies], ['{"from": "a file"}'])
    const missing = startIn(out, [...run.slice(0, -1), '@none.json', '--insecure'])
    assert.equal(await missing.ended, 2)
    assert.match(missing.stderr, /--body: none\.json cannot be read \(ENOENT\); text after @ names a file/)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test('k6 gets the outputs that the options name, and the report says that they cost something', async () => {
  const points = path.join(out, 'points.csv')
  const started = startIn(out, ['run', 'smoke', '--duration', '1s', '--k6-out', `csv=${points}`])
  assert.equal(await started.ended, 0, started.stderr)
  const { figures, run } = await runOf(out, started.stderr)
  const lines = (await readFile(points, 'utf8')).split('\n').filter((line) => line.startsWith('http_reqs,'))
  assert.equal(lines.length, figures.total.requests)
  assert.deepEqual(run.k6.outputs, ['csv'])
  assert.match(figures.remarks.join(' '), /k6 wrote or showed more than its summary \(csv\)/)
})

const refused: [args: string[], sentence: RegExp][] = [
  [['--path', '/', '--data', 'none.csv'], /--data: none\.csv: no such file/],
  [
    ['--path', '/{{idd}}', '--data', 'rows.csv'],
    /rows\.csv: has no column "idd"; the first line names the columns/,
  ],
  [['--path', '/', '--data', 'short.csv'], /short\.csv: row 2 has 1 cells, but the header has 2/],
  [['--path', '/', '--data', 'empty.csv'], /empty\.csv: has no rows/],
  [['--path', '/', '--data', 'bad.json'], /bad\.json: is not JSON/],
  [['--path', '/', '--data', 'deep.json'], /deep\.json: row 1: "a" must be text or a number/],
  [['--data', 'rows.csv'], /--data is for a service of your own: add --path/],
  [['--path', '/', '--mix', 'work=1'], /--mix is for mix; constant takes --vus/],
  [['--path', '/', '--k6-out', 'cloud'], /cloud sends the whole test to a service/],
]
for (const [args, sentence] of refused) {
  test(`"${args.join(' ')}" is refused in one sentence`, async () => {
    const files = {
      'rows.csv': 'id\n1\n',
      'short.csv': 'id,name\n1,a\n2\n',
      'empty.csv': 'id\n',
      'bad.json': '[{"a": 1}',
      'deep.json': '[{"a": {"b": 1}}]',
    }
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(out, name), text)
    const server = await serving((_, response) => response.end())
    try {
      const started = startIn(out, ['run', 'constant', '--url', server.url, ...args])
      assert.equal(await started.ended, 2, started.stderr)
      assert.match(started.stderr, sentence)
    } finally {
      server.close()
    }
  })
}
