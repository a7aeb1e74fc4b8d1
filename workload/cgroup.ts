import { existsSync, readFileSync } from 'node:fs'
import os from 'node:os'

export type Limits = {
  /** CPU this process may use, in cores: the control group's quota, else what the machine has. */
  readonly cpuCores: number
  readonly memoryMiB: number
}

/** What the control group – in a container the container – has used and been kept from. */
export type GroupCpu = {
  readonly usedSeconds: number
  /** CPU quota in cores; null without one. */
  readonly quotaCores: number | null
  /** Periods in which the group wanted to run, and those in which its quota was used up before their end. */
  readonly periods: number
  readonly throttledPeriods: number
  readonly throttledSeconds: number
}

/** The limits that hold for this process, from its control group (v2, then v1) or the machine. */
export function limits(): Limits {
  const bytes = number(read('memory', 'memory.max')) ?? number(read('memory', 'memory.limit_in_bytes'))
  // v1 writes "no limit" as a number next to 2^63.
  const memoryBytes = Math.min(bytes ?? Infinity, os.totalmem())
  return {
    cpuCores: Math.min(quota() ?? Infinity, os.availableParallelism()),
    memoryMiB: Math.round(memoryBytes / 2 ** 20),
  }
}

/** Null where this process is in no group but the machine's own, as outside a container. */
export function groupCpu(): GroupCpu | null {
  const group = find('cpu', 'cpu.stat')
  if (!group) return null
  const field = (name: string) => {
    const text = new RegExp(`^${name} (\\d+)`, 'm').exec(group.text)?.[1]
    return text === undefined ? undefined : Number(text)
  }
  const usec = field('usage_usec')
  // The machine's own group is the one without a cpu.max (v2), or with a release_agent (v1).
  const ofMachine =
    usec === undefined ? existsSync(`${group.folder}/release_agent`) : !existsSync(`${group.folder}/cpu.max`)
  const nanoseconds = usec === undefined ? number(read('cpuacct', 'cpuacct.usage')) : usec * 1000
  if (ofMachine || nanoseconds === undefined) return null
  return {
    usedSeconds: nanoseconds / 1e9,
    quotaCores: quota() ?? null,
    periods: field('nr_periods') ?? 0,
    throttledPeriods: field('nr_throttled') ?? 0,
    throttledSeconds: (field('throttled_usec') ?? (field('throttled_time') ?? 0) / 1000) / 1e6,
  }
}

function quota(): number | undefined {
  const [v2, v2Period] = (read('cpu', 'cpu.max') ?? '').trim().split(' ').map(Number)
  if (v2 && v2Period) return v2 / v2Period
  const v1 = number(read('cpu', 'cpu.cfs_quota_us'))
  const v1Period = number(read('cpu', 'cpu.cfs_period_us'))
  return v1 && v1 > 0 && v1Period ? v1 / v1Period : undefined
}

const number = (text: string | undefined) => (text && /^-?\d+\s*$/.test(text) ? Number(text) : undefined)

const read = (controller: string, file: string) => find(controller, file)?.text

// Where a file was found, or that it was not: a process stays in its group.
const places = new Map<string, string | undefined>()

function find(controller: string, file: string): { folder: string; text: string } | undefined {
  const key = `${controller}/${file}`
  if (!places.has(key)) {
    places.set(
      key,
      folders(controller).find((folder) => existsSync(`${folder}/${file}`)),
    )
  }
  const folder = places.get(key)
  try {
    return folder === undefined ? undefined : { folder, text: readFileSync(`${folder}/${file}`, 'utf8') }
  } catch {
    return undefined
  }
}

// Inside a container the group is mounted at the root, outside it is the path that /proc names.
function folders(controller: string): string[] {
  let lines: string[] = []
  try {
    lines = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n')
  } catch {}
  const found = []
  for (const line of lines) {
    const [, controllers = '', path = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (controllers.split(',').includes(controller)) {
      found.push(`/sys/fs/cgroup/${controller}${path}`, `/sys/fs/cgroup/${controller}`)
    } else if (controllers === '') {
      found.push(`/sys/fs/cgroup${path}`, `/sys/fs/cgroup/unified${path}`)
    }
  }
  return [...found, '/sys/fs/cgroup']
}
