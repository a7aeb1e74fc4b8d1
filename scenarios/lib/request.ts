import http from 'k6/http'
import { Counter, Trend } from 'k6/metrics'
import type { Settings } from './settings.ts'

http.setResponseCallback(http.expectedStatuses({ min: 200, max: 299 }))

export const requestTimeoutMs = 30_000

const thrown = new Counter('iterations_thrown')
const queued = new Trend('server_queue', true)
const worked = new Trend('server_work', true)

/** The iteration that every scenario here repeats: one request. */
export function request({ url, ofWorkload, token }: Settings): () => void {
  const params = {
    // One name for all: the URL's query would otherwise make a time series of every value.
    tags: { name: 'request' },
    timeout: requestTimeoutMs,
    headers: token ? { authorization: `Bearer ${token}` } : {},
  }
  if (!ofWorkload) return counted(() => http.get(url, params))
  return counted(() => serverTimes(http.get(url, params).headers['Server-Timing']))
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
