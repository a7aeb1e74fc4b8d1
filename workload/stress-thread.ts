import { type MessagePort, parentPort, receiveMessageOnPort } from 'node:worker_threads'
import { burn, warmUp } from './burn.ts'
import { askedCpuSeconds, type Demand } from './profile.ts'
import { nowMs, threadCpuMs } from './thread-clock.ts'

/** What one job demands of one thread from `sinceMs` on; `slot` is where its CPU is counted. */
export type Share = {
  readonly slot: number
  readonly startMs: number
  readonly sinceMs: number
  readonly demand: Demand
}

/** All arrays are shared with the main thread. */
export type StressThreadData = {
  /** `changes[thread]` wakes the thread for a message with its new shares. */
  readonly changes: Int32Array
  /** CPU ms per job, at `thread × slots + slot`; only this thread writes there. */
  readonly achievedMs: Float64Array
  /** CPU ms of the service itself, the number of threads that share it, then the CPU ms of each thread. */
  readonly service: Float64Array
  readonly thread: number
  readonly slots: number
  readonly unitsPerMs: number
}

const tickMs = 10
// The most that a thread may catch up after it was kept from running; more would turn a busy minute into a
// burst.
const maxOwedMs = 250
// Burned between two looks at the clock.
const grainMs = 0.05

/**
 * Makes load in closed loop. Every tick it compares the CPU time that its jobs have asked for so far with
 * what the scheduler gave this thread, and burns the difference. So neither a busy machine, nor a wrong
 * calibration, nor its own overhead changes what it achieves.
 */
export function stressThread({
  changes,
  achievedMs,
  service,
  thread,
  slots,
  unitsPerMs,
}: StressThreadData): void {
  const port = parentPort as MessagePort
  warmUp()
  let shares: (Share & { owedMs: number })[] = []
  let lastMs = nowMs()
  let lastCpuMs = threadCpuMs()
  let lastServiceMs = service[0] ?? 0

  const totalOwedMs = () => shares.reduce((sum, { owedMs }) => sum + owedMs, 0)

  /** CPU ms that a share asks for between two moments. */
  const demandMs = ({ startMs, demand }: Share, from: number, to: number) =>
    1000 * (askedCpuSeconds(demand, (to - startMs) / 1000) - askedCpuSeconds(demand, (from - startMs) / 1000))

  for (;;) {
    const lastChange = Atomics.load(changes, thread)
    const now = nowMs()
    const cpu = threadCpuMs()
    const wanted = shares.map((share) => demandMs(share, lastMs, now))
    const sum = wanted.reduce((a, b) => a + b, 0)
    // A thread can use one core at most.
    const granted = Math.min(sum, now - lastMs) / (sum || 1)
    shares.forEach((share, index) => {
      share.owedMs += granted * (wanted[index] ?? 0)
    })
    service[2 + thread] = cpu
    const serviceMs = service[0] ?? 0
    const used = cpu - lastCpuMs + (serviceMs - lastServiceMs) / Math.max(1, service[1] ?? 1)
    // Credit the jobs that are owed CPU, not those that ask just now: it may be catching up. If none is owed
    // any, all share it equally.
    const due = shares.reduce((total, { owedMs }) => total + Math.max(0, owedMs), 0)
    for (const share of shares) {
      const part = used * (due > 0 ? Math.max(0, share.owedMs) / due : 1 / shares.length)
      const cell = thread * slots + share.slot
      achievedMs[cell] = (achievedMs[cell] ?? 0) + part
      share.owedMs -= part
    }
    const left = totalOwedMs()
    const kept = Math.max(-tickMs, Math.min(left, maxOwedMs))
    if (kept !== left) for (const share of shares) share.owedMs *= kept / left
    lastMs = now
    lastCpuMs = cpu
    lastServiceMs = serviceMs

    for (let update = receiveMessageOnPort(port); update; update = receiveMessageOnPort(port)) {
      const before = new Map(shares.map(({ slot, startMs, owedMs }) => [`${slot} ${startMs}`, owedMs]))
      shares = (update.message as Share[]).map((share) => ({
        ...share,
        // A new share is owed what it asked for while its message, or this thread, was on the way.
        owedMs: before.get(`${share.slot} ${share.startMs}`) ?? demandMs(share, share.sinceMs, now),
      }))
    }
    const ahead = shares.reduce((total, share) => total + demandMs(share, now, now + tickMs), 0)
    if (ahead === 0 && !shares.some((share) => demandMs(share, now, Infinity) > 0)) {
      Atomics.wait(changes, thread, lastChange)
      for (const share of shares) share.owedMs = 0
      lastMs = nowMs()
      lastCpuMs = threadCpuMs()
      lastServiceMs = service[0] ?? 0
      continue
    }
    const until = now + Math.min(totalOwedMs() + ahead, tickMs)
    while (nowMs() < until) burn(unitsPerMs * grainMs)
    const restMs = now + tickMs - nowMs()
    if (restMs > 0) Atomics.wait(changes, thread, lastChange, restMs)
  }
}
