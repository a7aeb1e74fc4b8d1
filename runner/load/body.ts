import { readFile } from 'node:fs/promises'
import { Failure } from '../shell/exit.ts'
import { type Shell, userPath } from '../shell/shell.ts'
import type { LoadOptions } from './options.ts'

/** Linux refuses to start a program with a longer variable: MAX_ARG_STRLEN, execve(2). */
const mostBodyBytes = 128 * 1024 - 100

/** The body as it is given, or as the file after an @ holds it. */
async function bodyText(shell: Shell, given: string): Promise<string> {
  const file = given.startsWith('@') ? given.slice(1) : null
  const body =
    file === null
      ? given
      : await readFile(userPath(shell, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
          throw new Failure(
            'usage',
            `--body: ${file} cannot be read (${error.code}); text after @ names a file`,
          )
        })
  if (Buffer.byteLength(body) > mostBodyBytes)
    throw new Failure(
      'usage',
      `--body: longer than ${Math.floor(mostBodyBytes / 1024)} KiB; use --data with the body as a column`,
    )
  return body
}

/** The options with the text of their body. */
export const withBody = async (shell: Shell, options: LoadOptions): Promise<LoadOptions> =>
  options.body === undefined ? options : { ...options, body: await bodyText(shell, options.body) }
