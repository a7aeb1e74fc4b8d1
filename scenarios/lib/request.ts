import http from 'k6/http'
import { Counter } from 'k6/metrics'
import type { Settings } from './settings.ts'

http.setResponseCallback(http.expectedStatuses({ min: 200, max: 299 }))

export const requestTimeoutMs = 30_000

const thrown = new Counter('iterations_thrown')

/** The iteration that every scenario here repeats: one request. */
export function request({ url }: Settings): () => void {
  // One name for all: the URL's query would otherwise make a time series of every value.
  const params = { tags: { name: 'request' }, timeout: requestTimeoutMs }
  return counted(() => http.get(url, params))
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
