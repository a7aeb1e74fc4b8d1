import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { readText } from '../../analysis/formats/file.ts'
import type { Results, RunEntry } from '../../analysis/report/results/entries.ts'
import { resultsPage } from '../../analysis/report/results/page.ts'
import { codeDigest } from '../../analysis/run/kept.ts'
import { Failure } from '../shell/exit.ts'
import { refusal } from '../shell/refusal.ts'
import { type Shell, shownPath } from '../shell/shell.ts'
import { commandsOf } from './advice.ts'
import { writeAtomically } from './folder.ts'
import { foldersIn, isOurs, type Remembered, resultsIn } from './found.ts'
import { pageScript, pageScriptFile } from './page-script.ts'

export const pageFile = (out: string): string => path.join(out, 'index.html')

/** What an earlier page holds that need not be made again: it is the cache of the next one. */
type Earlier = { readonly script: string | null; readonly runs: ReadonlyMap<string, Remembered> }

const nothing: Earlier = { script: null, runs: new Map() }

/** Of all code that the page and its figures come from. */
const ourCode = () => `${codeDigest()}${codeDigest(pageScriptFile)}${codeDigest(import.meta.filename)}`

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/**
 * Writes the page of all results of a folder; only what is new there is read. Of several that write at once each writes a
 * whole page, and the last one looks again for what came meanwhile.
 * @param most how many runs to read at most, beside those of the earlier page; with more `unread`, nothing is written
 */
export async function writeResults(
  shell: Shell,
  out: string,
  most = Infinity,
  again = 3,
): Promise<{ readonly entries: number; readonly unread: number }> {
  const earlier = earlierPage(out)
  const { entries, remembered, unread } = await resultsIn(out, earlier.runs, most)
  // A page that lacks the others would be worse than an older one.
  if (unread > 0) return { entries: entries.length, unread }
  const script = earlier.script ?? (await pageScript())
  const page = resultsPage({ entries, commands: commandsOf(shownPath(shell, out)) }, script)
  const memory = `${JSON.stringify(remembered).replaceAll('-', '\\u002d')}`
  const body = `${page}<!-- ${memory}\n`
  try {
    await writeAtomically(pageFile(out), `${body}${sha256(body + ourCode())} -->\n`)
  } catch (error) {
    throw new Failure('environment', `${pageFile(out)}: cannot be written (${refusal(error as Error)})`)
  }
  const listed = new Set(entries.map((entry) => entry.path))
  const came = foldersIn(out).some((name) => isOurs(name) && !listed.has(name))
  return came && again > 0 ? writeResults(shell, out, most, again - 1) : { entries: entries.length, unread }
}

/** Nothing of a page of other code, or one of which a byte has changed. */
function earlierPage(out: string): Earlier {
  const text = readText(pageFile(out))
  if (text.kind !== 'ok') return nothing
  const [, body = '', sum] = /^(.*\n)([0-9a-f]{64}) -->\n$/s.exec(text.value) ?? []
  if (sum !== sha256(body + ourCode())) return nothing
  const part = (start: string, end: string) => {
    const from = body.lastIndexOf(start) + start.length
    return body.slice(from, body.indexOf(end, from))
  }
  const { entries } = JSON.parse(part('id="data">', '</script>')) as Results
  const states = JSON.parse(part('<!-- ', '\n')) as Record<string, string>
  const runs = entries.filter((entry): entry is RunEntry => entry.kind === 'run')
  return {
    script: part('<script>', '</script>'),
    runs: new Map(runs.map((entry) => [entry.path, { state: states[entry.path] ?? '', entry }])),
  }
}

/** How many runs are read at the end of a run: a second's work at most. */
const mostAfterRun = 200

/** After a run, which it must neither delay nor fail. */
export async function addToResults(shell: Shell, out: string): Promise<void> {
  if (shell.signal.aborted) return
  try {
    const { unread } = await writeResults(shell, out, mostAfterRun)
    if (unread > 0)
      shell.say(
        `${shownPath(shell, pageFile(out))} is not up to date: ${unread} more runs are to be read; npm run results does it`,
      )
  } catch (error) {
    shell.say((error as Error).message)
  }
}

/** Makes sure that there are results. */
export async function checkResults(shell: Shell, out: string): Promise<void> {
  if ((await stat(out).catch(() => null))?.isDirectory()) return
  throw new Failure(
    'usage',
    `${shownPath(shell, out)}: no such folder; a run makes it, or --out names another`,
  )
}
