import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { capture } from '../../runner/shell/processes.ts'
import { commandIn, root } from '../command.ts'
import { type Serving, serving } from '../service.ts'

/** Ways to lead the load to an address that nobody agreed to: a listener there counts what comes. */
let out = ''
let elsewhere: Serving
let came: string[] = []
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-consent-'))
  elsewhere = await serving((request, response) => {
    came.push(request.url ?? '')
    response.end('{}')
  })
})
after(async () => {
  elsewhere.close()
  await rm(out, { recursive: true })
})

const load = ['--vus', '2', '--duration', '1s']

test('redirects are followed by nobody: probe, warm-up, load, look at /insight', async () => {
  came = []
  // Fine until the load begins, and moved from then on: the probe is the first request for /x.
  let asked = 0
  const moving = await serving((request, response) => {
    const moved = request.url === '/insight' || request.url === '/moved' || ++asked > 1
    if (moved) response.writeHead(302, { location: `${elsewhere.url}/` })
    response.end('{}')
  })
  try {
    const run = ['run', 'constant', ...load, '--url', moving.url]
    assert.equal((await commandIn(out, [...run, '--path', '/moved'])).code, 4)
    assert.equal((await commandIn(out, [...run, '--path', '/x'])).code, 3)
    asked = 0
    await commandIn(out, run)
    const ab = await commandIn(out, ['ab', ...load, '--b', moving.url, '--repeat', '1', '--warm-up', '300ms'])
    assert.equal(ab.code, 4, ab.stderr)
    assert.ok(asked > 100)
    assert.deepEqual(came, [])
  } finally {
    moving.close()
  }
})

