import { createServer } from 'node:net'
import { number, percent, quantity } from '../../analysis/formats/words.ts'
import { ask } from '../targets/ask.ts'
import { nearbyOnly } from '../targets/reach.ts'

/** A loopback port that was free a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

/**
 * The progress of a run in words, from k6's REST API on `port`, updated once a second; empty until k6
 * listens. Reads only three metrics, because k6 sorts all values of a Trend for every answer.
 */
export function liveFigures(port: number, plannedMs: number): { words(): string; stop(): void } {
  const startMs = performance.now()
  let words = ''
  let before = { requests: 0, atMs: startMs }
  const get = async (path: string) => {
    const answer = await ask(new URL(`http://127.0.0.1:${port}/v1/${path}`), {
      reach: nearbyOnly,
      signal: AbortSignal.timeout(1000),
    })
    const { data } = JSON.parse(await answer.text(100_000)) as {
      data: { attributes: Record<string, unknown> }
    }
    return data.attributes
  }
  const sample = async (metric: string) =>
    ((await get(`metrics/${metric}`)).sample ?? {}) as Record<string, number>
  const update = async () => {
    const [requests, failed, duration, status] = await Promise.all([
      sample('http_reqs'),
      sample('http_req_failed'),
      sample('http_req_duration'),
      get('status'),
    ])
    const now = { requests: requests.count ?? 0, atMs: performance.now() }
    const rate = ((now.requests - before.requests) * 1000) / (now.atMs - before.atMs)
    before = now
    const leftMs = Math.max(0, plannedMs - (now.atMs - startMs))
    words = [
      `${Math.ceil(leftMs / 1000)} s left`,
      `${number(rate)} requests/s`,
      `p95 ${number(duration['p(95)'] ?? 0)} ms so far`,
      `${percent(failed.rate ?? 0)} errors`,
      quantity(Number(status.vus), 'VU'),
    ].join(', ')
  }
  // Fails before k6 listens and after it has ended; the words then stay as they are.
  const timer = setInterval(() => update().catch(() => {}), 1000).unref()
  return { words: () => words, stop: () => clearInterval(timer) }
}
