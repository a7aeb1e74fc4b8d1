import os from 'node:os'
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
