import { createServer } from 'node:net'
import { number, percent } from '../../analysis/formats/words.ts'

/** A port of loopback that was free a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

/**
 * How a run is going, for the line that people watch: k6's own counts over its REST API, asked once a second. Only
 * three metrics are asked for, since k6 sorts a Trend's values for every answer.
 */
export function liveFigures(port: number, plannedMs: number): { words(): string; stop(): void } {
  const startMs = performance.now()
  let words = ''
  let before = { requests: 0, atMs: startMs }
  const look = async () => {
    const ask = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}/v1/${path}`, {
        signal: AbortSignal.timeout(1000),
      })
      return ((await response.json()) as { data: { attributes: Record<string, unknown> } }).data.attributes
    }
    const sample = async (metric: string) =>
      ((await ask(`metrics/${metric}`)).sample ?? {}) as Record<string, number>
    const [requests, failed, duration, status] = await Promise.all([
      sample('http_reqs'),
      sample('http_req_failed'),
      sample('http_req_duration'),
      ask('status'),
    ])
    const now = { requests: requests.count ?? 0, atMs: performance.now() }
    const rate = ((now.requests - before.requests) * 1000) / (now.atMs - before.atMs)
    before = now
    const leftMs = Math.max(0, plannedMs - (now.atMs - startMs))
    words = [
      `${number(rate)} requests/s`,
      `p95 ${number(duration['p(95)'] ?? 0)} ms so far`,
      `${percent(failed.rate ?? 0)} errors`,
      `${status.vus} VUs`,
      `${Math.ceil(leftMs / 1000)} s left`,
    ].join(', ')
  }
  // Before k6 listens, and after it has ended, there is nothing to say.
  const timer = setInterval(() => look().catch(() => {}), 1000).unref()
  return { words: () => words, stop: () => clearInterval(timer) }
}
