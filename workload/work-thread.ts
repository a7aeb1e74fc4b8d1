import { parentPort } from 'node:worker_threads'
import { burn, warmUp } from './burn.ts'
import { nowMs } from './thread-clock.ts'

/** Indexes into `queue.ends`: how many tasks were ever added, and how many were ever taken. */
export const tail = 0
export const head = 1

/** States of a task in `queue.states`. */
export const queued = 1
export const taken = 2
export const cancelled = 3

/**
 * A first-in, first-out queue in shared memory. `ring` holds the slots of the waiting tasks; its length is a
 * power of two. `states`, `takers`, `units` and `times` (start and end, two per slot) are indexed by slot.
 */
export type Queue = {
  readonly ends: Int32Array
  readonly ring: Int32Array
  readonly states: Int32Array
  readonly takers: Int32Array
  readonly units: Float64Array
  readonly times: Float64Array
}

/**
 * Takes tasks from the queue one at a time, without a round trip to the main thread, and posts the slot of
 * each task that is done or that was cancelled while it waited.
 */
export function workThread({ queue, thread }: { readonly queue: Queue; readonly thread: number }): void {
  const { ends, ring, states, takers, units, times } = queue
  warmUp()
  for (;;) {
    // Head before tail: the head never passes the tail, so a tail that is read later is never behind it.
    const next = Atomics.load(ends, head)
    const end = Atomics.load(ends, tail)
    if (next === end) {
      Atomics.wait(ends, tail, end)
      continue
    }
    const slot = Atomics.load(ring, next & (ring.length - 1))
    if (Atomics.compareExchange(ends, head, next, (next + 1) | 0) !== next) continue
    Atomics.store(takers, slot, thread)
    if (Atomics.compareExchange(states, slot, queued, taken) === queued) {
      times[2 * slot] = nowMs()
      burn(units[slot] ?? 0)
      times[2 * slot + 1] = nowMs()
    }
    parentPort?.postMessage(slot)
  }
}
