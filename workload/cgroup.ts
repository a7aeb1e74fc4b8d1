import { existsSync, readFileSync } from 'node:fs'
import os from 'node:os'

export type Limits = {
  /** Cores this process may use: the control group's CPU quota or the machine's cores, whichever is less. */
  readonly cpuCores: number
  readonly memoryMiB: number
}

/**
 * CPU that the control group (in a container: the container) has used, and how often its quota throttled it.
 */
export type GroupCpu = {
  readonly usedSeconds: number
  /** CPU quota in cores; null without one. */
  readonly quotaCores: number | null
  /** Quota periods in which the group ran, and those in which it used up its quota. */
  readonly periods: number
  readonly throttledPeriods: number
  readonly throttledSeconds: number
}

export type ControlGroup = {
  limits(): Limits
  /** Null outside a container, where this process is in the machine's root group or in none. */
  cpu(): GroupCpu | null
}

/**
 * Reads the control group of this process, v2 or v1, under `root`; falls back to the machine where there is
 * none. https://docs.kernel.org/admin-guide/cgroup-v2.html, …/cgroup-v1/index.html
 */
export function controlGroup(root = ''): ControlGroup {
  const cgroupFile = readIfPresent(`${root}/proc/self/cgroup`) ?? ''
  // Where each file is; undefined if it is nowhere. A process stays in its group.
  const folders = new Map<string, string | undefined>()

  function find(controller: string, file: string): { folder: string; text: string } | undefined {
    const key = `${controller}/${file}`
    if (!folders.has(key)) {
      const all = candidates(cgroupFile, controller).map((folder) => `${root}/sys/fs/cgroup${folder}`)
      folders.set(
        key,
        all.find((folder) => existsSync(`${folder}/${file}`)),
      )
    }
    const folder = folders.get(key)
    const text = folder === undefined ? undefined : readIfPresent(`${folder}/${file}`)
    return folder === undefined || text === undefined ? undefined : { folder, text }
  }
  const read = (controller: string, file: string) => find(controller, file)?.text

  function quotaCores(): number | undefined {
    const [quota, period] = (read('cpu', 'cpu.max') ?? '').trim().split(' ').map(Number)
    if (quota && period) return quota / period
    const v1Quota = integer(read('cpu', 'cpu.cfs_quota_us'))
    const v1Period = integer(read('cpu', 'cpu.cfs_period_us'))
    return v1Quota && v1Quota > 0 && v1Period ? v1Quota / v1Period : undefined
  }

  return {
    limits() {
      const bytes =
        integer(read('memory', 'memory.max')) ?? integer(read('memory', 'memory.limit_in_bytes')) ?? Infinity
      return {
        cpuCores: Math.min(quotaCores() ?? Infinity, os.availableParallelism()),
        // v1 writes "no limit" as a number near 2^63.
        memoryMiB: Math.round(Math.min(bytes, os.totalmem()) / 2 ** 20),
      }
    },
    cpu() {
      const stat = find('cpu', 'cpu.stat')
      if (!stat) return null
      const field = (name: string) => integer(new RegExp(`^${name} (\\d+)`, 'm').exec(stat.text)?.[1])
      const usedMicroseconds = field('usage_usec')
      const isV2 = usedMicroseconds !== undefined
      // Only the root group has no cpu.max (v2), or a release_agent (v1).
      const isRoot = isV2 ? !existsSync(`${stat.folder}/cpu.max`) : existsSync(`${stat.folder}/release_agent`)
      const nanoseconds = isV2 ? usedMicroseconds * 1000 : integer(read('cpuacct', 'cpuacct.usage'))
      if (isRoot || nanoseconds === undefined) return null
      return {
        usedSeconds: nanoseconds / 1e9,
        quotaCores: quotaCores() ?? null,
        periods: field('nr_periods') ?? 0,
        throttledPeriods: field('nr_throttled') ?? 0,
        throttledSeconds: (field('throttled_usec') ?? (field('throttled_time') ?? 0) / 1000) / 1e6,
      }
    },
  }
}

/**
 * Folders below /sys/fs/cgroup that may be the group: a container mounts its group there, a host the whole
 * tree.
 */
function candidates(cgroupFile: string, controller: string): string[] {
  const found = [...cgroupFile.matchAll(/^\d+:([^:]*):(.*)$/gm)].flatMap(
    ([, controllers = '', path = '/']) => {
      if (controllers === '') return [path, `/unified${path}`]
      return controllers.split(',').includes(controller) ? [`/${controller}${path}`, `/${controller}`] : []
    },
  )
  return [...found, '']
}

function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

const integer = (text: string | undefined) => (text && /^-?\d+\s*$/.test(text) ? Number(text) : undefined)
