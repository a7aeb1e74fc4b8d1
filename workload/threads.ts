import { Worker } from 'node:worker_threads'
import type { Roles } from './thread.ts'
import threadProgram from './thread-program.ts'

export function startThread<Role extends keyof Roles>(role: Role, data: Parameters<Roles[Role]>[0]): Worker {
  return new Worker(threadProgram, { eval: true, workerData: { role, data }, execArgv: [] })
}

export type KeptThread = {
  /** The worker that runs now. */
  worker(): Worker
  stop(): Promise<unknown>
}

/**
 * Keeps a thread running: when it ends unexpectedly, calls `onLost` and starts a new one. A thread that ends
 * within its first second would be replaced forever, so that throws, which ends the process.
 */
export function keepThread(start: () => Worker, onLost: () => void): KeptThread {
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
      if (performance.now() - startedAt < 1000) throw new Error(`a thread fails to start: ${reason}`)
      onLost()
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
