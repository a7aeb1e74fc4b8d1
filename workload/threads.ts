import { Worker } from 'node:worker_threads'

/** The threads' program as text where the service was bundled into one file; undefined in the source tree. */
declare const THREAD_PROGRAM: string | undefined

export type Role = 'work' | 'stress' | 'memory'

/** Starts a thread in that role. */
export function startThread(role: Role, data: object = {}): Worker {
  const options = { workerData: { role, ...data }, execArgv: [] }
  return typeof THREAD_PROGRAM === 'string'
    ? new Worker(THREAD_PROGRAM, { ...options, eval: true })
    : new Worker(new URL('./thread.js', import.meta.url), options)
}

export type Kept = {
  /** The one that runs now. */
  worker(): Worker
  stop(): Promise<unknown>
}

/**
 * Keeps a thread running: when it ends without having been asked to, `lost` is told and a new one takes its
 * place. A thread that ends as soon as it has started would do so for ever: that ends the process instead.
 */
export function keepThread(start: () => Worker, lost: (reason: string) => void): Kept {
  let worker: Worker
  let stopped = false
  const begin = () => {
    const startedAt = performance.now()
    let reason = 'it ended'
    worker = start()
    worker.on('error', (error) => {
      reason = error.message
    })
    worker.on('exit', () => {
      if (stopped) return
      if (performance.now() - startedAt < 1000) throw new Error(`a thread does not start: ${reason}`)
      lost(reason)
      begin()
    })
  }
  begin()
  return {
    worker: () => worker,
    stop() {
      stopped = true
      return worker.terminate()
    },
  }
}
