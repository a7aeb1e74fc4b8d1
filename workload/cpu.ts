import { groupCpuSeconds, limits } from './limits.ts'

export type CpuUse = {
  /** CPU used over the window, in cores. */
  readonly cores: number
  readonly shareOfLimit: number
  readonly limitCores: number
  readonly windowMs: number
  /** Whose CPU it is: with a CPU limit in force the whole container's, else this process's. */
  readonly scope: 'container' | 'process'
}

/** Watches the CPU used in the last second; `stop` ends the sampling. */
export function cpuMeter(): { read(): CpuUse; stop(): void } {
  const { cpuCores: limitCores, cpuLimited } = limits()
  const scope = cpuLimited && groupCpuSeconds() !== undefined ? 'container' : 'process'
  const sample = () => ({ at: performance.now(), seconds: usedSeconds(scope) })
  const samples = [sample()]
  const timer = setInterval(() => {
    samples.push(sample())
    if (samples.length > 5) samples.shift()
  }, 250).unref()
  return {
    read() {
      const now = sample()
      // The youngest sample that is a second old; at start the oldest there is.
      const then = samples.findLast(({ at }) => now.at - at >= 1000) ?? samples[0] ?? now
      const windowMs = now.at - then.at
      const cores = windowMs > 0 ? ((now.seconds - then.seconds) * 1000) / windowMs : 0
      return { cores, shareOfLimit: cores / limitCores, limitCores, windowMs, scope }
    },
    stop: () => clearInterval(timer),
  }
}

function usedSeconds(scope: CpuUse['scope']): number {
  if (scope === 'container') return groupCpuSeconds() ?? 0
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
