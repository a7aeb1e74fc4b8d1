import { readdirSync, readFileSync } from 'node:fs'
import type { UsageSample } from '../../analysis/formats/recording.ts'
import { type CpuLimits, cpuLimits, throttledShare } from './cpu-limit.ts'

/** What a process used, and how busy its machine was meanwhile; null where the system has no /proc. */
export type Usage = {
  readonly cpuSeconds: number | null
  /** Seconds that threads were runnable but not running: every CPU was busy, or a limit held them back. */
  readonly waitedSeconds: number | null
  /** The share of the periods of its CPU limit in which the limit held it back; null without one of its own. */
  readonly throttled: number | null
  readonly maxMemoryMiB: number | null
  readonly machineBusyCores: number | null
}

const periodMs = 500
const startupMs = 1200

/**
 * Watches a process until `stop`; misses up to half a second before the process ends. `samples` are what it used at each
 * look, in order.
 */
export function watchUsage(pid: number | undefined): {
  /** The load begins only now: waiting before it does not count. */
  begin(): void
  stop(): Usage & { readonly samples: readonly UsageSample[] }
} {
  const samples: UsageSample[] = []
  const threads = new Map<string, ThreadTime>()
  const machineAtStart = machineTime()
  const startMs = performance.now()
  let waitedAtStartup = 0
  let limitsAtStartup: CpuLimits | null = null
  let limits: CpuLimits | null = null
  let maxMemoryMiB: number | null = null
  let machineBusyCores: number | null = null
  const seconds = (which: keyof ThreadTime) =>
    [...threads.values()].reduce((total, time) => total + time[which], 0) / 1e9
  const startsNow = () => {
    waitedAtStartup = seconds('waitedNs')
    limitsAtStartup = limits
  }
  const look = () => {
    try {
      for (const [thread, time] of threadTimes(pid)) threads.set(thread, time)
      limits = cpuLimits(pid, seconds('ranNs'))
      // A starting program keeps all its threads busy at once; that is not part of the load.
      if (performance.now() - startMs < startupMs) startsNow()
      maxMemoryMiB = peakMemoryMiB(pid) ?? maxMemoryMiB
      samples.push({ at: Date.now(), cpuSeconds: seconds('ranNs'), memoryMiB: null })
      const now = machineTime()
      if (machineAtStart && now && now.all > machineAtStart.all)
        machineBusyCores = (now.cores * (now.busy - machineAtStart.busy)) / (now.all - machineAtStart.all)
    } catch {
      // The process or a thread has ended, or this system has no /proc.
    }
  }
  const timer = setInterval(look, periodMs)
  return {
    begin() {
      look()
      startsNow()
    },
    stop() {
      clearInterval(timer)
      const seen = threads.size > 0
      return {
        cpuSeconds: seen ? seconds('ranNs') : null,
        waitedSeconds: seen ? seconds('waitedNs') - waitedAtStartup : null,
        throttled: limitsAtStartup && limits && throttledShare(limitsAtStartup, limits),
        maxMemoryMiB,
        machineBusyCores,
        samples,
      }
    },
  }
}

type ThreadTime = { readonly ranNs: number; readonly waitedNs: number }

// schedstat: https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat
function* threadTimes(pid: number | undefined): Generator<[thread: string, ThreadTime]> {
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const text = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')
    const [ranNs = 0, waitedNs = 0] = text.split(' ').map(Number)
    yield [thread, { ranNs, waitedNs }]
  }
}

function peakMemoryMiB(pid: number | undefined): number | null {
  const kB = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return kB ? Math.round(Number(kB) / 1024) : null
}

/** The time of all cores since the machine started, in kernel ticks; null without /proc/stat. */
function machineTime(): { busy: number; all: number; cores: number } | null {
  try {
    const text = readFileSync('/proc/stat', 'utf8')
    const columns = /^cpu +(.*)/.exec(text)?.[1] ?? ''
    const [user = 0, nice = 0, system = 0, idle = 0, ioWait = 0, ...interrupts] = columns
      .split(' ')
      .map(Number)
    const busy = user + nice + system + interrupts.slice(0, 3).reduce((a, b) => a + b, 0)
    return { busy, all: busy + idle + ioWait, cores: text.match(/^cpu\d/gm)?.length ?? 1 }
  } catch {
    return null
  }
}
