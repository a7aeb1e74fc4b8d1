import { readFileSync } from 'node:fs'
import os from 'node:os'

export type Limits = {
  /** CPU this process may use, in cores: the control group's quota, else what the machine has. */
  readonly cpuCores: number
  readonly memoryMiB: number
  /** Whether a control group sets the CPU limit, as in a container with one. */
  readonly cpuLimited: boolean
}

/** The limits that hold for this process, from its control group (v2, then v1) or the machine. */
export function limits(): Limits {
  const quota = v2Quota() ?? v1Quota()
  const bytes = number(read('memory', 'memory.max')) ?? number(read('memory', 'memory.limit_in_bytes'))
  // v1 writes "no limit" as a number next to 2^63.
  const memoryBytes = Math.min(bytes ?? Infinity, os.totalmem())
  return {
    cpuCores: Math.min(quota ?? Infinity, os.availableParallelism()),
    memoryMiB: Math.round(memoryBytes / 2 ** 20),
    cpuLimited: quota !== undefined,
  }
}

/** CPU seconds that the whole control group has used; undefined where there is none to read. */
export function groupCpuSeconds(): number | undefined {
  const usec = /usage_usec (\d+)/.exec(read('cpuacct', 'cpu.stat') ?? '')?.[1]
  if (usec) return Number(usec) / 1e6
  const nanoseconds = number(read('cpuacct', 'cpuacct.usage'))
  return nanoseconds === undefined ? undefined : nanoseconds / 1e9
}

function v2Quota(): number | undefined {
  const [quota, period] = (read('cpu', 'cpu.max') ?? '').trim().split(' ').map(Number)
  return quota && period ? quota / period : undefined
}

function v1Quota(): number | undefined {
  const quota = number(read('cpu', 'cpu.cfs_quota_us'))
  const period = number(read('cpu', 'cpu.cfs_period_us'))
  return quota && quota > 0 && period ? quota / period : undefined
}

const number = (text: string | undefined) => (text && /^-?\d+\s*$/.test(text) ? Number(text) : undefined)

// Inside a container the group is mounted at the root, outside it is the path that /proc names.
function read(controller: string, file: string): string | undefined {
  for (const folder of groups(controller)) {
    try {
      return readFileSync(`${folder}/${file}`, 'utf8')
    } catch {}
  }
  return undefined
}

function groups(controller: string): string[] {
  let lines: string[] = []
  try {
    lines = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n')
  } catch {}
  const folders = []
  for (const line of lines) {
    const [, controllers = '', path = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (controllers.split(',').includes(controller)) {
      folders.push(`/sys/fs/cgroup/${controller}${path}`, `/sys/fs/cgroup/${controller}`)
    } else if (controllers === '') {
      folders.push(`/sys/fs/cgroup${path}`, `/sys/fs/cgroup/unified${path}`)
    }
  }
  return [...folders, '/sys/fs/cgroup']
}
