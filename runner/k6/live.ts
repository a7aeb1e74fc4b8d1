import { number, percent, quantity } from '../../analysis/formats/words.ts'
import { largest } from '../../analysis/numbers/extremes.ts'
import type { Api } from './api.ts'

/**
 * The progress of a run in words, from the REST APIs of its k6s, updated once a second, of many less often; empty until
 * they listen, and where one no longer answers. Reads only three metrics, because k6 sorts all values of a Trend for every
 * answer.
 * @param begins is called when the first is seen to make its load
 */
export function liveFigures(
  apis: readonly Api[],
  plannedMs: number,
  begins = () => {},
): { words(): string; stop(): void } {
  const startMs = performance.now()
  let words = ''
  let before = { requests: 0, atMs: startMs }
  let begun = false
  const update = async () => {
    const all = await Promise.all(apis.map(figuresOf))
    if (!begun && all.some(({ status }) => status >= running)) {
      begun = true
      begins()
    }
    const sum = (name: 'requests' | 'failed' | 'vus') => all.reduce((total, each) => total + each[name], 0)
    const requests = sum('requests')
    const now = { requests, atMs: performance.now() }
    const rate = ((now.requests - before.requests) * 1000) / (now.atMs - before.atMs)
    before = now
    const leftMs = Math.max(0, plannedMs - (now.atMs - startMs))
    words = [
      `${Math.ceil(leftMs / 1000)} s left`,
      `${number(rate)} requests/s`,
      `p95 ${all.length > 1 ? 'up to ' : ''}${number(largest(all.map(({ p95 }) => p95)))} ms so far`,
      `${percent(sum('failed') / Math.max(requests, 1))} errors`,
      quantity(sum('vus'), 'VU'),
    ].join(', ')
  }
  // Fails before k6 listens and after it has ended; the words then stay for a while as they are.
  // Each is four requests, which may go through the API server of a cluster.
  const everyMs = 1000 * Math.ceil(apis.length / 3)
  const timer = setInterval(() => update().catch(() => {}), everyMs).unref()
  const isOld = () => performance.now() - before.atMs > 5 * everyMs
  return { words: () => (isOld() ? '' : words), stop: () => clearInterval(timer) }
}

/** k6's state of a test whose setup() is over (lib.ExecutionStatus). */
const running = 7

async function figuresOf(api: Api) {
  const get = (path: string) => api('GET', `v1/${path}`, undefined, AbortSignal.timeout(1000))
  const sample = async (metric: string) =>
    ((await get(`metrics/${metric}`)).sample ?? {}) as Record<string, number>
  const [{ count = 0 }, failed, duration, status] = await Promise.all([
    sample('http_reqs'),
    sample('http_req_failed'),
    sample('http_req_duration'),
    get('status'),
  ])
  return {
    requests: count,
    failed: (failed.rate ?? 0) * count,
    p95: duration['p(95)'] ?? 0,
    vus: Number(status.vus),
    status: Number(status.status),
  }
}
