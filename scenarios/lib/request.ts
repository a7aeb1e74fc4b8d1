import exec from 'k6/execution'
import http from 'k6/http'
import { Counter, Trend } from 'k6/metrics'
import type { Row, Settings } from './settings.ts'

/**
 * Of a closed load it is k6's own: another would have to be said with every request. An open load makes no more requests
 * than it is to, whatever they cost, and one that is not answered holds the whole run up.
 */
export const timeoutMs = { closed: 60_000, open: 30_000 } as const

const thrown = new Counter('iterations_thrown')
const queued = new Trend('server_queue', true)
const worked = new Trend('server_work', true)
const latencyIntended = new Trend('latency_intended', true)
const startLag = new Trend('start_lag', true)

/** The iteration that every scenario here repeats: one request; of which kind, where there are several. */
export function request(
  settings: Settings,
  { kind, open = false }: { kind?: string; open?: boolean } = {},
): () => void {
  const { base, path, ofWorkload, token, method, body, headers, expected, rows } = settings
  http.setResponseCallback(http.expectedStatuses(...expected))
  const all = { ...headers, ...(token && { authorization: `Bearer ${token}` }) }
  // Whatever is in them, parameters cost up to a tenth of the request rate (bench/scenarios.ts), and naming the method
  // some of it: neither where there is nothing to say.
  const params =
    kind || open || Object.keys(all).length > 0
      ? { headers: all, ...(kind && { tags: { kind } }), ...(open && { timeout: timeoutMs.open }) }
      : undefined
  const url = base + path
  const plain = method === 'GET' && body === null && params === undefined && !rows
  // Not counted when it throws: an iteration without a request tells as much, and wrapping is not for nothing.
  if (plain && !ofWorkload) return () => void http.get(url)
  const ask = rows
    ? () => {
        const row = rows[exec.scenario.iterationInTest % rows.length] as Row
        return http.request(method, base + row.path, row.body, {
          ...params,
          headers: { ...all, ...row.headers },
        })
      }
    : plain
      ? () => http.get(url)
      : () => http.request(method, url, body, params)
  if (!ofWorkload) return counted(ask)
  return counted(() => serverTimes(ask().headers['Server-Timing']))
}

/**
 * The iteration of an open load, with its latency from the moment when it was to begin – its number and the rate tell
 * it – so that a stall is felt by everybody whom it would have kept waiting, also where k6 itself was late.
 * `rates` are those of the stages, in their order. Of one stage the halves are told apart: a queue that grows is longer in
 * the second.
 */
export function arrival(settings: Settings, rates: readonly number[]): () => void {
  const ask = request(settings, { open: true })
  const [rate = 0, ...others] = rates
  const firstHalf = (rate * settings.durationMs) / 2000
  const half = (number: number) => (others.length > 0 ? undefined : { half: number < firstHalf ? '1' : '2' })
  return () => {
    const { name, startTime, iterationInTest } = exec.scenario
    const stage = Number(name.slice(name.lastIndexOf('_') + 1))
    const intended = startTime + (iterationInTest * 1000) / (rates[stage - 1] ?? 1)
    startLag.add(Math.max(0, Date.now() - intended))
    ask()
    latencyIntended.add(Math.max(0, Date.now() - intended), half(iterationInTest))
  }
}

/**
 * One of several kinds of request, each as often as its weight says. Multiples of the golden ratio, modulo one, fall
 * evenly between 0 and 1 (Weyl 1916), so that the shares are kept also over few iterations, and no kind comes in step
 * with another.
 */
export function mixed(kinds: Readonly<Record<string, () => void>>, weights: Settings['weights']): () => void {
  const all = Object.values(weights).reduce((a, b) => a + b, 0)
  let upTo = 0
  const chosen = Object.entries(weights).map(([name, weight]) => {
    const kind = kinds[name]
    if (!kind)
      throw new Error(`MIX: "${name}" is no kind of request; there are ${Object.keys(kinds).join(', ')}`)
    upTo += weight / all
    return { kind, upTo }
  })
  return () => {
    const at = (exec.scenario.iterationInTest * 0.618033988749895) % 1
    // The last, where rounding has left something.
    const { kind } = chosen.find(({ upTo }) => at < upTo) ?? chosen[chosen.length - 1] ?? { kind: () => {} }
    kind()
  }
}

/** What the workload says of where the time went: waiting for a thread, and working. */
function serverTimes(header: string | undefined): void {
  const [, queue, work] = /^queue;dur=([\d.]+), work;dur=([\d.]+)/.exec(header ?? '') ?? []
  if (queue === undefined) return
  queued.add(Number(queue))
  worked.add(Number(work))
}

/** k6 counts an iteration that threw as a finished one and ends green: this makes them visible. */
function counted(iteration: () => void): () => void {
  return () => {
    try {
      iteration()
    } catch (error) {
      thrown.add(1)
      throw error
    }
  }
}
