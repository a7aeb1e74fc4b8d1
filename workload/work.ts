import type { Worker } from 'node:worker_threads'
import { startThread } from './thread.ts'

export type Burned = {
  /** Waiting for a free thread. */
  readonly queueMs: number
  /** From start to end on the thread; above the CPU time asked for when the machine or the limit is busy. */
  readonly serviceMs: number
}

type Task = { readonly units: number; readonly queuedAt: number; done(burned: Burned): void }

export type WorkPool = {
  /** Burns that many units; undefined when the queue is full. */
  run(units: number): Promise<Burned> | undefined
  readonly threads: number
  waiting(): number
  close(): Promise<unknown>
}

/** A fixed number of threads that burn CPU one task at a time, with a bounded queue before them. */
export function workPool(size: number, maxQueue: number): WorkPool {
  const threads = Array.from({ length: size }, () => startThread('work-thread'))
  const idle = [...threads]
  const queue: Task[] = []

  function next(): void {
    const task = idle.length > 0 ? queue.shift() : undefined
    if (!task) return
    const thread = idle.shift() as Worker
    const queueMs = performance.now() - task.queuedAt
    thread.once('message', (serviceMs: number) => {
      idle.push(thread)
      next()
      task.done({ queueMs, serviceMs })
    })
    thread.postMessage(task.units)
  }

  return {
    threads: size,
    run(units) {
      if (idle.length === 0 && queue.length >= maxQueue) return undefined
      return new Promise((done) => {
        queue.push({ units, queuedAt: performance.now(), done })
        next()
      })
    },
    waiting: () => queue.length,
    close: () => Promise.all(threads.map((thread) => thread.terminate())),
  }
}
