import path from 'node:path'
import { parseFigures, type TaggedFigure } from '../../analysis/formats/figure.ts'
import {
  annotations,
  eachFile,
  junit,
  type Related,
  text as terminalText,
} from '../../analysis/report/files.ts'
import type { RunStatistics } from '../../analysis/run/statistics.ts'
import { unknownFigures } from '../../analysis/runs/figures-compared.ts'
import type { Statistics } from '../../analysis/runs/statistics.ts'
import { exitCodes, Failure } from '../shell/exit.ts'
import { grouped, option, text } from '../shell/flags.ts'
import { type Shell, shownPath } from '../shell/shell.ts'
import { adviceFor } from './advice.ts'
import { writeReport } from './folder.ts'
import { writeJunit } from './junit.ts'

function rate(value: string): number {
  if (!(Number(value) > 0)) throw new Error(`"${value}" is not a number of requests per second`)
  return Number(value)
}

function share(value: string): number {
  const number = Number(value.replace(/%$/, '')) / (value.endsWith('%') ? 100 : 1)
  if (!(number > 0 && number < 1)) throw new Error(`"${value}" is not a share such as 5% or 0.05`)
  return number
}

export const wantedFlag = grouped('Report', {
  for: option('LAS_FOR_RATE', 'rate', 'how many replicas hold this many requests/s within the SLOs?', rate),
})

export const effectFlag = grouped('Report', {
  effect: option('LAS_EFFECT', 'share', 'the least change that matters (5%)', share),
})

function taggedFigures(text: string): readonly TaggedFigure[] {
  const parsed = parseFigures(text)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

export const figuresFlag = grouped('Report', {
  figures: option(
    'LAS_FIGURES',
    'list',
    'compared beside those of the whole run, such as p50{name:checkout},p95{group:buy},rate{check:paid},p95{metric:cart_time}, or none; the more there are, the less is found (the p95 of each request name)',
    taggedFigures,
    ',',
  ),
})

/** A Failure for a declared figure that none of the runs has. */
export function checkFigures(runs: readonly RunStatistics[], declared: readonly TaggedFigure[] | null): void {
  const unknown = unknownFigures(runs, declared ?? [])
  if (unknown !== null) throw new Failure('usage', `--figures: ${unknown}`)
}

export const reportFolderFlag = (usual: string) =>
  grouped('Report', { out: option('LAS_REPORT_DIR', 'dir', `where the report goes (${usual})`, text) })

/**
 * Writes the report, prints the table, advice and where the page is, and gives the exit code: of the worst verdict, or of
 * what a comparison or the noise of repeats showed.
 * @param options `junit` names a file for the results for CI
 */
export async function writeAndPrint(
  shell: Shell,
  figures: Statistics,
  folder: string,
  options: { readonly related?: readonly Related[]; readonly junit?: string | undefined } = {},
): Promise<number> {
  // What was found is shown even where there is no room for its report.
  const failure = await writeReport(folder, eachFile(figures, options.related))
    .finally(() => writeJunit(shell, options.junit, () => junit(figures)))
    .then(
      () => null,
      (error: Error) => error,
    )
  shell.print(terminalText(figures))
  if (shell.env.GITHUB_ACTIONS === 'true') shell.print(annotations(figures))
  if (failure) throw failure
  for (const advice of adviceFor(figures)) shell.say(advice)
  shell.say(`report: ${shownPath(shell, path.join(folder, 'index.html'))}`)
  if (figures.comparison) return comparisonCode(figures.comparison)
  if (figures.arrivals) return arrivalsCode(figures.arrivals)
  if (figures.noise) return exitCodes[figures.noise.recommended ? 'pass' : 'invalid']
  const kinds = figures.runs.map(({ verdict }) => verdict.kind)
  return exitCodes[kinds.includes('invalid') ? 'invalid' : kinds.includes('fail') ? 'fail' : 'pass']
}

/** Fails where the wanted rate has no cell, or the check did not hold; invalid where no cell's capacity is known. */
function arrivalsCode({ cells, wanted, recommended, check }: NonNullable<Statistics['arrivals']>): number {
  if (cells.every(({ held }) => held === null)) return exitCodes.invalid
  if (check?.limit === 'generator') return exitCodes.invalid
  const failed = check?.held === false || (wanted !== null && recommended === null)
  return exitCodes[failed ? 'fail' : 'pass']
}

function comparisonCode({ groups, judgement }: NonNullable<Statistics['comparison']>): number {
  if (groups.some(({ refused }) => refused.length > 0)) return exitCodes.usage
  const measured = groups.some(({ metrics }) => metrics.length > 0)
  if (judgement === 'worse') return exitCodes.fail
  return exitCodes[measured && !groups.some(({ suspect }) => suspect) ? 'pass' : 'invalid']
}
