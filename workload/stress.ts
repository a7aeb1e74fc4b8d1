import { randomUUID } from 'node:crypto'
import type { Worker } from 'node:worker_threads'
import { startThread } from './thread.ts'

export type StressJob = {
  readonly id: string
  readonly seconds: number
  readonly cores: number
  /** Resolves when the load has ended, with the seconds it lasted: fewer than asked for if it was ended early. */
  readonly ended: Promise<number>
}

export type Stress = {
  /** Loads that many cores; undefined when as many jobs as allowed are running. */
  start(seconds: number, cores: number): StressJob | undefined
  running(): number
  /** Ends every job now. */
  end(): void
  close(): Promise<void>
}

/**
 * CPU load in the background, on threads of its own so that `/work` keeps its. Jobs add up: each takes the
 * threads that are free first, and where all are taken they go on burning to the later of the two ends.
 */
export function stress(maxThreads: number, maxJobs: number, unitsPerMs: number): Stress {
  const deadlines = new BigInt64Array(new SharedArrayBuffer(8 * maxThreads))
  const threads: (Worker | undefined)[] = []
  const jobs = new Set<() => void>()

  function setDeadline(index: number, deadline: bigint): void {
    Atomics.store(deadlines, index, deadline)
    Atomics.notify(deadlines, index)
  }

  function end(): void {
    for (const index of deadlines.keys()) setDeadline(index, 0n)
    for (const finish of [...jobs]) finish()
  }

  return {
    start(seconds, cores) {
      if (jobs.size >= maxJobs) return undefined
      const now = process.hrtime.bigint()
      const end = now + BigInt(Math.round(seconds * 1e9))
      const freeFirst = [...deadlines.keys()].sort((a, b) => Number(at(deadlines, a) - at(deadlines, b)))
      const taken = freeFirst.slice(0, cores)
      for (const index of taken) {
        threads[index] ??= startThread('stress-thread', { deadlines, index, unitsPerMs })
        if (at(deadlines, index) < end) setDeadline(index, end)
      }
      const ended = new Promise<number>((resolve) => {
        const finish = () => {
          clearTimeout(timer)
          jobs.delete(finish)
          resolve(Number(process.hrtime.bigint() - now) / 1e9)
        }
        // Newer Nodes fire a timer up to a millisecond early.
        const timer = setTimeout(finish, seconds * 1000 + 1)
        jobs.add(finish)
      })
      return { id: randomUUID(), seconds, cores, ended }
    },
    running: () => jobs.size,
    end,
    async close() {
      end()
      await Promise.all(threads.map((thread) => thread?.terminate()))
    },
  }
}

const at = (deadlines: BigInt64Array, index: number) => deadlines[index] ?? 0n
