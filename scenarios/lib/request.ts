import exec from 'k6/execution'
import http from 'k6/http'
import { Counter, Trend } from 'k6/metrics'
import type { Settings } from './settings.ts'

export const requestTimeoutMs = 30_000

const thrown = new Counter('iterations_thrown')
const queued = new Trend('server_queue', true)
const worked = new Trend('server_work', true)
const latencyIntended = new Trend('latency_intended', true)
const startLag = new Trend('start_lag', true)

/** The iteration that every scenario here repeats: one request. */
export function request(settings: Settings): () => void {
  const { url, ofWorkload, token, method, body, headers, expected } = settings
  http.setResponseCallback(http.expectedStatuses(...expected))
  const params = {
    // One name for all: the URL's query would otherwise make a time series of every value.
    tags: { name: 'request' },
    timeout: requestTimeoutMs,
    headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) },
  }
  const ask = () => http.request(method, url, body, params)
  if (!ofWorkload) return counted(ask)
  return counted(() => serverTimes(ask().headers['Server-Timing']))
}

/**
 * The iteration of an open load, with its latency from the moment when it was to begin – its number and the rate tell
 * it – so that a stall is felt by everybody whom it would have kept waiting, also where k6 itself was late.
 * `rates` are those of the stages, in their order.
 */
export function arrival(settings: Settings, rates: readonly number[]): () => void {
  const ask = request(settings)
  return () => {
    const { name, startTime, iterationInTest } = exec.scenario
    const stage = Number(name.slice(name.lastIndexOf('_') + 1))
    const intended = startTime + (iterationInTest * 1000) / (rates[stage - 1] ?? 1)
    startLag.add(Math.max(0, Date.now() - intended))
    ask()
    latencyIntended.add(Math.max(0, Date.now() - intended))
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
