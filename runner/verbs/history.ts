import { randomBytes } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { access, link, mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Acknowledged, type Night, parseNight } from '../../analysis/formats/night.ts'
import { alarmWords, type HistoryReport, historyFiles, historyTitle } from '../../analysis/report/history.ts'
import { alarmsOf } from '../../analysis/runs/alarms.ts'
import { seriesOf } from '../../analysis/runs/history.ts'
import { writeReport } from '../results/folder.ts'
import { exitCodes, Failure } from '../shell/exit.ts'
import { type Flag, helpText, parseFlags, shownPath, userPath } from '../shell/flags.ts'
import { say } from '../shell/progress.ts'

export const historyFlag: Flag = {
  name: 'history',
  env: 'HISTORY_DIR',
  value: 'DIR',
  help: 'the folder of the nights (history)',
}

const flags: Flag[] = [
  historyFlag,
  { name: 'out', env: 'REPORT_DIR', value: 'DIR', help: 'where the report goes (history-report)' },
]

const help = helpText(
  'npm run history [-- FLAGS]\n\nDraws every figure over the nights, with its changes and what must be looked at.',
  flags,
  `A history is a folder of one small file a night, as npm run nightly adds them. A change that is known goes into its
acknowledged.json: [{"series": "constant · p95", "night": "…", "reason": "…"}].
Exit codes: 0 no alarm, 1 a figure is worse, 2 usage, 3 no night.

  npm run history -- --history history --out nights`,
)

/** `npm run history`: see its help. Returns the exit code. */
export async function history(args: string[]): Promise<number> {
  const given = parseFlags(flags, args, process.env)
  if (given.help) {
    process.stdout.write(help)
    return exitCodes.pass
  }
  const read = await readHistory(userPath(given.get('history') ?? 'history'))
  if (read.nights.length === 0)
    throw new Failure(
      'invalid',
      `${given.get('history') ?? 'history'}: no night there yet; npm run nightly adds them`,
    )
  const report = reportOf(read, [], null)
  await tell(report, userPath(given.get('out') ?? 'history-report'))
  return exitCodes[report.alarms.length > 0 ? 'fail' : 'pass']
}

export type History = {
  readonly nights: Night[]
  readonly acknowledged: Acknowledged
  readonly remarks: string[]
}

/** The nights of a folder; what cannot be read is left as it is, and named. */
export async function readHistory(folder: string): Promise<History> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new Failure('environment', `${folder}: cannot be read (${error.code})`)
  })
  const nights: Night[] = []
  const remarks: string[] = []
  for (const name of names.sort()) {
    if (!name.endsWith('.json') || name.startsWith('.') || name === 'acknowledged.json') continue
    const reading = parseNight(await readFile(path.join(folder, name), 'utf8'))
    if (reading.kind === 'ok') nights.push(reading.value)
    else remarks.push(`${name} in the history: ${reading.reason}`)
  }
  return { nights, acknowledged: await readAcknowledged(path.join(folder, 'acknowledged.json')), remarks }
}

async function readAcknowledged(file: string): Promise<Acknowledged> {
  if (!existsSync(file)) return []
  try {
    return Acknowledged.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    throw new Failure('usage', `${file}: not a JSON list of {"series", "night", "reason"}, all of them text`)
  }
}

/** Sees to it that nights can be added there. */
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

/** Adds a night: never over another one, whole or not at all, also where two jobs add at once. */
export async function addNight(folder: string, night: Night): Promise<void> {
  const file = path.join(folder, `${night.id}.json`)
  const partial = path.join(folder, `.${night.id}.${randomBytes(4).toString('hex')}`)
  await writeFile(partial, `${JSON.stringify(night)}\n`)
  try {
    // Unlike a rename it fails where the name is taken.
    await link(partial, file)
  } finally {
    await unlink(partial)
  }
}

export function reportOf(
  { nights, acknowledged, remarks }: History,
  more: readonly string[],
  comparison: HistoryReport['comparison'],
): HistoryReport {
  const series = seriesOf(nights)
  return {
    nights,
    series,
    alarms: alarmsOf(series, acknowledged),
    comparison,
    remarks: [...more, ...remarks],
  }
}

/** Writes the report, says what it found, and gives its files by their names. */
export async function tell(report: HistoryReport, folder: string): Promise<ReadonlyMap<string, string>> {
  const files = historyFiles(report)
  await writeReport(folder, files)
  process.stdout.write(
    `${[historyTitle(report), ...report.alarms.map(alarmWords), ...report.remarks].join('\n')}\n`,
  )
  say(`report: ${shownPath(path.join(folder, 'index.html'))}`)
  return files
}
