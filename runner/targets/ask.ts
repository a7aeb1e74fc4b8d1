import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { dial, proxyCredentials, type Way } from './dial.ts'

type Question = Way & {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | null
}

export type Answer = {
  readonly status: number
  readonly location: string | undefined
  /** As far as `most` characters; the rest is not read. */
  text(most: number): Promise<string>
  /** Ends the connection. */
  close(): void
}

/**
 * One request of our own to a target, over a new connection and in the HTTP that k6 would speak: HTTP/2 where a TLS
 * server chooses it. It follows no redirect and takes no proxy but the one given, whatever the environment says
 * (fetch of Node 24 would), and looks at the address that it dials.
 */
export async function ask(url: URL, question: Question): Promise<Answer> {
  const socket = await dial(url, question)
  const isHttp2 = socket instanceof TLSSocket && socket.alpnProtocol === 'h2'
  const answer = isHttp2 ? overHttp2(url, socket, question) : overHttp1(url, socket, question)
  return answer.catch((error) => {
    // What could not even be sent, as for a header that none can be, leaves its connection open.
    socket.destroy()
    throw error
  })
}

function overHttp1(
  url: URL,
  socket: Socket,
  { method = 'GET', headers, body, signal, proxy }: Question,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === 'https:' ? https : http
    // A proxy is told the whole URL, unless it is a tunnel.
    const whole = proxy &&
      url.protocol === 'http:' && { path: url.href, headers: { ...proxyCredentials(proxy), ...headers } }
    const options = { method, headers, signal, createConnection: () => socket, ...whole }
    const sent = request(url, options, (response) => {
      response.on('error', () => {})
      const { statusCode: status = 0, headers } = response
      resolve({
        status,
        location: headers.location,
        text: (most) => textOf(response, most),
        close: () => void response.destroy(),
      })
    })
    sent.on('error', reject)
    sent.end(body ?? undefined)
  })
}

// Of one connection, which a request of HTTP/2 does not have for itself (RFC 9113, 8.2.2).
const ofConnection = /^(connection|keep-alive|proxy-connection|transfer-encoding|upgrade|host)$/i

function overHttp2(
  url: URL,
  socket: Socket,
  { method = 'GET', headers = {}, body, signal }: Question,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const session = http2.connect(url.origin, { createConnection: () => socket })
    session.on('error', reject)
    const given = Object.entries(headers)
    const [, host = url.host] = given.find(([name]) => name.toLowerCase() === 'host') ?? []
    const stream = session.request(
      {
        ...Object.fromEntries(given.filter(([name]) => !ofConnection.test(name))),
        ':method': method,
        ':path': url.pathname + url.search,
        ':authority': host,
      },
      { signal },
    )
    stream.on('response', ({ ':status': status = 0, location }) =>
      resolve({
        status,
        location,
        text: (most) => textOf(stream, most),
        close: () => session.destroy(),
      }),
    )
    stream.on('error', reject)
    stream.on('close', () => {
      session.close()
      reject(new Error('the connection was closed without an answer'))
    })
    stream.end(body ?? undefined)
  })
}

async function textOf(body: Readable, most: number): Promise<string> {
  let text = ''
  for await (const part of body.setEncoding('utf8')) {
    text += part
    if (text.length > most) break
  }
  return text
}
