import { constants, existsSync } from 'node:fs'
import { access, mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../shell/exit.ts'
import { grouped, option, text } from '../shell/flags.ts'
import { refusal } from '../shell/refusal.ts'
import { type Shell, userPath } from '../shell/shell.ts'
import { startOf, writeAtomically } from './folder.ts'

export const junitFlag = grouped('Report', {
  junit: option('LAS_JUNIT', 'file', 'write report/junit.xml there too, in place of an older one', text),
})

/**
 * Removes what an earlier command of ours left there, so that CI never shows it as the result of one that ends without a
 * report.
 * @throws a Failure where the file holds anything else, or the folder cannot be written
 */
export async function clearJunit(shell: Pick<Shell, 'cwd'>, named: string | undefined): Promise<void> {
  if (named === undefined) return
  const file = userPath(shell, named)
  if (existsSync(file) && !(await startOf(file)).includes('<testsuites name="load-and-stress '))
    throw new Failure(
      'usage',
      `${named}: is not JUnit XML of load-and-stress and is not overwritten; choose another --junit`,
    )
  try {
    await mkdir(path.dirname(file), { recursive: true })
    await access(path.dirname(file), constants.W_OK)
    await rm(file, { force: true })
  } catch (error) {
    throw new Failure('environment', `${named}: cannot be written (${refusal(error as Error)})`)
  }
}

/** @throws a Failure, as `clearJunit` does */
export async function writeJunit(
  shell: Pick<Shell, 'cwd'>,
  named: string | undefined,
  xml: () => string,
): Promise<void> {
  if (named === undefined) return
  await clearJunit(shell, named)
  await writeAtomically(userPath(shell, named), xml()).catch((error: Error) => {
    throw new Failure('environment', `${named}: cannot be written (${refusal(error)})`)
  })
}
