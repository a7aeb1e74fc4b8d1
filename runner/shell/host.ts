import { readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Run } from '../../analysis/formats/run.ts'
import { capture } from './processes.ts'
import type { Shell } from './shell.ts'

/** What is known of this machine, which generates the load. */
export const hostFacts = (k6Version: string): Run['host'] => ({
  cores: os.availableParallelism(),
  cpu: os.cpus()[0]?.model.trim() || null,
  memoryMiB: Math.round(os.totalmem() / 2 ** 20),
  kernel: `${os.type()} ${os.release()}`,
  node: process.versions.node,
  k6: k6Version,
})

/** Of this package. */
export const ownVersion = (): string =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8')).version

/** Memory that processes here may use, in MiB. */
export const memoryMiB = (): number =>
  Math.min(os.totalmem(), process.constrainedMemory() || Infinity) / 2 ** 20

/** How many files a process started here may open, as a Go program raises its limit; null where it is unknown. */
export const openFiles = (): number | null =>
  numbersIn('/proc/self/limits', /^Max open files +\d+ +(\d+)/m)?.[0] ?? null

/** The first and the last local port that a connection may start from; null where they are unknown. */
export function localPortRange(): { readonly first: number; readonly last: number } | null {
  const [first, last] = numbersIn('/proc/sys/net/ipv4/ip_local_port_range', /^(\d+)\s+(\d+)/) ?? []
  return first === undefined || last === undefined ? null : { first, last }
}

/** From how many local ports a connection may start; null where it is unknown. */
export function localPorts(): number | null {
  const range = localPortRange()
  return range && range.last - range.first + 1
}

function numbersIn(file: string, pattern: RegExp): number[] | null {
  try {
    return pattern.exec(readFileSync(file, 'utf8'))?.slice(1).map(Number) ?? null
  } catch {
    return null
  }
}

/** The commit of the user's folder, with `-dirty` if there are uncommitted changes; null outside git. */
export async function gitCommit({ cwd, env }: Pick<Shell, 'cwd' | 'env'>): Promise<string | null> {
  const args = ['describe', '--always', '--dirty', '--abbrev=40', '--exclude=*']
  try {
    const { code, stdout } = await capture('git', args, { cwd, env, timeoutMs: 5000 })
    return code === 0 ? stdout.trim() : null
  } catch {
    return null
  }
}
