import { readFileSync } from 'node:fs'
import os from 'node:os'
import type { ControlGroup, GroupCpu } from './cgroup.ts'

/** CPU used in the window, which is the last second or a little more. 1 core means one core fully busy. */
export type CpuUse = {
  readonly windowMs: number
  readonly limitCores: number
  readonly process: { readonly cores: number; readonly shareOfLimit: number }
  /** Null outside a container. */
  readonly container:
    | ({ readonly cores: number; readonly shareOfLimit: number } & Omit<GroupCpu, 'usedSeconds'>)
    | null
  readonly host: { readonly cores: number; readonly busyCores: number; readonly perCore: number[] }
}

/** Totals so far at one moment; the cores in whatever unit the kernel counts. */
export type CpuSample = {
  readonly atMs: number
  readonly processSeconds: number
  readonly group: GroupCpu | null
  readonly cores: readonly { readonly busy: number; readonly all: number }[]
}

// A sample costs half a millisecond; more of them would make an idle service look busy.
const intervalMs = 1000

/**
 * Meters CPU by comparing samples. `stop` ends the sampling.
 * @param second called with the samples around each second
 */
export function cpuMeter(
  limitCores: number,
  sample: () => CpuSample,
  second: (from: CpuSample, to: CpuSample) => void = () => {},
): { read(): CpuUse; stop(): void } {
  let last = sample()
  const samples = [last]
  const keep = (taken: CpuSample) => {
    samples.push(taken)
    while ((samples[1]?.atMs ?? Infinity) <= taken.atMs - intervalMs) samples.shift()
  }
  const timer = setInterval(() => {
    try {
      const taken = sample()
      keep(taken)
      second(last, taken)
      last = taken
    } catch {
      // Too many open files, for instance: the next sample covers the gap.
    }
  }, intervalMs).unref()
  return {
    read() {
      const now = sample()
      // The newest sample that is at least a second old; at the start, the oldest.
      const then = samples.findLast(({ atMs }) => now.atMs - atMs >= intervalMs) ?? samples[0] ?? now
      // Kept so that a client that reads once a second gets exactly that second.
      if (now.atMs - (samples.at(-1)?.atMs ?? 0) > intervalMs / 4) keep(now)
      return usedBetween(then, now, limitCores)
    },
    stop: () => clearInterval(timer),
  }
}

function usedBetween(then: CpuSample, now: CpuSample, limitCores: number): CpuUse {
  const windowMs = now.atMs - then.atMs
  const use = (seconds: number) => {
    const cores = windowMs > 0 ? (seconds * 1000) / windowMs : 0
    return { cores, shareOfLimit: cores / limitCores }
  }
  const perCore = now.cores.map(({ busy, all }, index) => {
    const before = then.cores[index] ?? { busy, all }
    return all > before.all ? (busy - before.busy) / (all - before.all) : 0
  })
  return {
    windowMs,
    limitCores,
    process: use(now.processSeconds - then.processSeconds),
    container: now.group && {
      ...use(now.group.usedSeconds - (then.group?.usedSeconds ?? 0)),
      ...throttling(now.group),
    },
    host: { cores: perCore.length, busyCores: perCore.reduce((a, b) => a + b, 0), perCore },
  }
}

const throttling = ({ usedSeconds: _, ...rest }: GroupCpu) => rest

/** Samples this process, its control group and the host's cores. */
export function sampleCpu(group: ControlGroup): CpuSample {
  const { user, system } = process.cpuUsage()
  return {
    atMs: performance.now(),
    processSeconds: (user + system) / 1e6,
    group: group.cpu(),
    cores: hostCores(),
  }
}

function hostCores(): CpuSample['cores'] {
  // os.cpus() costs much more than reading the kernel's file.
  const cores = process.platform === 'linux' ? parseProcStat(readFileSync('/proc/stat', 'utf8')) : []
  if (cores.length > 0) return cores
  return os.cpus().map(({ times: { user, nice, sys, idle, irq } }) => {
    const busy = user + nice + sys + irq
    return { busy, all: busy + idle }
  })
}

/** The cores of a /proc/stat file: proc_stat(5). */
export function parseProcStat(text: string): CpuSample['cores'] {
  return [...text.matchAll(/^cpu\d+ (.*)/gm)].map(([, fields = '']) => {
    const [user = 0, nice = 0, system = 0, idle = 0, ioWait = 0, irq = 0, softIrq = 0, steal = 0] = fields
      .split(' ')
      .map(Number)
    // The guest fields that follow are already part of user and nice.
    const busy = user + nice + system + irq + softIrq + steal
    return { busy, all: busy + idle + ioWait }
  })
}
