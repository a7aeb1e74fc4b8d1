import { parentPort } from 'node:worker_threads'
import { burn, warmUp } from './burn.js'
import { nowMs } from './thread-clock.js'

/** Places in `queue.ends`: positions that were ever written, and that were ever taken. */
export const tail = 0
export const head = 1

/** What a task can be, in `queue.states`. */
export const queued = 1
export const taken = 2
export const cancelled = 3

/**
 * @typedef {{
 *   ends: Int32Array<SharedArrayBuffer>, ring: Int32Array<SharedArrayBuffer>,
 *   states: Int32Array<SharedArrayBuffer>, takers: Int32Array<SharedArrayBuffer>,
 *   units: Float64Array<SharedArrayBuffer>, times: Float64Array<SharedArrayBuffer>,
 * }} Queue In shared memory, first in, first out. `ring` (its length a power of two) has the slots of the tasks
 *   that wait; `states`, `takers`, `units` and `times` (start and end, two a slot) are looked up by slot.
 */

/**
 * Takes one task after the other out of the queue by itself – the main thread would take its time to hand it the
 * next – and sends the slot of each that is done, or was cancelled while it waited.
 * @param {{ queue: Queue, thread: number }} workerData
 */
export function workThread({ queue: { ends, ring, states, takers, units, times }, thread }) {
  warmUp()
  for (;;) {
    // In this order: the head never passes the tail, so that a tail that is read later cannot lie behind it.
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
