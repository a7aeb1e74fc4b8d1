import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'

const repeatsKept = 5
const kindsCounted = 1000

/**
 * Copies k6's log to a file without secrets and without the values of URL queries. A target that refuses
 * connections causes thousands of equal lines a second, so lines that differ only in their time are written
 * five times and then counted.
 * @returns the message of the first error, if there is one
 */
export async function copyLog(
  log: NodeJS.ReadableStream,
  file: string,
  secrets: readonly string[],
): Promise<string | undefined> {
  // The longest first, since one may begin with another. Very short ones would hide half of the log.
  const hidden = secrets.filter(({ length }) => length > 2).sort((a, b) => b.length - a.length)
  // Where it cannot be written, on a full disk, k6 must still not wait for its reader; the run's own files tell why.
  const copy = createWriteStream(file).on('error', () => {})
  const write = (line: string) => void (copy.destroyed || copy.write(`${line}\n`))
  const timesSeen = new Map<string, number>()
  let omitted = 0
  for await (const logged of createInterface({ input: log, crlfDelay: Infinity })) {
    const line = hidden.reduce(
      (text, secret) => text.replaceAll(secret, '…'),
      // Values from a data file are not among the secrets.
      logged.replace(/(https?:\/\/[^\s"?]*)\?[^\s"\\]*/g, '$1?…'),
    )
    const kind = line.replace(/^time="[^"]*" /, '')
    const times = (timesSeen.get(kind) ?? 0) + 1
    if (times > 1 || timesSeen.size < kindsCounted) timesSeen.set(kind, times)
    if (times <= repeatsKept && timesSeen.has(kind)) write(line)
    else omitted++
  }
  for (const [kind, times] of timesSeen) if (times > repeatsKept) write(`${times} times in total: ${kind}`)
  if (omitted > 0) write(`(${omitted} lines omitted)`)
  copy.end()
  await finished(copy).catch(() => {})
  const error = [...timesSeen.keys()].find((kind) => /^level=(error|fatal)/.test(kind))
  return error && messageIn(error)
}

/**
 * The sentence in a line of k6's log, without its position in the bundle: `level=error msg="Error: BASE_URL
 * is not set\n\tat …"` gives `BASE_URL is not set`. Other text is only trimmed.
 */
export function messageIn(logged: string): string {
  const message = /msg="((?:[^"\\]|\\.)*)"/.exec(logged)?.[1] ?? logged.trim()
  const [sentence = ''] = message.split('\\n')
  return sentence.replace(/^Error: /, '').replaceAll('\\"', '"')
}
