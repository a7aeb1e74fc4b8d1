import type { CpuSample } from './cpu.ts'
import { latencies } from './latencies.ts'

/** What happened in a second or a little more; rates are per second. */
type Second = {
  /** When it ended, in ms since 1970. */
  readonly at: number
  /** Of the container; of this process outside one. */
  readonly usedCores: number
  /** CPU that the loads asked for, and what their threads got. */
  readonly askedCores: number
  readonly achievedCores: number
  /** Share of the quota's periods in which the container used it up; null without a quota. */
  readonly throttledShare: number | null
  /** Resident set of this process. */
  readonly memoryMiB: number
  /** /work requests waiting for a thread at its end. */
  readonly waiting: number
  /** /work requests answered. */
  readonly requests: number
  /** Those of them with a status from 400; null without requests. */
  readonly errors: number | null
  /** Response times of the last ten seconds; null of too few requests. */
  readonly p50Ms: number | null
  readonly p95Ms: number | null
}

/** Totals and states at one moment. */
export type Readings = {
  readonly askedSeconds: number
  readonly achievedSeconds: number
  readonly memoryMiB: number
  readonly waiting: number
}

export type History = {
  /** A /work request that was answered. */
  request(status: number, seconds: number): void
  /** Keeps the second between two samples. */
  second(from: CpuSample, to: CpuSample): void
  /** The seconds after `at`, oldest first. */
  after(at: number): Second[]
}

const kept = 120
const latencySeconds = 10

/** The last two minutes, a second each, so that whoever opens the page sees them. It has no timer: others call `second`. */
export function history(read: () => Readings): History {
  const seconds: Second[] = []
  const times = latencies(latencySeconds)
  let before = read()
  let [requests, failed] = [0, 0]
  return {
    request(status, seconds) {
      requests++
      if (status >= 400) failed++
      times.add(seconds * 1000)
    },
    second(from, to) {
      const length = (to.atMs - from.atMs) / 1000
      if (length <= 0) return
      const readings = read()
      const used = (sample: CpuSample) => sample.group?.usedSeconds ?? sample.processSeconds
      seconds.push({
        // Not the clock of the day, which may be set back.
        at: Math.round(performance.timeOrigin + to.atMs),
        usedCores: (used(to) - used(from)) / length,
        askedCores: (readings.askedSeconds - before.askedSeconds) / length,
        achievedCores: (readings.achievedSeconds - before.achievedSeconds) / length,
        throttledShare: throttled(from, to),
        memoryMiB: readings.memoryMiB,
        waiting: readings.waiting,
        requests: requests / length,
        errors: requests > 0 ? failed / requests : null,
        p50Ms: times.percentile(50),
        p95Ms: times.percentile(95),
      })
      if (seconds.length > kept) seconds.shift()
      before = readings
      ;[requests, failed] = [0, 0]
      times.next()
    },
    after: (at) => seconds.filter((second) => second.at > at),
  }
}

function throttled({ group: from }: CpuSample, { group: to }: CpuSample): number | null {
  if (!from || !to || to.quotaCores === null) return null
  const periods = to.periods - from.periods
  return periods > 0 ? (to.throttledPeriods - from.throttledPeriods) / periods : 0
}
