import { openSync, readSync } from 'node:fs'

// performance.now() counts from the start of each thread, but it is the same clock, and allocates nothing. Where
// between its two readings the other was taken is known best when they lie closest.
const startMs = Array.from({ length: 9 }, () => {
  const before = performance.now()
  const now = Number(process.hrtime.bigint()) / 1e6
  const after = performance.now()
  return { width: after - before, startMs: now - (before + after) / 2 }
}).reduce((a, b) => (b.width < a.width ? b : a)).startMs

/** Milliseconds of the clock that all threads of this machine share. */
export const nowMs = () => startMs + performance.now()

/**
 * CPU milliseconds that the calling thread has used. On Linux from the scheduler's own account, which counts in
 * nanoseconds and is exact when the thread has just slept, a few ms behind while it runs; elsewhere from Node
 * (23.9 and later); where there is neither, wall time, which takes the thread for alone on its core.
 * @type {() => number}
 */
export const threadCpuMs = fromScheduler() ?? fromNode() ?? (() => performance.now())

function fromScheduler() {
  try {
    // Opened once: /proc/thread-self is resolved to this very thread then.
    const file = openSync('/proc/thread-self/schedstat', 'r')
    const buffer = Buffer.alloc(96)
    // The first number of the line; read digit by digit, since garbage would be collected on CPU time of its own.
    const read = () => {
      const length = readSync(file, buffer, 0, 96, 0)
      let nanoseconds = 0
      for (let i = 0; i < length; i++) {
        const digit = (buffer[i] ?? 0) - 48
        if (digit < 0 || digit > 9) return i > 0 ? nanoseconds / 1e6 : Number.NaN
        nanoseconds = nanoseconds * 10 + digit
      }
      return Number.NaN
    }
    return Number.isFinite(read()) ? read : undefined
  } catch {
    return undefined
  }
}

function fromNode() {
  const { threadCpuUsage } = /** @type {{ threadCpuUsage?: () => NodeJS.CpuUsage }} */ (process)
  if (!threadCpuUsage) return undefined
  return () => {
    const { user, system } = threadCpuUsage.call(process)
    return (user + system) / 1000
  }
}
