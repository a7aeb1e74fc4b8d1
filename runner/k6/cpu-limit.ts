import { readFileSync } from 'node:fs'
import path from 'node:path'
import { largest } from '../../analysis/numbers/extremes.ts'

/** What a control group with a CPU limit has counted since it was made. */
type Counts = {
  /** Periods of the limit (0.1 s by default) in which the group ran. */
  readonly periods: number
  /** Those in which it used the limit up, and its processes had to wait for the next. */
  readonly throttled: number
  /** CPU of all its processes; null where the group does not count it. */
  readonly usedSeconds: number | null
}

/** The CPU limits of a process when they were looked at, by the folders of their control groups. */
export type CpuLimits = { readonly ranSeconds: number; readonly groups: ReadonlyMap<string, Counts> }

/**
 * Looks at the CPU limits under which a process stands, those of its container and pod included; `ranSeconds` is the CPU
 * that it has used itself. v2 and v1: https://docs.kernel.org/admin-guide/cgroup-v2.html,
 * https://docs.kernel.org/scheduler/sched-bwc.html
 */
export function cpuLimits(pid: number | undefined, ranSeconds: number, root = ''): CpuLimits {
  const groups = new Map<string, Counts>()
  for (const folder of groupsOf(readIfPresent(`${root}/proc/${pid}/cgroup`))) {
    const at = path.join(root, '/sys/fs/cgroup', folder)
    const stat = readIfPresent(`${at}/cpu.stat`)
    const count = (name: string) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(stat)?.[1] ?? Number.NaN)
    const periods = count('nr_periods')
    // v1 counts CPU in nanoseconds, where the same folder does at all.
    const used = count('usage_usec') / 1e6 || Number(readIfPresent(`${at}/cpuacct.usage`)) / 1e9
    if (periods > 0)
      groups.set(at, { periods, throttled: count('nr_throttled'), usedSeconds: used > 0 ? used : null })
  }
  return { ranSeconds, groups }
}

/**
 * The share of the periods of its CPU limit in which a process was held back between two looks; the largest of several
 * limits. Null without a limit that it used most of: others that share one hold back each other.
 */
export function throttledShare(from: CpuLimits, to: CpuLimits): number | null {
  const ran = to.ranSeconds - from.ranSeconds
  const shares = [...to.groups].flatMap(([folder, after]) => {
    const before = from.groups.get(folder)
    if (!before) return []
    const periods = after.periods - before.periods
    const used = (after.usedSeconds ?? ran) - (before.usedSeconds ?? 0)
    return periods > 0 && ran >= used / 2 ? [(after.throttled - before.throttled) / periods] : []
  })
  return shares.length > 0 ? largest(shares) : null
}

/** Folders below /sys/fs/cgroup of the groups around a process: a container mounts its group there, a host the whole tree. */
function groupsOf(cgroupFile: string): Set<string> {
  const found = new Set<string>()
  for (const [, controllers = '', place = '/'] of cgroupFile.matchAll(/^\d+:([^:]*):(.*)$/gm)) {
    const isV2 = controllers === ''
    if (!isV2 && !controllers.split(',').includes('cpu')) continue
    for (let group = path.posix.normalize(place); ; group = path.posix.dirname(group)) {
      for (const mount of isV2 ? ['', '/unified'] : ['/cpu', `/${controllers}`])
        found.add(path.posix.join(mount, group))
      if (group === '/' || group === '.') break
    }
  }
  return found
}

function readIfPresent(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
