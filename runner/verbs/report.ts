import path from 'node:path'
import { readSource, type Source } from '../../analysis/formats/read.ts'
import { reportFiles } from '../../analysis/report/report.ts'
import { text } from '../../analysis/report/text.ts'
import { type Statistics, statistics } from '../../analysis/runs/statistics.ts'
import { writeReport } from '../results/folder.ts'
import { exitCodes, Failure } from '../shell/exit.ts'
import { type Flag, type Given, helpText, parseFlags, shownPath, userPath } from '../shell/flags.ts'
import { say } from '../shell/progress.ts'

const rate = (text: string) =>
  Number(text) > 0 ? undefined : `"${text}" is not a number of requests per second`

/** The load that a recommended number of replicas must hold. */
export const wantedFlag: Flag = {
  name: 'for',
  env: 'FOR_RATE',
  value: 'RATE',
  help: 'how many replicas hold that many requests/s within the SLOs?',
  check: rate,
}

const flags: Flag[] = [
  { name: 'out', env: 'REPORT_DIR', value: 'DIR', help: 'where the report goes' },
  wantedFlag,
]

const help = helpText(
  'npm run report -- RUN… [--out DIR]\n\nMakes the report of result folders again, or of the JSON summary of any k6 script.',
  flags,
  `One result folder gets its report inside, unless --out says otherwise; several, and bare summary files, need --out.
Exit codes: 0 every run passed, 1 one failed its SLOs, 2 usage, 3 one is invalid.

  npm run report -- results/20261124T101500Z-ramp-3fa9
  npm run report -- results/*-ramp-* --out before-and-after
  npm run report -- summary.json --out my-report`,
)

/** `npm run report`: everything that is computed after a run, from what it left. */
export async function report(args: string[]): Promise<number> {
  const given = parseFlags(flags, args, process.env)
  if (given.help) {
    process.stdout.write(help)
    return exitCodes.pass
  }
  const [first, ...more] = given.positionals
  if (!first) throw new Failure('usage', 'which runs? npm run report -- results/<run> (--help tells more)')
  const sources: Source[] = []
  for (const each of given.positionals) {
    const reading = await readSource(userPath(each))
    if (reading.kind === 'unreadable') throw new Failure('usage', reading.reason)
    sources.push(reading.source)
  }
  const out = given.get('out')
  if (!out && (more.length > 0 || !sources[0]?.run)) {
    throw new Failure(
      'usage',
      'where should the report go? add --out DIR (only a single result folder has a place for it)',
    )
  }
  const figures = statistics(sources, { wanted: wantedRate(given) })
  return writeAndPrint(figures, out ? userPath(out) : path.join(userPath(first), 'report'))
}

export const wantedRate = (given: Given): number | null => Number(given.get('for')) || null

/** Writes the report, prints the table and where the page is, and gives the exit code: of the worst verdict, or of what a comparison found. */
export async function writeAndPrint(figures: Statistics, folder: string): Promise<number> {
  await writeReport(folder, reportFiles(figures))
  process.stdout.write(`${text(figures)}\n`)
  say(`report: ${shownPath(path.join(folder, 'index.html'))}`)
  if (figures.comparison) return ofComparison(figures.comparison)
  const kinds = figures.runs.map(({ verdict }) => verdict.kind)
  return exitCodes[kinds.includes('invalid') ? 'invalid' : kinds.includes('fail') ? 'fail' : 'pass']
}

function ofComparison({ groups, judgement }: NonNullable<Statistics['comparison']>): number {
  if (groups.some(({ refused }) => refused.length > 0)) return exitCodes.usage
  const measured = groups.some(({ metrics }) => metrics.length > 0)
  return exitCodes[judgement === 'worse' ? 'fail' : measured ? 'pass' : 'invalid']
}
