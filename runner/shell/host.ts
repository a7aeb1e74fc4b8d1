import { execFile } from 'node:child_process'
import os from 'node:os'
import { promisify } from 'node:util'
import type { Run } from '../../analysis/formats/run.ts'

export const hostFacts = (k6: string): Run['host'] => ({
  cores: os.availableParallelism(),
  cpu: os.cpus()[0]?.model.trim() || null,
  memoryMiB: Math.round(os.totalmem() / 2 ** 20),
  kernel: `${os.type()} ${os.release()}`,
  node: process.versions.node,
  k6,
})

/** The commit of the folder that the command was started in, `-dirty` with uncommitted changes; null outside git. */
export async function gitCommit(): Promise<string | null> {
  try {
    const args = ['describe', '--always', '--dirty', '--abbrev=40', '--exclude=*']
    const { stdout } = await promisify(execFile)('git', args, { timeout: 5000 })
    return stdout.trim()
  } catch {
    return null
  }
}
