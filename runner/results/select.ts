import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { glob } from 'tinyglobby'
import { readSource } from '../../analysis/formats/read.ts'
import { type RunStatistics, runStatistics } from '../../analysis/run/statistics.ts'
import { Failure } from '../shell/exit.ts'
import { type Shell, userPath } from '../shell/shell.ts'

// A curve has hundreds of points, and nobody can tell apart the curves of this many runs.
const mostDrawn = 200

const withoutCurves = (run: RunStatistics): RunStatistics => ({
  ...run,
  percentiles: [],
  stages: run.stages.map((stage) => ({ ...stage, percentiles: [] })),
})

/**
 * The runs that a result folder, a folder of them, a glob or a label names; labels are searched below `within`. Their
 * summaries are not kept.
 */
export async function runsNamed(shell: Shell, named: string, within: string): Promise<RunStatistics[]> {
  const at = userPath(shell, named)
  const label = /^([^=/\s]+)=(.+)$/.exec(named)
  const folders = existsSync(at)
    ? await below(at)
    : label
      ? await below(within)
      : await glob(/[*?[{]/.test(named) ? [named] : [], {
          cwd: shell.cwd,
          onlyDirectories: true,
          absolute: true,
          expandDirectories: false,
        })
  const left = folders.filter((folder) => existsSync(path.join(folder, 'run.json'))).sort()
  const runs: RunStatistics[] = []
  while (left.length > 0) {
    // A few at a time: reading and computing overlap, and the summaries are never all in memory.
    for (const reading of await Promise.all(left.splice(0, 16).map(readSource))) {
      if (reading.kind === 'unreadable') throw new Failure('usage', reading.reason)
      const { source } = reading
      if (label && !existsSync(at) && !carries(source.run, label[1] ?? '', label[2] ?? '')) continue
      const figures = runStatistics(source)
      runs.push(folders.length > mostDrawn ? withoutCurves(figures) : figures)
    }
  }
  if (runs.length === 0) {
    throw new Failure(
      'usage',
      label && !existsSync(at)
        ? `${named}: no run below ${within} has this label`
        : `${named}: no result folder there; name one, a folder of them, a quoted glob, or a label such as commit=abc`,
    )
  }
  return runs
}

/** Result folders: this one, or those in it and in its series. */
async function below(at: string): Promise<string[]> {
  if (!(await stat(at)).isDirectory()) throw new Failure('usage', `${at}: not a folder`)
  const files = await glob(['run.json', '*/run.json', '*/*/run.json'], { cwd: at, absolute: true })
  return files.map((file) => path.dirname(file))
}

function carries(
  run: { readonly commit: string | null; readonly labels: Readonly<Record<string, string>> } | null,
  key: string,
  value: string,
): boolean {
  if (run?.labels[key] === value) return true
  return key === 'commit' && (run?.commit?.startsWith(value) ?? false)
}
