import { readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from '../shell/exit.ts'
import { capture, succeed } from '../shell/processes.ts'
import { temporaryFolder } from '../shell/temporary.ts'
import type { K6 } from './find.ts'
import { messageIn } from './log.ts'

/**
 * The files that a script opens while k6 reads it, in base64, and the folder that its paths start from. k6's archives have
 * them, with the home of whoever made it renamed to nobody's, so both are only places relative to each other.
 * @param at the folder that the script's paths start from on this machine
 */
export async function openedFiles(
  k6: K6,
  script: string,
  env: NodeJS.ProcessEnv,
  { signal, at }: { readonly signal: AbortSignal; readonly at: string },
): Promise<{ readonly at: string; readonly files: { readonly path: string; readonly content: string }[] }> {
  const folder = temporaryFolder()
  try {
    const archive = path.join(folder, 'archive.tar')
    const { code, stderr } = await capture(
      k6.path,
      // Without the variables, some of which are secrets.
      ['archive', '--include-system-env-vars', '--exclude-env-vars', '--archive-out', archive, '-'],
      { env, input: script, timeoutMs: 60_000, signal, cwd: at },
    )
    if (signal.aborted) throw new Failure('interrupted', 'interrupted before the load started')
    if (code !== 0)
      throw new Failure(
        'usage',
        `k6 does not pack the script and its files for pods: ${messageIn(stderr) || 'it took over a minute'}`,
      )
    await succeed('tar', ['-xf', archive], { cwd: folder, env, signal })
    const { pwd } = JSON.parse(await readFile(path.join(folder, 'metadata.json'), 'utf8')) as { pwd: string }
    const root = path.join(folder, 'file')
    const all = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])
    const files = await Promise.all(
      all
        .filter((each) => each.isFile() && !(each.parentPath === root && each.name === '-'))
        .map(async ({ parentPath, name }) => {
          const file = path.join(parentPath, name)
          return {
            path: `/${path.relative(root, file)}`,
            content: (await readFile(file)).toString('base64'),
          }
        }),
    )
    return { at: fileURLToPath(pwd), files }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
