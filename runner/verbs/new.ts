import { lstat, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { scenarioNames } from '../../scenarios/catalogue.ts'
import { writeAtomically } from '../results/folder.ts'
import { exitCodes, Failure } from '../shell/exit.ts'
import { parseFlags } from '../shell/flags.ts'
import { refusal } from '../shell/refusal.ts'
import { type Shell, userPath } from '../shell/shell.ts'

const usage = {
  command: 'new NAME',
  purpose: 'Writes a script to start from, NAME.ts, and its data file, NAME.csv, into the current folder.',
  flags: {},
  arguments: [1, 1] as const,
  notes: `The script runs as it is: a login once per VU, think time, two named requests, checks, data, thresholds. Its comments
say what to change. No file is overwritten.

  load-and-stress new checkout
  load-and-stress run ./checkout.ts --url http://127.0.0.1:3000`,
}

const template = path.join(import.meta.dirname, '../../scenarios/new/checkout')

/** `new NAME`: a script of one's own, both files or none. */
export async function newScript(shell: Shell, args: readonly string[]): Promise<number> {
  const parsed = parseFlags(usage, args, shell)
  if (!parsed) return exitCodes.pass
  const [name = ''] = parsed.positionals
  checkName(name)
  // The data file first: a script without it would fail.
  const files = [`${name}.csv`, `${name}.ts`]
  // Also a link that leads nowhere.
  for (const file of files)
    if (await lstat(userPath(shell, file)).catch(() => null))
      throw new Failure('usage', `${file} exists and is not overwritten; choose another name`)
  for (const [index, file] of files.entries()) {
    const text = await readFile(template + path.extname(file), 'utf8')
    try {
      await writeAtomically(userPath(shell, file), text.replaceAll('checkout.', `${name}.`))
    } catch (error) {
      for (const written of files.slice(0, index)) await rm(userPath(shell, written), { force: true })
      throw new Failure('environment', `${file}: cannot be written (${refusal(error as Error)})`)
    }
  }
  shell.print(`${name}.ts and ${name}.csv are written; now: load-and-stress run ./${name}.ts\n`)
  return exitCodes.pass
}

function checkName(name: string): void {
  if (!/^[a-z\d][\w-]{0,63}$/i.test(name))
    throw new Failure(
      'usage',
      `"${name}" is not a name of letters, digits, - and _, such as checkout; the folder is the current one`,
    )
  if (scenarioNames.some((each) => each === name))
    throw new Failure('usage', `"${name}" is the name of a built-in scenario; choose another`)
}
