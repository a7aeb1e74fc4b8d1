import { readFileSync } from 'node:fs'
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

// Each sample costs half a millisecond of a service that is at rest: an idle one is not to look like a busy one.
const everyMs = 1000

/** Watches the CPU used in the last second, or the last two for whoever asks seldom; `stop` ends the sampling. */
export function cpuMeter(): { read(): CpuUse; stop(): void } {
  const { cpuCores: limitCores } = limits()
  const samples = [sample()]
  const keep = (taken: Sample) => {
    samples.push(taken)
    while ((samples[1]?.at ?? Infinity) <= taken.at - everyMs) samples.shift()
  }
  const timer = setInterval(() => keep(sample()), everyMs).unref()
  return {
    read() {
      const now = sample()
      // The youngest sample that is a second old; at the start the oldest there is.
      const then = samples.findLast(({ at }) => now.at - at >= 1000) ?? samples[0] ?? now
      // Whoever asks every second is told of just that second.
      if (now.at - (samples.at(-1)?.at ?? 0) > everyMs / 4) keep(now)
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
    cores: hostCores(),
  }
}

/** What each core has done so far. From the kernel itself where that can be read: os.cpus() asks much more of it. */
function hostCores(): Sample['cores'] {
  const lines =
    process.platform === 'linux' ? readFileSync('/proc/stat', 'utf8').matchAll(/^cpu\d+ (.*)/gm) : []
  const cores = [...lines].map(([, fields = '']) => {
    const [user = 0, nice = 0, system = 0, idle = 0, waiting = 0, ...interrupts] = fields
      .split(' ')
      .map(Number)
    // The last two are those of guests, which the first two hold already.
    const busy = user + nice + system + interrupts.slice(0, 3).reduce((a, b) => a + b, 0)
    return { busy, all: busy + idle + waiting }
  })
  if (cores.length > 0) return cores
  return os.cpus().map(({ times: { user, nice, sys, idle, irq } }) => {
    const busy = user + nice + sys + irq
    return { busy, all: busy + idle }
  })
}
