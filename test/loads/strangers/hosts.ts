import { createHash } from 'node:crypto'
import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import http2, { type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'

type Request = IncomingMessage | Http2ServerRequest
type Response = ServerResponse | Http2ServerResponse

/** Plays every host that k6's examples ask – httpbin.org, QuickPizza, GitHub, a shop, a WebSocket echo –, on loopback. */
export async function playHosts(key: string, cert: string) {
  const answer = (request: Request, response: Response) => void respond(request, response)
  const plain = http.createServer(answer)
  const secure = http2.createSecureServer({ key, cert, allowHTTP1: true }, answer)
  const sockets = new Set<Duplex>()
  for (const server of [plain, secure]) {
    server.on('upgrade', echo)
    server.on('connection', (socket) => sockets.add(socket))
    await once(server.listen(0, '127.0.0.1'), 'listening')
  }
  const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port
  return {
    ports: { plain: portOf(plain), secure: portOf(secure) },
    close() {
      for (const server of [plain, secure]) server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

const page = `<html><head><title>User account | David li commerce-test</title></head><body>
<p class="description">This is a replacement of the service</p>
<form action="/post" method="post"><input name="form_build_id" value="form-1">
<input name="form_id" value="user_login">
<input name="form_token" value="token">
<input name="product_id" value="1"></form><a href="/about">About</a></body></html>`

const issue = { id: 'I_1', number: 1, title: 'First' }
const github = { repository: { issues: { edges: [{ node: issue }] } }, addReaction: { subject: issue } }

async function respond(request: Request, response: Response): Promise<void> {
  const body = await text(request as IncomingMessage)
  const url = new URL(request.url ?? '/', 'http://host')
  const { headers } = request
  const given = new Map((headers.cookie ?? '').split('; ').map((pair) => pair.split('=') as [string, string]))
  const send = (
    status: number,
    content: object | string = '',
    more: Record<string, string | string[]> = {},
  ) => {
    const type = typeof content === 'string' ? 'text/html' : 'application/json'
    for (const [name, value] of Object.entries({ 'content-type': type, ...more }))
      response.setHeader(name, value)
    response.statusCode = status
    ;(response as ServerResponse).end(typeof content === 'string' ? content : JSON.stringify(content))
  }
  const [, first = '', second = ''] = url.pathname.split('/')
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded')
  const fields = new URLSearchParams(isForm ? body : '')
  switch (first) {
    case 'status':
      return send(Number(second))
    case 'redirect':
      return send(302, '', { location: Number(second) > 1 ? `/redirect/${Number(second) - 1}` : '/get' })
    case 'basic-auth':
    case 'digest-auth': {
      const challenge =
        first === 'basic-auth' ? 'Basic realm="r"' : 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5'
      if (!headers.authorization) return send(401, '', { 'www-authenticate': challenge })
      return send(200, { authenticated: true, user: 'user' })
    }
    case 'cookies':
      if (second === 'set')
        return send(302, '', {
          location: '/cookies',
          'set-cookie': [...url.searchParams].map(([name, value]) => `${name}=${value}; Path=/`),
        })
      return send(200, { cookies: Object.fromEntries(given) })
    case 'get':
    case 'post':
    case 'put':
    case 'patch':
    case 'delete':
      return send(200, {
        args: Object.fromEntries(url.searchParams),
        headers: { ...headers, 'X-Test': headers['x-test'] },
        form: Object.fromEntries(
          [...new Set(fields.keys())].map((name) => {
            const all = fields.getAll(name)
            return [name, all.length > 1 ? all : all[0]]
          }),
        ),
        json: headers['content-type'] === 'application/json' ? JSON.parse(body) : null,
      })
    case 'graphql':
      return send(200, { data: github })
    case 'secrets':
      return send(200, { plaintext: `${second}-value` })
    case 'pi.php':
      return send(200, '3.14')
    default:
      return send(200, page)
  }
}

/** A WebSocket that sends back each short frame (RFC 6455). */
function echo(request: IncomingMessage, socket: Duplex): void {
  const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}${magic}`).digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  socket.on('error', () => {})
  socket.on('data', (frame: Buffer) => {
    const operation = (frame[0] ?? 0) & 15
    if (operation === 8) return void socket.end()
    const length = (frame[1] ?? 0) & 127
    const mask = frame.subarray(2, 6)
    const content = frame.subarray(6, 6 + length).map((byte, at) => byte ^ (mask[at % 4] ?? 0))
    socket.write(Buffer.concat([Buffer.from([0x80 | (operation === 9 ? 10 : operation), length]), content]))
  })
}
