import { readFile, stat } from 'node:fs/promises'
import { obstacle } from '../../analysis/formats/file.ts'
import { Failure } from '../shell/exit.ts'
import { type Shell, userPath } from '../shell/shell.ts'
import type { LoadOptions } from './options.ts'

/** Linux refuses to start a program with a longer variable: MAX_ARG_STRLEN, execve(2). */
const mostBodyBytes = 128 * 1024 - 100

/** The body as it is given, or as the file after an @ holds it. */
async function bodyText(shell: Shell, given: string): Promise<string> {
  const body = given.startsWith('@') ? await fileText(shell, given.slice(1)) : given
  if (Buffer.byteLength(body) > mostBodyBytes)
    throw new Failure(
      'usage',
      `--body: longer than ${Math.floor(mostBodyBytes / 1024)} KiB; use --data with the body as a column`,
    )
  // It goes to k6 as a variable.
  if (body.includes('\0'))
    throw new Failure('usage', '--body: has a zero byte, which k6 cannot be given; send text')
  return body
}

async function fileText(shell: Shell, named: string): Promise<string> {
  const file = userPath(shell, named)
  const refused = ({ code }: NodeJS.ErrnoException) => {
    throw new Failure('usage', `--body: ${named} cannot be read (${code}); text after @ names a file`)
  }
  const against = obstacle(await stat(file).catch(refused), { pipes: true })
  if (against) throw new Failure('usage', `--body: ${named} ${against}; text after @ names a file`)
  return readFile(file, 'utf8').catch(refused)
}

/** The options with the text of their body. */
export const withBody = async (shell: Shell, options: LoadOptions): Promise<LoadOptions> =>
  options.body === undefined ? options : { ...options, body: await bodyText(shell, options.body) }
