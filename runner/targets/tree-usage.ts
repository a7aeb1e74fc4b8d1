import { readdirSync, readFileSync } from 'node:fs'
import type { UsageSample } from '../../analysis/formats/recording.ts'

const lookMs = 500

/** Watches a process and all that it has started; no sample where the system has no /proc. */
export function watchTree(pid: number): { stop(): readonly UsageSample[] } {
  const samples: UsageSample[] = []
  const look = () => {
    const used = usedBy(pid)
    if (used) samples.push({ at: Date.now(), ...used })
  }
  look()
  const timer = setInterval(look, lookMs)
  return {
    stop() {
      clearInterval(timer)
      return samples
    },
  }
}

// https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; USER_HZ is 100 on every Linux that Node supports.
const ticksPerSecond = 100

function usedBy(pid: number): { cpuSeconds: number; memoryMiB: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program, in parentheses, may hold spaces and parentheses.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [user = 0, system = 0] = fields.slice(11, 13)
    const [, kB = '0'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    const used = { cpuSeconds: (user + system) / ticksPerSecond, memoryMiB: Math.round(Number(kB) / 1024) }
    return childrenOf(pid)
      .flatMap((child) => usedBy(child) ?? [])
      .reduce(
        (sum, child) => ({
          cpuSeconds: sum.cpuSeconds + child.cpuSeconds,
          memoryMiB: sum.memoryMiB + child.memoryMiB,
        }),
        used,
      )
  } catch {
    // It has ended, or this system has no /proc.
    return null
  }
}

const childrenOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
