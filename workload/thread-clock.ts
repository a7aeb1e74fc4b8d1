import { openSync, readSync } from 'node:fs'

// performance.now() allocates nothing but counts from the start of its thread. The offset to the shared clock
// is known best from the sample whose two readings are closest together.
const startMs = Array.from({ length: 9 }, () => {
  const before = performance.now()
  const now = Number(process.hrtime.bigint()) / 1e6
  const after = performance.now()
  return { width: after - before, startMs: now - (before + after) / 2 }
}).reduce((a, b) => (b.width < a.width ? b : a)).startMs

/** Milliseconds on the clock that all threads of this machine share. */
export const nowMs = (): number => startMs + performance.now()

/**
 * CPU milliseconds that the calling thread has used. On Linux they come from the scheduler, which counts
 * nanoseconds: exact when the thread has just slept, a few ms behind while it runs. Elsewhere they come from
 * Node (23.9 and later). Without either this is wall time, as if the thread had a core to itself.
 */
export const threadCpuMs: () => number = fromScheduler() ?? fromNode() ?? (() => performance.now())

function fromScheduler(): (() => number) | undefined {
  try {
    // The kernel resolves /proc/thread-self when the file is opened, so this always reads the same thread.
    const file = openSync('/proc/thread-self/schedstat', 'r')
    const buffer = Buffer.alloc(96)
    // Parses the first number of the line digit by digit: collecting garbage would cost CPU time of its own.
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

function fromNode(): (() => number) | undefined {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage }
  if (!threadCpuUsage) return undefined
  return () => {
    const { user, system } = threadCpuUsage.call(process)
    return (user + system) / 1000
  }
}
