import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'

/** Where a generator on the cluster listens, as k6 does by default. */
export const generatorPort = 6565

/** The header that holds the key of a run: nobody else in the cluster may steer its generators. */
export const keyHeader = 'x-las-key'

export const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex')

type Steered = {
  /** Takes the text of its order; false where it has one already. */
  start(order: string): boolean
  interrupt(): void
  /** Its load begins, or another change of its state. */
  changed(): void
  /** Of its k6; null until that runs. */
  port(): number | null
}

/** A script with its data. */
const longestOrder = 256 * 1024 * 1024

/**
 * Lets whoever has the key give a generator its order (`POST /start`), interrupt it (`POST /interrupt`) and use the REST
 * API of its k6 (`/v1/…`), which itself listens on loopback only.
 * @param keyHash see `hashOf`
 */
export function serveGenerator(
  keyHash: string,
  steered: Steered,
  port = generatorPort,
): Promise<{
  readonly port: number
  /** When it was last spoken to, of performance.now(). */
  heardAt(): number
  close(): void
}> {
  let heardAt = performance.now()
  const server = createServer((question, answer) => {
    const given = Buffer.from(hashOf(String(question.headers[keyHeader] ?? '')))
    if (!timingSafeEqual(given, Buffer.from(keyHash.padEnd(64).slice(0, 64))))
      return refuse(answer, 403, 'another run’s generator')
    heardAt = performance.now()
    const called = `${question.method} ${question.url}`
    if (called === 'POST /start')
      return void textOf(question).then(
        (text) => (steered.start(text) ? accept(answer) : refuse(answer, 409, 'it has an order already')),
        (error: Error) => refuse(answer, 400, error.message),
      )
    if (called === 'POST /interrupt') {
      steered.interrupt()
      return accept(answer)
    }
    const k6 = steered.port()
    if (k6 === null || !question.url?.startsWith('/v1/')) return refuse(answer, 503, 'k6 does not run')
    if (called === 'PATCH /v1/status') steered.changed()
    forward(question, answer, k6)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, () => {
      const at = server.address()
      resolve({
        port: typeof at === 'object' && at ? at.port : port,
        heardAt: () => heardAt,
        close: () => void server.close().closeAllConnections(),
      })
    })
  })
}

const accept = (answer: ServerResponse) => void answer.end('{"data":{"attributes":{}}}')

const refuse = (answer: ServerResponse, status: number, title: string) =>
  void answer.writeHead(status).end(JSON.stringify({ errors: [{ title }] }))

function forward(question: IncomingMessage, answer: ServerResponse, port: number): void {
  const { method = 'GET', url = '/' } = question
  const headers = { 'content-type': 'application/json' }
  const passed = request({ host: '127.0.0.1', port, method, path: url, headers, agent: false }, (k6) => {
    answer.writeHead(k6.statusCode ?? 502, { 'content-type': 'application/json' })
    k6.on('error', () => answer.destroy()).pipe(answer)
  })
  passed.on('error', (error) => (answer.headersSent ? answer.destroy() : refuse(answer, 502, error.message)))
  question.on('error', () => passed.destroy()).pipe(passed)
}

async function textOf(question: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of question as AsyncIterable<Buffer>) {
    length += part.length
    if (length > longestOrder) throw new Error('the order is too long')
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}
