import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { after, before, test } from 'node:test'
import { type Serving, serving } from '../../test/service.ts'
import { ask } from './ask.ts'
import { OutOfReach } from './dial.ts'
import { probe } from './probe.ts'
import { nearbyOnly } from './reach.ts'

/** A proxy that asks for a password, and a target that says what reached it. */
let target: Serving
let proxy: URL
const asked: string[] = []
const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`)
  const { authorization, 'proxy-authorization': user } = request.headers
  if (user !== `Basic ${Buffer.from('us3r:p%w').toString('base64')}`) response.writeHead(407)
  response.end(`through the proxy, with ${authorization}`)
}).on('connect', (request, client) => {
  asked.push(`CONNECT ${request.url}`)
  client.end('HTTP/1.1 407 No\r\n\r\n')
})
before(async () => {
  target = await serving((_, response) => response.end('direct'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  proxy = new URL(`http://us3r:p%25w@127.0.0.1:${(server.address() as AddressInfo).port}`)
})
after(() => {
  target.close()
  server.closeAllConnections()
  server.close()
})

const signal = AbortSignal.timeout(10_000)
const by = (url: URL) => ({ url, reach: nearbyOnly })

test('a proxy is told the whole URL, and its own password', async () => {
  const url = new URL('http://name.that.only.the.proxy.knows/x?y=1')
  const headers = { authorization: 'Bearer token' }
  const answer = await ask(url, { reach: nearbyOnly, signal, headers, proxy: by(proxy) })
  assert.equal(answer.status, 200)
  assert.equal(await answer.text(100), 'through the proxy, with Bearer token')
  assert.equal(asked.pop(), `GET ${url.href}`)
  const direct = await ask(new URL(target.url), { reach: nearbyOnly, signal })
  assert.equal(await direct.text(100), 'direct')
})

test('a proxy out of reach is not dialled', async () => {
  const far = by(new URL('http://192.0.2.1:3128'))
  await assert.rejects(ask(new URL(target.url), { reach: nearbyOnly, signal, proxy: far }), OutOfReach)
})

test('the probe names the proxy: one that is not there, one that wants a password, one that refuses a tunnel', async () => {
  const request = {
    reach: nearbyOnly,
    path: '/x',
    method: 'GET',
    body: null,
    headers: {},
    expected: [[200, 299]] as const,
  }
  const open = new URL(proxy.origin)
  const closed = new URL('http://127.0.0.1:1')
  for (const [base, at, sentence] of [
    [
      'http://x.test',
      closed,
      /^http:\/\/x\.test\/x does not answer through the proxy http:\/\/127\.0\.0\.1:1 \(connection refused\); do the proxy and the service run there\?$/,
    ],
    [
      'http://x.test',
      open,
      /answers 407 through the proxy http:\/\/127\.0\.0\.1:\d+, .*; user and password of the proxy belong in its variable$/,
    ],
    ['https://x.test', open, /does not answer through the proxy .* \(the proxy answers 407\); /],
  ] as const)
    await assert.rejects(
      probe(base, { ...request, proxy: by(at) }, signal),
      ({ message }: Error) => sentence.test(message) || assert.fail(message),
    )
  assert.equal(asked.pop(), 'CONNECT x.test:443')
  await probe('http://x.test', { ...request, proxy: by(proxy) }, signal)
})

test('a request that cannot be sent leaves no connection', async () => {
  const quiet = createTcpServer()
  await once(quiet.listen(0, '127.0.0.1'), 'listening')
  const closed = once(quiet, 'connection').then(([socket]) => once(socket.resume(), 'close'))
  const url = new URL(`http://127.0.0.1:${(quiet.address() as AddressInfo).port}`)
  await assert.rejects(ask(url, { reach: nearbyOnly, signal, headers: { a: 'b\n' } }), {
    code: 'ERR_INVALID_CHAR',
  })
  await closed
  quiet.close()
})