test('neither a row nor a path continues the host', async () => {
  came = []
  const fine = await serving((_, response) => response.end('fine'))
  try {
    const rows = path.join(out, 'rows.json')
    const at = new URL(elsewhere.url).host
    await writeFile(rows, JSON.stringify([{ path: '/x' }, { path: `@${at}/x` }]))
    const run = ['run', 'constant', ...load, '--url', fine.url, '--path', '{{path}}']
    const row = await commandIn(out, [...run, '--data', rows])
    assert.equal(row.code, 2)
    assert.match(row.stderr, /row 2 gives a path that does not begin with \//)
    const none = await commandIn(out, run)
    assert.equal(none.code, 2)
    assert.match(none.stderr, /stands for a column of a data file: add --data/)
    assert.deepEqual(came, [])
  } finally {
    fine.close()
  }
})

test('a plan is only a file: its sides, paths and data are checked before anything is loaded', async () => {
  came = []
  const fine: string[] = []
  const target = await serving((request, response) => {
    fine.push(request.url ?? '')
    response.end('fine')
  })
  const rows = path.join(out, 'resumed.json')
  await writeFile(rows, JSON.stringify([{ path: `@${new URL(elsewhere.url).host}/x` }]))
  const planned = (b: string, flags: object) => ({
    ...{ schema: 1, kind: 'ab', local: true, sides: { a: target.url, b }, minutes: null, seed: 1 },
    ...{ warmUpMs: 100, coolDownMs: 1 },
    runs: (['a', 'b'] as const).map((side) => ({
      ...{ cell: `${side}.1`, repeat: 1, scenario: 'constant', side, replicas: null },
      flags: { vus: '1', duration: '1s', path: '/x', ...flags },
    })),
  })
  const wrong: [object, RegExp][] = [
    [planned('http://192.0.2.1', {}), /192\.0\.2\.1, neither loopback nor private/],
    [planned('http://u:c4nary@127.0.0.1', {}), /user and password/],
    [planned(target.url, { path: '{{path}}' }), /add --data/],
    [planned(target.url, { path: '@elsewhere/' }), /does not begin with \//],
    [planned(target.url, { path: '{{path}}', data: rows }), /row 1 gives a path that does not begin with \//],
  ]
  try {
    for (const [index, [plan, sentence]] of wrong.entries()) {
      const folder = path.join(out, `.series-${index}`)
      await mkdir(folder)
      await writeFile(path.join(folder, 'sweep.json'), JSON.stringify(plan))
      const { code, stderr } = await commandIn(out, ['ab', '--resume', folder])
      assert.equal(code, 2, stderr)
      assert.match(stderr, sentence)
      assert.deepEqual(await readdir(folder), ['sweep.json'])
    }
    assert.deepEqual(came, [])
  } finally {
    target.close()
  }
})

const namespaces =
  process.platform === 'linux' && spawnSync('unshare', ['-mn', 'ip', 'link', 'set', 'lo', 'up']).status === 0

test('a name that resolves anew, a proxy and a script lead nowhere', { skip: !namespaces }, async () => {
  const hosts = path.join(out, 'hosts')
  await writeFile(hosts, '127.0.0.1 localhost\n')
  const inside = `ip link set lo up && ip addr add 192.0.2.1/32 dev lo && mount --bind "$1" /etc/hosts &&
    exec "$2" --import tsx test/loads/namespace.ts "$1" "$3"`
  const { stdout, stderr } = await capture(
    'unshare',
    ['-mn', 'sh', '-c', inside, 'sh', hosts, process.execPath, out],
    { cwd: root },
  )
  assert.notEqual(stdout, '', stderr)
  const results = JSON.parse(stdout)
  const words = JSON.stringify(results, null, 1)
  assert.deepEqual([results.plain.code, results.plain.elsewhere, results.plain.proxy], [0, 0, 0], words)
  assert.ok(results.plain.target > 10, words)
  // All requests of the load fail, so it proves nothing.
  assert.deepEqual([results.changed.code, results.changed.elsewhere], [3, 0], words)
  assert.match(await readFile(path.join(out, 'k6.log'), 'utf8'), /blacklisted range/)
  assert.equal(results.script.elsewhere, 0, words)
  // That the listeners count, and that what was asked for is named.
  assert.ok(results['changed, any address allowed'].elsewhere > 10, words)
  const asked = results['proxy asked for']
  assert.ok(asked.proxy > 10 && asked.target === 0, words)
  assert.match(asked.proxyNamed, /^http:\/\/127\.0\.0\.1:\d+$/)
  assert.match(asked.stderr, /through the proxy http:\/\/127\.0\.0\.1/)
  // Before the load, and not past the proxy.
  const none = results['no such proxy']
  assert.deepEqual([none.code, none.target, none.elsewhere], [4, 0, 0], words)
  assert.match(
    none.stderr,
    /does not answer through the proxy http:\/\/127\.0\.0\.1:1 \(connection refused\)/,
  )
})

test('a script asks nobody that the user did not agree to, and looks up no name of theirs', {
  skip: !namespaces,
}, async () => {
  const resolver = path.join(out, 'resolv.conf')
  await writeFile(resolver, '')
  const inside = `ip link set lo up && ip addr add 192.0.2.1/32 dev lo && ip addr add 10.1.2.3/32 dev lo &&
    mount --bind "$1" /etc/resolv.conf && exec "$2" --import tsx test/loads/consent-scripts.ts "$1" "$3"`
  const { stdout, stderr } = await capture(
    'unshare',
    ['-mn', 'sh', '-c', inside, 'sh', resolver, process.execPath, out],
    { cwd: root },
  )
  assert.notEqual(stdout, '', stderr)
  const results: Record<string, Came> = JSON.parse(stdout)
  const of = (what: string) => {
    const { stdout: printed, stderr: said, ...came } = results[what] as Came
    return { ...came, words: `${what}: ${said}${printed}` }
  }
  const none = { asked: [], target: 0, elsewhere: 0, near: 0 }
  const public_ = /script asks public\.example\.com, a public name: .* --allow-public; .* --allow-host public/
  for (const [what, sentence] of [
    ...(['literal', 'built', 'caught', 'ws', 'websockets', 'grpc', 'setup', 'browser'] as const).map(
      (each) => [each, public_] as const,
    ),
    ['grpc, built', /asks a host that is not named in it \(script\.js:\d+\); write out host:port/],
    ['address', /asks 192\.0\.2\.1, neither loopback nor private/],
    ['address, IPv6', /asks 2001:db8::1, neither loopback nor private/],
    ['variable', /asks 192\.0\.2\.1, neither/],
    ['private, not allowed', /asks private\.example\.com, a public name/],
    ['mapped to a public address', /public\.example\.com is mapped to 192\.0\.2\.1, neither/],
  ] as const) {
    const { words, ...came } = of(what)
    assert.match(words, sentence)
    assert.deepEqual(came, { code: 2, ...none }, words)
  }
  const refused = (what: string) => {
    const { words, code, asked, elsewhere: far } = of(what)
    assert.deepEqual([asked, far], [[], 0], words)
    return { words, code }
  }
  for (const [what, code, sentence] of [
    ['batch', 2, public_],
    ['redirect', 2, /asks 192\.0\.2\.1, neither/],
    // Half of all requests, or all.
    ['redirect later', 1, /verdict: fail\n.*errors/],
    ['redirect, not rehearsed', 1, /verdict: fail\n.*errors/],
    ['row', 1, /verdict: fail\n.*errors/],
    ['variable, not rehearsed', 3, /all 1 request failed/],
  ] as const) {
    const ended = refused(what)
    assert.match(ended.words, sentence)
    assert.equal(ended.code, code, ended.words)
  }
  // A name that the user vouches for is looked up, and where it leads decides.
  for (const what of ['private, allowed', 'built, allowed']) {
    const { words, code, asked, elsewhere: far, near } = of(what)
    assert.deepEqual([code, asked, far], [0, ['private.example.com'], 0], words)
    assert.ok(near > 0, words)
  }
  const vouched = of('public, allowed as a name')
  assert.match(vouched.words, /public\.example\.com, which is 192\.0\.2\.1, neither/)
  assert.deepEqual([vouched.code, vouched.elsewhere], [2, 0], vouched.words)
  const mapped = of('mapped')
  assert.deepEqual([mapped.code, mapped.asked, mapped.elsewhere], [0, [], 0], mapped.words)
  assert.ok(mapped.target > 0, mapped.words)
  // It is reached, though it speaks no gRPC.
  const grpc = of('grpc, private')
  assert.ok(grpc.near > 0 && grpc.asked.length === 0, grpc.words)
  const loopback = of('loopback, IPv6')
  assert.equal(loopback.code, 0, loopback.words)
  // That the listener and the resolver count.
  const any = of('public, allowed')
  assert.ok(any.elsewhere > 0 && any.asked.length > 0, any.words)
})

type Came = {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly asked: readonly string[]
  readonly target: number
  readonly elsewhere: number
  readonly near: number
}
