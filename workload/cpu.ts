import os from 'node:os'
import { type GroupCpu, groupCpu, limits } from './cgroup.ts'

/** CPU over the window, the last second or a little more; `cores` is 1 for a core that did nothing else. */
export type CpuUse = {
  readonly windowMs: number
  readonly limitCores: number
  readonly process: { readonly cores: number; readonly shareOfLimit: number }
  /** Null where no control group of its own counts this process. */
  readonly container:
    | ({ readonly cores: number; readonly shareOfLimit: number } & Omit<GroupCpu, 'usedSeconds'>)
    | null
  readonly host: { readonly cores: number; readonly busyCores: number; readonly perCore: number[] }
}

type Sample = {
  readonly at: number
  readonly processSeconds: number
  readonly group: GroupCpu | null
  readonly cores: readonly { readonly busy: number; readonly all: number }[]
}

const everyMs = 500

/** Watches the CPU used in the last second; `stop` ends the sampling. */
export function cpuMeter(): { read(): CpuUse; stop(): void } {
  const { cpuCores: limitCores } = limits()
  const samples = [sample()]
  const timer = setInterval(() => {
    samples.push(sample())
    if (samples.length > 4) samples.shift()
  }, everyMs).unref()
  return {
    read() {
      const now = sample()
      // The youngest sample that is a second old; at the start the oldest there is.
      const then = samples.findLast(({ at }) => now.at - at >= 1000) ?? samples[0] ?? now
      const windowMs = now.at - then.at
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
          ...counters(now.group),
        },
        host: { cores: perCore.length, busyCores: perCore.reduce((a, b) => a + b, 0), perCore },
      }
    },
    stop: () => clearInterval(timer),
  }
}

const counters = ({ usedSeconds: _, ...rest }: GroupCpu) => rest

function sample(): Sample {
  const { user, system } = process.cpuUsage()
  return {
    at: performance.now(),
    processSeconds: (user + system) / 1e6,
    group: groupCpu(),
    cores: os.cpus().map(({ times }) => {
      const all = times.user + times.nice + times.sys + times.idle + times.irq
      return { busy: all - times.idle, all }
    }),
  }
}
