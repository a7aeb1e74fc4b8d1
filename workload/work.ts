import type { Worker } from 'node:worker_threads'
import { nowMs } from './thread-clock.ts'
import { keepThread, startThread } from './threads.ts'
import { cancelled, head, type Queue, queued, tail, taken } from './work-thread.ts'

type Burned =
  | {
      readonly kind: 'burned'
      /** Time spent waiting for a free thread. */
      readonly queueMs: number
      /**
       * Time from start to end on the thread: more than the CPU time when the machine is busy or throttled.
       */
      readonly serviceMs: number
    }
  /** `full`: the queue was full; `cancelled`: its client left before it began; `lost`: its thread ended. */
  | { readonly kind: 'full' | 'cancelled' | 'lost' }

export type WorkPool = {
  /** Burns `units` as soon as a thread is free; aborting `signal` cancels it while it waits. */
  run(units: number, signal?: AbortSignal): Promise<Burned>
  readonly threads: number
  waiting(): number
  /** Threads that ended unexpectedly and were replaced. */
  threadsLost(): number
  close(): Promise<unknown>
}

/** `size` threads that burn CPU one task at a time, fed by a queue of at most `maxQueue` tasks. */
export function workPool(
  size: number,
  maxQueue: number,
  start: (data: { queue: Queue; thread: number }) => Worker = (data) => startThread('work', data),
): WorkPool {
  const slots = size + maxQueue
  const int32 = (length: number) => new Int32Array(new SharedArrayBuffer(4 * length))
  const float64 = (length: number) => new Float64Array(new SharedArrayBuffer(8 * length))
  const queue: Queue = {
    ends: int32(2),
    ring: int32(2 ** Math.ceil(Math.log2(slots + 1))),
    states: int32(slots),
    takers: int32(slots),
    units: float64(slots),
    times: float64(2 * slots),
  }
  const { ends, ring, states, takers, units: unitsOf, times } = queue
  const free = Array.from({ length: slots }, (_, slot) => slot)
  const tasks = new Map<number, { readonly queuedAt: number; done(burned: Burned): void }>()
  let lost = 0

  function finish(slot: number, burned: Burned): void {
    tasks.get(slot)?.done(burned)
    tasks.delete(slot)
    free.push(slot)
  }

  function done(slot: number): void {
    const [startMs = 0, endMs = 0] = times.subarray(2 * slot, 2 * slot + 2)
    const queueMs = Math.max(0, startMs - (tasks.get(slot)?.queuedAt ?? startMs))
    finish(
      slot,
      Atomics.load(states, slot) === cancelled
        ? { kind: 'cancelled' }
        : { kind: 'burned', queueMs, serviceMs: endMs - startMs },
    )
  }

  const threads = Array.from({ length: size }, (_, thread) =>
    keepThread(
      () => start({ queue, thread }).on('message', done),
      () => {
        lost++
        for (const slot of [...tasks.keys()]) {
          const wasRunning = Atomics.load(takers, slot) === thread && Atomics.load(states, slot) === taken
          if (wasRunning) finish(slot, { kind: 'lost' })
        }
      },
    ),
  )

  return {
    threads: size,
    run(units, signal) {
      const slot = free.pop()
      if (slot === undefined) return Promise.resolve({ kind: 'full' })
      return new Promise((resolve) => {
        const cancel = () => {
          // The slot stays in the ring, and so in use, until its turn comes.
          if (Atomics.compareExchange(states, slot, queued, cancelled) === queued)
            resolve({ kind: 'cancelled' })
        }
        tasks.set(slot, {
          queuedAt: nowMs(),
          done(burned) {
            signal?.removeEventListener('abort', cancel)
            resolve(burned)
          },
        })
        signal?.addEventListener('abort', cancel)
        unitsOf[slot] = units
        Atomics.store(takers, slot, -1)
        Atomics.store(states, slot, queued)
        const end = Atomics.load(ends, tail)
        Atomics.store(ring, end & (ring.length - 1), slot)
        Atomics.store(ends, tail, (end + 1) | 0)
        Atomics.notify(ends, tail, 1)
      })
    },
    waiting: () => (Atomics.load(ends, tail) - Atomics.load(ends, head)) | 0,
    threadsLost: () => lost,
    close: () => Promise.all(threads.map((thread) => thread.stop())),
  }
}
