import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import type { Run } from '../../analysis/formats/run.ts'
import { localPorts, openFiles } from '../shell/host.ts'
import { maskOf, withoutUrlSecrets } from '../shell/secrets.ts'

type Shortages = Run['k6']['shortages']

export type Logged = {
  /** The message of the first error. */
  readonly error: string | undefined
  /** The most frequent warnings and errors that differ in more than numbers, without secrets. */
  readonly warnings: string[]
  /** What the generator ran out of, and for how many requests. */
  readonly shortages: Shortages
}

// As the system words them (errno(3): EMFILE and ENFILE, EADDRNOTAVAIL, ENOMEM and ENOBUFS), in the error of a request.
const shortageTexts = {
  'open files': /: too many open files/,
  ports: /: cannot assign requested address/,
  memory: /: (cannot allocate memory|no buffer space available)/,
} as const

const repeatsKept = 5
const kindsCounted = 1000
const warningsKept = 3
const longestWarning = 300

/**
 * Copies k6's log to a file without secrets and without the values of URL queries. A target that refuses
 * connections causes thousands of equal lines a second, so lines that differ only in their time are written
 * five times and then counted.
 * @param paths whether the paths of URLs may be kept; those from a data file may not
 */
export async function copyLog(
  log: NodeJS.ReadableStream,
  file: string,
  secrets: readonly string[],
  { paths = true }: { readonly paths?: boolean } = {},
): Promise<Logged> {
  const masked = maskOf(secrets)
  // Where it cannot be written, on a full disk, k6 must still not wait for its reader; the run's own files tell why.
  const copy = createWriteStream(file).on('error', () => {})
  const write = (line: string) => void (copy.destroyed || copy.write(`${line}\n`))
  const timesSeen = new Map<string, number>()
  const short = new Map<Shortages[number]['what'], number>()
  let omitted = 0
  for await (const logged of createInterface({ input: log, crlfDelay: Infinity })) {
    // Values from a data file are not among the secrets.
    const shown = paths
      ? logged.replace(/(https?:\/\/[^\s"?]*)\?[^\s"\\]*/g, '$1?…')
      : logged.replace(/(https?:\/\/[^\s"?/]*)\/[^\s"\\]*/g, '$1/…')
    const line = masked(shown)
    for (const [what, text] of Object.entries(shortageTexts) as [Shortages[number]['what'], RegExp][])
      if (text.test(line)) short.set(what, (short.get(what) ?? 0) + 1)
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
  const error = [...timesSeen.keys()].find(
    // A script may log what it likes.
    (kind) => /^level=(error|fatal)/.test(kind) && !/source=console$/.test(kind),
  )
  const limits = { 'open files': openFiles(), ports: localPorts(), memory: null }
  return {
    error: error && messageIn(error),
    warnings: mostFrequent(timesSeen),
    shortages: [...short].map(([what, requests]) => ({ what, requests, limit: limits[what] })),
  }
}

function mostFrequent(timesSeen: ReadonlyMap<string, number>): string[] {
  const warnings = new Map<string, { readonly warning: string; times: number }>()
  for (const [kind, times] of timesSeen) {
    if (!/^level=(warning|error)/.test(kind)) continue
    const warning = withoutUrlSecrets(reasonIn(kind)).slice(0, longestWarning)
    // Ports differ from connection to connection.
    const alike = warning.replace(/\d+/g, '0')
    const seen = warnings.get(alike)
    if (seen) seen.times += times
    else warnings.set(alike, { warning, times })
  }
  return [...warnings.values()]
    .sort((a, b) => b.times - a.times)
    .slice(0, warningsKept)
    .map(({ warning }) => warning)
}

/** Why a request failed: `level=warning msg="Request Failed" error="dial: refused"` gives `dial: refused`. */
const reasonIn = (logged: string): string => {
  const [, reason] = / error="((?:[^"\\]|\\.)*)"/.exec(logged) ?? []
  return reason === undefined ? messageIn(logged) : messageIn(`msg="${reason}"`)
}

/**
 * The sentence in a line of k6's log, without its position in the bundle: `level=error msg="Error: BASE_URL
 * is not set\n\tat …"` gives `BASE_URL is not set`. Other text is only trimmed.
 */
export function messageIn(logged: string): string {
  const message = /msg="((?:[^"\\]|\\.)*)"/.exec(logged)?.[1] ?? logged.trim()
  const unfetched = /moduleSpecifier \\"(https?:[^"\\]+)\\" couldn't be retrieved/.exec(message)?.[1]
  if (unfetched)
    return `${unfetched} cannot be fetched; is there a network? Or download it, and import the file`
  if (message.includes('no secret sources are configured'))
    return 'it reads k6/secrets: set K6_SECRET_SOURCE, such as file=my.secrets'
  if (/process with PID \d+ unexpectedly ended/.test(message))
    return 'Chromium does not start; as root it needs K6_BROWSER_ARGS=no-sandbox, and K6_BROWSER_EXECUTABLE_PATH names another'
  const [first = '', ...more] = message.split('\\n')
  // "There were problems with the specified script configuration:\n\t- …"
  const sentence = first.endsWith(':')
    ? `${first} ${more.map((line) => line.replace(/^(\\t|\s)*-?\s*/, '')).join('; ')}`
    : first
  return sentence.replace(/^Error: | at \S+ \(file:\/\/\S+\)$/g, '').replaceAll('\\"', '"')
}
