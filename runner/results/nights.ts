import { constants, existsSync } from 'node:fs'
import { access, link, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { readText } from '../../analysis/formats/file.ts'
import { type Acknowledged, type Night, parseAcknowledged, parseNight } from '../../analysis/formats/night.ts'
import { annotations, type Related, reportFiles, text as terminalText } from '../../analysis/report/files.ts'
import type { HistoryReport } from '../../analysis/report/history.ts'
import { judgedAlarms } from '../../analysis/runs/alarms.ts'
import { seriesOf } from '../../analysis/runs/history.ts'
import { Failure } from '../shell/exit.ts'
import { grouped, option, text } from '../shell/flags.ts'
import { refusal } from '../shell/refusal.ts'
import { type Shell, shownPath } from '../shell/shell.ts'
import { partialName, writeReport } from './folder.ts'
import { writeJunit } from './junit.ts'

export const historyFlag = grouped('Results', {
  history: option('LAS_HISTORY_DIR', 'dir', 'the folder of the nights (history)', text),
})

export type History = {
  readonly nights: readonly Night[]
  readonly acknowledged: Acknowledged
  readonly remarks: readonly string[]
}

/** The nights of a folder; a file that cannot be read is left as it is, and named. */
export async function readHistory(folder: string): Promise<History> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new Failure('environment', `${folder}: cannot be read (${error.code})`)
  })
  const nights: Night[] = []
  const remarks: string[] = []
  for (const name of names.sort()) {
    if (!name.endsWith('.json') || name.startsWith('.') || name === 'acknowledged.json') continue
    const text = readText(path.join(folder, name))
    const reading = text.kind === 'ok' ? parseNight(text.value) : text
    if (reading.kind === 'ok') nights.push(reading.value)
    else remarks.push(`${name} in the history: ${reading.reason}`)
  }
  return { nights, acknowledged: readAcknowledged(path.join(folder, 'acknowledged.json')), remarks }
}

function readAcknowledged(file: string): Acknowledged {
  if (!existsSync(file)) return []
  const text = readText(file)
  const reading = text.kind === 'ok' ? parseAcknowledged(text.value) : text
  if (reading.kind === 'ok') return reading.value
  throw new Failure('usage', `${file}: ${reading.reason}`)
}

/** Makes sure that nights can be added there. */
export async function openHistory(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
  } catch (error) {
    throw new Failure(
      'environment',
      `${folder}: cannot be written (${(error as NodeJS.ErrnoException).code}); --history names another folder`,
    )
  }
}

/**
 * Adds a night: never over another one, completely or not at all, even if two jobs add at once. A night that is there
 * already, with the same measurements, stays as it is.
 * @throws a Failure with advice
 */
export async function addNight(folder: string, night: Night): Promise<void> {
  const file = path.join(folder, `${night.id}.json`)
  const partial = partialName(file)
  if (has(file, night)) return
  try {
    await writeFile(partial, `${JSON.stringify(night)}\n`)
    await link(partial, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error
      return renameExclusively(partial, file)
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && has(file, night)) return
    throw new Failure(
      'environment',
      `${file}: cannot add the night (${refusal(error as Error)}); --resume adds it without running it again`,
    )
  } finally {
    await rm(partial, { force: true }).catch(() => {})
  }
}

/** Whether a file holds the measurements of this night; a Failure where it holds others. */
function has(file: string, night: Night): boolean {
  if (!existsSync(file)) return false
  const text = readText(file)
  const there = text.kind === 'ok' ? parseNight(text.value) : text
  if (there.kind === 'ok' && JSON.stringify(there.value.measured) === JSON.stringify(night.measured))
    return true
  throw new Failure(
    'environment',
    `${file}: there already, with other measurements; remove it to add this night instead`,
  )
}

/** For file systems without hard links: a rename alone would go over a file that is there. */
export async function renameExclusively(partial: string, file: string): Promise<void> {
  await writeFile(file, '', { flag: 'wx' })
  try {
    await rename(partial, file)
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
}

export function historyReport(
  { nights, acknowledged, remarks }: History,
  {
    more = [],
    comparison = null,
    entries = [],
    pages = new Map(),
  }: Partial<Pick<HistoryReport, 'comparison' | 'entries' | 'pages'>> & {
    readonly more?: readonly string[]
  } = {},
): HistoryReport {
  const series = seriesOf(nights)
  const judged = judgedAlarms(series, acknowledged)
  return {
    kind: 'history',
    nights,
    series,
    alarms: judged.filter(({ silent }) => silent === null),
    silent: judged.filter(({ silent }) => silent !== null),
    comparison,
    remarks: [...more, ...remarks],
    entries,
    pages,
  }
}

/** Where the pages of the nights that a folder of results still has are, by id, from the folder of a report. */
export const nightPages = (
  nights: readonly Night[],
  out: string,
  report: string,
): ReadonlyMap<string, string> =>
  new Map(
    nights.flatMap(({ id }) => {
      const page = path.join(out, id, 'report/index.html')
      return existsSync(page) ? [[id, addressFrom(report, page)] as const] : []
    }),
  )

/** A relative address. */
const addressFrom = (folder: string, file: string): string =>
  path.relative(folder, file).split(path.sep).map(encodeURIComponent).join('/')

/**
 * Writes the report, prints what it found, and gives its files by name.
 * @param options `junit` names a file for the results for CI
 */
export async function writeHistoryReport(
  shell: Shell,
  report: HistoryReport,
  folder: string,
  options: { readonly related?: readonly Related[]; readonly junit?: string | undefined } = {},
): Promise<ReadonlyMap<string, string>> {
  const files = reportFiles(report, options.related)
  await writeJunit(shell, options.junit, () => files.get('junit.xml') ?? '')
  await writeReport(folder, files)
  shell.print(terminalText(report))
  if (shell.env.GITHUB_ACTIONS === 'true') shell.print(annotations(report))
  shell.say(`report: ${shownPath(shell, path.join(folder, 'index.html'))}`)
  return files
}
