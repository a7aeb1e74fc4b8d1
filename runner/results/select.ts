import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { glob } from 'tinyglobby'
import type { JsonReading } from '../../analysis/formats/json.ts'
import { readRun, readSource } from '../../analysis/formats/read.ts'
import type { Run } from '../../analysis/formats/run.ts'
import { readFigures } from '../../analysis/run/kept.ts'
import { type RunStatistics, runStatistics } from '../../analysis/run/statistics.ts'
import { Failure } from '../shell/exit.ts'
import { type Shell, userPath } from '../shell/shell.ts'

// A curve has hundreds of points, and nobody can tell apart the curves of this many runs.
const mostDrawn = 200

/**
 * The runs that a result folder, a folder of them, a glob or a label names; labels are searched below `within`. Their
 * summaries are not kept. With `summaries`, a k6 summary file, a folder of them or a glob may be named too.
 */
export async function runsNamed(
  shell: Shell,
  named: string,
  within: string,
  { summaries = false } = {},
): Promise<RunStatistics[]> {
  const at = userPath(shell, named)
  if (summaries && (await stat(at).catch(() => null))?.isFile()) return [await ofFile(shell, at)]
  const wanted = await foldersNamed(shell, named, within)
  const runs: RunStatistics[] = []
  for (const folder of wanted) {
    runs.push(wanted.length > mostDrawn ? known(await readFigures(folder)) : await withCurves(folder))
    // Kept figures are read without waiting, and Ctrl-C must still be noticed.
    await setImmediate()
  }
  if (runs.length === 0 && summaries)
    for (const file of await summariesNamed(shell, named)) runs.push(await ofFile(shell, file))
  if (runs.length === 0) throw nothingNamed(named, labelOf(shell, named) ? within : null)
  return runs
}

/** The result folders that a name stands for, as of `runsNamed`; a Failure where there are none. */
export async function resultFoldersNamed(shell: Shell, named: string, within: string): Promise<string[]> {
  const found = await foldersNamed(shell, named, within)
  if (found.length === 0) throw nothingNamed(named, labelOf(shell, named) ? within : null)
  return found
}

async function foldersNamed(shell: Shell, named: string, within: string): Promise<string[]> {
  const at = userPath(shell, named)
  const label = labelOf(shell, named)
  const folders = existsSync(at)
    ? await below(at)
    : label
      ? await below(within)
      : (await Promise.all((await globbed(shell, named, { onlyDirectories: true })).map(below))).flat()
  const there = [...new Set(folders)].sort()
  return label ? there.filter((folder) => carries(known(readRun(folder)).run, ...label)) : there
}

/** `commit=abc` where no folder has that name. */
function labelOf(shell: Shell, named: string): [key: string, value: string] | null {
  const [, key, value] = existsSync(userPath(shell, named)) ? [] : (/^([^=/\s]+)=(.+)$/.exec(named) ?? [])
  return key !== undefined && value !== undefined ? [key, value] : null
}

const nothingNamed = (named: string, within: string | null): Failure =>
  new Failure(
    'usage',
    within === null
      ? `${named}: no result folder there; name one, a folder of them, a quoted glob, or a label such as commit=abc`
      : `${named}: no run below ${within} has this label`,
  )

/** The JSON files of a folder, or those of a glob. */
async function summariesNamed(shell: Shell, named: string): Promise<string[]> {
  const at = userPath(shell, named)
  const files = existsSync(at)
    ? await glob(['*.json'], { cwd: at, absolute: true })
    : await globbed(shell, named, { onlyFiles: true })
  return files.sort()
}

/** With its path as its name: many are called summary.json. */
async function ofFile(shell: Shell, file: string): Promise<RunStatistics> {
  const reading = await readSource(file)
  if (reading.kind === 'unreadable') throw new Failure('usage', reading.reason)
  return runStatistics({ ...reading.source, name: path.relative(shell.cwd, file) })
}

const globbed = (shell: Shell, named: string, kind: { onlyDirectories?: true; onlyFiles?: true }) =>
  glob(/[*?[{]/.test(named) ? [named] : [], {
    cwd: shell.cwd,
    ...kind,
    absolute: true,
    expandDirectories: false,
  })

/** Result folders: this one, or those in it and in its series. */
async function below(at: string): Promise<string[]> {
  if (!(await stat(at)).isDirectory()) throw new Failure('usage', `${at}: not a folder`)
  const files = await glob(['run.json', '*/run.json', '*/*/run.json'], { cwd: at, absolute: true })
  return files.map((file) => path.dirname(file))
}

async function withCurves(folder: string): Promise<RunStatistics> {
  const reading = await readSource(folder)
  if (reading.kind === 'unreadable') throw new Failure('usage', reading.reason)
  return runStatistics(reading.source)
}

const carries = ({ labels, commit }: Run, key: string, value: string): boolean =>
  labels[key] === value || (key === 'commit' && (commit?.startsWith(value) ?? false))

function known<Value>(reading: JsonReading<Value>): Value {
  if (reading.kind === 'unreadable') throw new Failure('usage', reading.reason)
  return reading.value
}
