import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createSecureServer } from 'node:http2'
import { createServer } from 'node:https'
import { type AddressInfo, connect, type Server } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { capture } from '../../runner/shell/processes.ts'
import { ask } from '../../runner/targets/ask.ts'
import { nearbyOnly } from '../../runner/targets/reach.ts'
import { trustOf } from '../../runner/targets/trust.ts'
import { commandIn, runOf } from '../command.ts'

const hasOpenssl = await capture('openssl', ['version']).then(
  ({ code }) => code === 0,
  () => false,
)

/** TLS as the probe and as k6 speak it: what one accepts, the other accepts. */
describe('TLS', {
  skip: hasOpenssl && process.platform === 'linux' ? false : 'needs openssl, and Linux',
}, () => {
  let out = ''
  const at = (name: string) => path.join(out, name)

  /** A certificate, signed by our own authority unless it is that itself. */
  async function certificate(name: string, subject: string, extension?: string) {
    const made = await capture('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', subject],
      ...['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)],
      ...(name === 'authority' ? [] : ['-CA', at('authority.pem'), '-CAkey', at('authority.key')]),
      ...(extension ? ['-addext', extension] : []),
    ])
    assert.equal(made.code, 0, made.stderr)
  }
  const pair = async (name: string) => ({
    key: await readFile(at(`${name}.key`)),
    cert: await readFile(at(`${name}.pem`)),
  })
  async function listening(server: Server): Promise<string> {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  before(async () => {
    out = await mkdtemp(path.join(os.tmpdir(), 'las-tls-'))
    await certificate('authority', '/CN=our own authority')
    await certificate('service', '/CN=service', 'subjectAltName=IP:127.0.0.1')
    await certificate('old', '/CN=localhost')
  })
  after(() => rm(out, { recursive: true }))

  const load = ['--path', '/x', '--vus', '2', '--duration', '1s']

  test('an authority of one’s own, by --ca or by Go’s variable, for probe, warm-up and load', async () => {
    let requests = 0
    const server = createServer(await pair('service'), (_, response) => {
      requests++
      response.end('fine')
    })
    const url = await listening(server)
    try {
      const run = ['run', 'constant', '--url', url, ...load]
      const refused = await commandIn(out, run)
      assert.equal(refused.code, 4)
      assert.match(
        refused.stderr,
        /--ca names a file with its authority, --insecure accepts any certificate$/m,
      )
      assert.equal(requests, 0)
      for (const [flags, variables] of [
        [['--ca', 'authority.pem'], {}],
        // The name in the certificate is that of the address, whatever the Host header says.
        [['--ca', 'authority.pem', '--header', 'Host: other.example'], {}],
        [[], { SSL_CERT_FILE: at('authority.pem') }],
      ] as const) {
        const { code, stderr } = await commandIn(out, [...run, ...flags], variables)
        assert.equal(code, 0, stderr)
      }
      const before = requests
      const sides = [
        '--a',
        url,
        '--b',
        `${url}/b`,
        '--repeat',
        '1',
        '--warm-up',
        '300ms',
        '--cool-down',
        '1ms',
      ]
      const ab = await commandIn(out, ['ab', ...sides, ...load, '--ca', 'authority.pem'])
      const measured = ab.stdout + ab.stderr
      assert.match(measured, /1 and 1 runs are too few/)
      assert.ok(requests > before)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  test('a service that speaks HTTP/2 alone', async () => {
    const versions = new Set<string>()
    let requests = 0
    const server = createSecureServer(
      { ...(await pair('service')), allowHTTP1: false },
      async (request, response) => {
        requests++
        versions.add(request.httpVersion)
        const body = (await request.toArray()).join('')
        const ok = body === 'sent' && request.authority === 'other.example' && request.headers['x-a'] === '1'
        response.writeHead(ok ? 200 : 400)
        response.end('fine')
      },
    )
    const url = await listening(server)
    try {
      const sent = [
        '--method',
        'POST',
        '--body',
        'sent',
        '--header',
        'Host: other.example',
        '--header',
        'X-A: 1',
      ]
      const run = ['run', 'constant', '--url', url, ...load, '--ca', 'authority.pem']
      const { code, stderr } = await commandIn(out, [...run, ...sent, '--expect-body', 'fine'])
      assert.equal(code, 0, stderr)
      assert.equal((await runOf(out, stderr)).figures.total.requests, requests - 1)
      assert.deepEqual([...versions], ['2.0'])
      const wrong = await commandIn(out, run)
      assert.equal(wrong.code, 4)
      assert.match(wrong.stderr, /answers 400, expected 2xx/)
    } finally {
      server.close()
    }
  })

  test('our own requests through the tunnel of a proxy', async () => {
    const server = createSecureServer({ ...(await pair('service')) }, (_, response) => response.end('inside'))
    const url = new URL(await listening(server))
    const tunnels: (string | undefined)[] = []
    const proxy = createHttpServer().on('connect', (request, client) => {
      tunnels.push(request.url)
      const onwards = connect(Number(url.port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n')
        client.pipe(onwards).pipe(client)
      })
    })
    const { port } = new URL(await listening(proxy))
    try {
      const way = { reach: nearbyOnly, signal: AbortSignal.timeout(10_000) }
      const hop = { url: new URL(`http://127.0.0.1:${port}`), reach: nearbyOnly }
      const trust = trustOf({ env: {}, cwd: out }, { ca: 'authority.pem' })
      const answer = await ask(url, { ...way, trust, proxy: hop })
      assert.deepEqual([answer.status, await answer.text(100)], [200, 'inside'])
      assert.deepEqual(tunnels, [url.host])
      await assert.rejects(ask(url, { ...way, proxy: hop }), { code: /CERT|SIGNATURE/ })
    } finally {
      proxy.close()
      server.close()
    }
  })

  test('a certificate that k6 would refuse, and files that are none', async () => {
    const server = createServer(await pair('old'), (_, response) => response.end('fine'))
    const url = (await listening(server)).replace('127.0.0.1', 'localhost')
    try {
      const run = ['run', 'smoke', '--url', url, ...load, '--ca']
      const old = await commandIn(out, [...run, 'authority.pem'])
      assert.equal(old.code, 4)
      assert.match(old.stderr, /has no subjectAltName, and k6 reads no common name/)
      await writeFile(at('empty.pem'), 'nothing')
      for (const [file, sentence] of [
        ['empty.pem', /--ca: .*empty\.pem has no certificate; it must be PEM/],
        ['none.pem', /--ca: .*none\.pem cannot be read \(ENOENT\)$/m],
      ] as const) {
        const { code, stderr } = await commandIn(out, [...run, file])
        assert.equal(code, 2)
        assert.match(stderr, sentence)
      }
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
