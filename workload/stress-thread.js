import { parentPort, receiveMessageOnPort } from 'node:worker_threads'
import { burn, warmUp } from './burn.js'
import { askedCpuSeconds } from './profile.js'
import { nowMs, threadCpuMs } from './thread-clock.js'

/**
 * @typedef {{ slot: number, startMs: number, sinceMs: number, demand: import('./profile.js').Demand }} Share
 *   What one job wants of one thread, from `sinceMs` on; `slot` is where its CPU is counted.
 */

const tickMs = 10
// What a thread that was kept from running may make up for; more would turn a busy minute into a burst afterwards.
const mostOwedMs = 250
// Burned between two looks at the clock.
const grainMs = 0.05

/**
 * Makes load in closed loop: every tick it compares the CPU time that its jobs have asked for so far with what
 * the scheduler says this thread has had, and burns the difference, so that neither a busy machine nor a wrong
 * calibration nor its own overhead shifts what is achieved.
 * @param {{
 *   changes: Int32Array<SharedArrayBuffer>, achievedMs: Float64Array<SharedArrayBuffer>,
 *   service: Float64Array<SharedArrayBuffer>, thread: number, slots: number, unitsPerMs: number,
 * }} workerData a message brings the shares that hold from now on, and `changes[thread]` wakes the thread for it;
 *   `achievedMs[thread × slots + slot]` is written here alone
 */
export function stressThread({ changes, achievedMs, service, thread, slots, unitsPerMs }) {
  const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort)
  warmUp()
  /** @type {(Share & { owedMs: number })[]} */
  let shares = []
  let lastMs = nowMs()
  let lastCpuMs = threadCpuMs()
  let lastServiceMs = service[0] ?? 0

  const owed = () => shares.reduce((sum, { owedMs }) => sum + owedMs, 0)

  /** CPU ms that a share asks for between two moments. */
  const asked = (
    /** @type {Share} */ { startMs, demand },
    /** @type {number} */ from,
    /** @type {number} */ to,
  ) =>
    1000 * (askedCpuSeconds(demand, (to - startMs) / 1000) - askedCpuSeconds(demand, (from - startMs) / 1000))

  for (;;) {
    const seen = Atomics.load(changes, thread)
    const now = nowMs()
    const cpu = threadCpuMs()
    const wanted = shares.map((share) => asked(share, lastMs, now))
    const sum = wanted.reduce((a, b) => a + b, 0)
    // A thread has no more than one core to give.
    const given = Math.min(sum, now - lastMs) / (sum || 1)
    shares.forEach((share, index) => {
      share.owedMs += given * (wanted[index] ?? 0)
    })
    service[2 + thread] = cpu
    const serviceMs = service[0] ?? 0
    const had = cpu - lastCpuMs + (serviceMs - lastServiceMs) / Math.max(1, service[1] ?? 1)
    // To those whom it is owed, not those who ask just now: it may be made up for. What nobody is owed is everybody's.
    const due = shares.reduce((total, { owedMs }) => total + Math.max(0, owedMs), 0)
    for (const share of shares) {
      const part = had * (due > 0 ? Math.max(0, share.owedMs) / due : 1 / shares.length)
      const cell = thread * slots + share.slot
      achievedMs[cell] = (achievedMs[cell] ?? 0) + part
      share.owedMs -= part
    }
    const left = owed()
    const kept = Math.max(-tickMs, Math.min(left, mostOwedMs))
    if (kept !== left) for (const share of shares) share.owedMs *= kept / left
    lastMs = now
    lastCpuMs = cpu
    lastServiceMs = serviceMs

    for (let news = receiveMessageOnPort(port); news; news = receiveMessageOnPort(port)) {
      const before = new Map(shares.map(({ slot, startMs, owedMs }) => [`${slot} ${startMs}`, owedMs]))
      shares = news.message.map((/** @type {Share} */ share) => ({
        ...share,
        // Of a new one what it asked for while the message was under way, or this thread still starting.
        owedMs: before.get(`${share.slot} ${share.startMs}`) ?? asked(share, share.sinceMs, now),
      }))
    }
    const ahead = shares.reduce((total, share) => total + asked(share, now, now + tickMs), 0)
    if (ahead === 0 && !shares.some((share) => asked(share, now, Infinity) > 0)) {
      Atomics.wait(changes, thread, seen)
      for (const share of shares) share.owedMs = 0
      lastMs = nowMs()
      lastCpuMs = threadCpuMs()
      lastServiceMs = service[0] ?? 0
      continue
    }
    const until = now + Math.min(owed() + ahead, tickMs)
    while (nowMs() < until) burn(unitsPerMs * grainMs)
    const restMs = now + tickMs - nowMs()
    if (restMs > 0) Atomics.wait(changes, thread, seen, restMs)
  }
}
