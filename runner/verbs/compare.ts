import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { glob } from 'tinyglobby'
import { readSource } from '../../analysis/formats/read.ts'
import { type RunStatistics, runStatistics } from '../../analysis/run/statistics.ts'
import { comparison } from '../../analysis/runs/statistics.ts'
import { resultFolder } from '../results/folder.ts'
import { exitCodes, Failure } from '../shell/exit.ts'
import { type Flag, helpText, parseFlags, userPath } from '../shell/flags.ts'
import { writeAndPrint } from './report.ts'

/** The least change that matters, as `5%` or `0.05`. */
export const effectFlag: Flag = {
  name: 'effect',
  env: 'EFFECT',
  value: 'SHARE',
  help: 'the least change that matters (5%)',
  check: (text) =>
    effectOf(text) > 0 && effectOf(text) < 1 ? undefined : `"${text}" is not a share such as 5% or 0.05`,
}

export const effectOf = (text: string): number =>
  Number(text.replace(/%$/, '')) / (text.endsWith('%') ? 100 : 1)

const flags: Flag[] = [
  { name: 'in', env: 'RESULTS_DIR', value: 'DIR', help: 'where labels are looked for (results)' },
  effectFlag,
  { name: 'anyway', env: 'ANYWAY', help: 'compare even runs of another load, request or limit' },
  { name: 'out', env: 'REPORT_DIR', value: 'DIR', help: 'where the report goes (a new folder in results)' },
]

const help = helpText(
  'npm run compare -- BASELINE CANDIDATE [FLAGS]\n\nDid it get better or worse? From repeated runs of both sides, never from one.',
  flags,
  `A side is a result folder, a folder of them, a quoted glob, or a label such as commit=abc (of runs below --in).
Exit codes: 0 not worse (better, no difference, or cannot tell), 1 worse, 2 usage or not comparable, 3 nothing valid to compare.

  npm run compare -- commit=1a2b3c commit=4d5e6f
  npm run compare -- 'results/*-r2-*' 'results/*-r4-*' --anyway
  npm run compare -- monday tuesday --effect 10%`,
)

/** `npm run compare`: see its help. Returns the exit code. */
export async function compare(args: string[]): Promise<number> {
  const given = parseFlags(flags, args, process.env)
  if (given.help) {
    process.stdout.write(help)
    return exitCodes.pass
  }
  const [first, second, ...more] = given.positionals
  if (!first || !second || more.length > 0) {
    throw new Failure(
      'usage',
      `two sides are needed, ${given.positionals.length} were given: npm run compare -- BASELINE CANDIDATE (quote a glob)`,
    )
  }
  const within = userPath(given.get('in') ?? 'results')
  const [baseline, candidate] = [await side(first, within), await side(second, within)]
  const both = baseline.filter(({ name }) => candidate.some((other) => other.name === name))
  if (both.length > 0) throw new Failure('usage', `${both[0]?.name} is on both sides`)
  const figures = comparison(baseline, candidate, {
    ...(given.get('effect') && { effect: effectOf(given.get('effect') ?? '') }),
    anyway: given.get('anyway') === 'true',
  })
  const out = given.get('out')
  if (out) return writeAndPrint(figures, userPath(out))
  const folder = await resultFolder(within, 'compare', new Date())
  return writeAndPrint(figures, path.join(await folder.complete(), 'report'))
}

// A curve has hundreds of points; of so many runs nobody could tell one from another.
const mostDrawn = 200

const withoutCurves = (run: RunStatistics): RunStatistics => ({
  ...run,
  percentiles: [],
  stages: run.stages.map((stage) => ({ ...stage, percentiles: [] })),
})

/** The runs that somebody means; each is read, its figures are taken, and its summary is let go. */
async function side(named: string, within: string): Promise<RunStatistics[]> {
  const at = userPath(named)
  const label = /^([^=/\s]+)=(.+)$/.exec(named)
  const folders = existsSync(at)
    ? await below(at)
    : label
      ? await below(within)
      : await glob(path.basename(named).includes('*') || /[*?[{]/.test(named) ? [named] : [], {
          cwd: process.env.INIT_CWD ?? process.cwd(),
          onlyDirectories: true,
          absolute: true,
          expandDirectories: false,
        })
  const left = folders.filter((folder) => existsSync(path.join(folder, 'run.json'))).sort()
  const runs: RunStatistics[] = []
  while (left.length > 0) {
    // Some at a time: the disk has an answer while others are worked on, and never are all summaries held.
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
        ? `${named}: no run below ${within} has that label`
        : `${named}: no result folder there; name one, a folder of them, a quoted glob, or a label such as commit=abc`,
    )
  }
  return runs
}

/** Result folders: this one, or those in it and in the folders of sweeps in it. */
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
