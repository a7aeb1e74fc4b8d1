import type { Source } from '../../analysis/formats/read.ts'
import { runStatistics } from '../../analysis/run/statistics.ts'
import { checkCell } from '../../analysis/runs/arrivals.ts'
import { type Statistics, statistics } from '../../analysis/runs/statistics.ts'
import { checkLoad, loadFlags, outFlag } from '../load/options.ts'
import { isFile } from '../load/script.ts'
import { needPath } from '../load/target.ts'
import { deploymentFlags, generatorFlags, targetFlags } from '../load/target-options.ts'
import { positiveIntegers } from '../load/values.ts'
import { junitFlag } from '../results/junit.ts'
import { checkFigures, figuresFlag, wantedFlag } from '../results/print.ts'
import { runSeries } from '../series/execute.ts'
import { cellsOf, type Factors, levelsOf, parseFactors } from '../series/factors.ts'
import { loadWritten, precisionFlag, repeatFlag, resumeFlag, seriesFlags } from '../series/options.ts'
import { openSeries, type PlannedRun, type Series } from '../series/plan.ts'
import { searchSlo } from '../series/search.ts'
import { variedDeployment } from '../series/sides.ts'
import { exitCodes, exitCodesHelp, Failure } from '../shell/exit.ts'
import {
  type Flags,
  grouped,
  option,
  optionsFrom,
  type Parsed,
  parseFlags,
  toggle,
  type Written,
} from '../shell/flags.ts'
import type { Shell } from '../shell/shell.ts'

/** As a scenario: each run is a search for the highest arrival rate. */
const searching = 'breakpoint'

const flags = {
  ...grouped('Series', {
    replicas: option('LAS_REPLICAS', 'n,n,…', 'the numbers of replicas (1,2,4)', positiveIntegers),
    vary: option(
      'LAS_VARY',
      'name=x,y,…',
      'replicas, cpu, memory (limits), image or env.NAME; repeated: every combination',
      parseFactors,
      '\n',
    ),
    pairs: toggle('LAS_PAIRS', 'of --vary only as many cells as bring every two levels together'),
  }),
  ...repeatFlag(3, 'runs of each cell'),
  ...grouped('Load', {
    search: toggle(
      'LAS_SEARCH',
      'of a script of your own: search the highest arrival rate, as --scenario breakpoint does',
    ),
    ...precisionFlag(5),
  }),
  ...grouped('Report', {
    check: toggle('LAS_CHECK', 'with --for: run what is recommended once, and say whether it held'),
  }),
  ...seriesFlags,
  scenario: {
    ...seriesFlags.scenario,
    help: 'what to run: a scenario, breakpoint to search the highest arrival rate, or a k6 script (constant)',
    parse: (name: string): string => (name === searching ? name : seriesFlags.scenario.parse(name)),
  },
  ...resumeFlag,
  ...grouped('Target', {
    local: toggle('LAS_LOCAL', 'processes behind one loopback port instead of pods'),
  }),
  allowPublic: targetFlags.allowPublic,
  ...deploymentFlags,
  ...generatorFlags,
  ...loadFlags,
  ...wantedFlag,
  figures: {
    ...figuresFlag.figures,
    help: 'shown for each cell, such as p50{name:checkout},rate{check:paid}, or none (the p95 of each request name)',
  },
  ...junitFlag,
  ...outFlag,
} satisfies Flags

const usage = {
  command: 'sweep',
  purpose:
    'Runs the same load against different numbers of replicas, or other factors, each repeated, in shuffled order.',
  flags,
  notes: `Without --local, the workload on the current kube context is scaled, or a --deployment of your own, and scaled
back at the end.
${exitCodesHelp}

  npm run sweep -- --local --replicas 1,2
  npm run sweep -- --replicas 1,2,4,8 --repeat 5 --duration 60s --vus 64
  npm run sweep -- --deployment shop/api --path /items --replicas 1,2,4
  npm run sweep -- --vary replicas=1,2,4 --vary cpu=200m,500m --vary env.POOL=4,8
  npm run sweep -- --scenario breakpoint --replicas 1,2,4 --slo p95=250 --for 100 --check`,
}

/** `sweep`: throughput and latency against the number of replicas. */
export async function sweep(shell: Shell, args: readonly string[]): Promise<number> {
  const parsed = parseFlags(usage, args, shell)
  if (!parsed) return exitCodes.pass
  const { for: wanted = null, allowPublic, check: checked, junit, figures: declared = null } = parsed.options
  if (checked && wanted === null)
    throw new Failure('usage', '--check runs what is recommended for a rate: add --for')
  const series = await openSeries(shell, 'sweep', parsed, () => begin(shell, parsed))
  // Of a resumed one only its plan says what it is.
  checkReport(parsed.options, series.plan.search !== undefined)
  const figures = (sources: readonly Source[]) => statistics(sources, { wanted, figures: declared })
  const last = (sources: readonly Source[]) =>
    wanted === null ? null : checkOf(series, figures(sources), wanted)
  const check = (source: Source) => checkFigures([runStatistics(source)], declared)
  return runSeries(shell, series, { allowPublic, junit, check, ...(checked && { last }) }, figures)
}

/** The recommended cell at the wanted rate, three times as long as a probe; null where nothing is recommended. */
function checkOf({ plan }: Series, { arrivals }: Statistics, wanted: number): PlannedRun | null {
  const recommended = arrivals?.cells[arrivals.recommended ?? -1]
  const run = plan.runs.find(
    ({ replicas, factors = {} }) =>
      recommended &&
      Object.entries({ ...(replicas !== null && { replicas: String(replicas) }), ...factors }).every(
        ([name, level]) => recommended.levels[name] === level,
      ),
  )
  if (!run) return null
  const { duration = 10_000 } = optionsFrom(loadFlags, run.flags)
  return {
    ...run,
    cell: `${checkCell}${run.cell.replace(/\.\d+$/, '')} at ${wanted}`,
    flags: { ...run.flags, rate: String(wanted), duration: `${(3 * duration) / 1000}s` },
  }
}

/** A Failure for what only a search has, or only a series without one. */
function checkReport({ check, figures }: Parsed<typeof flags>['options'], search: boolean): void {
  if (check && !search)
    throw new Failure('usage', '--check is for a search of arrival rates: add --scenario breakpoint')
  if (figures && search)
    throw new Failure('usage', '--figures is not for a search of arrival rates; leave it out')
}

async function begin(shell: Shell, { options, written }: Parsed<typeof flags>) {
  const { scenario: named = 'constant', local, repeat = 3, precision = 5 } = options
  const search = named === searching || options.search
  const scenario = named === searching ? 'arrival' : named
  checkReport(options, search === true)
  if (options.search && !isFile(named))
    throw new Failure('usage', '--search is for a script of your own; else --scenario breakpoint searches')
  if (options.precision !== undefined && !search)
    throw new Failure('usage', '--precision is of a search: add --scenario breakpoint')
  const varied = factorsOf(options)
  if (
    options.for !== undefined &&
    !search &&
    [...varied].some(([name, { length }]) => name !== 'replicas' && length > 1)
  )
    throw new Failure('usage', '--for recommends a number of replicas; leave it out where other factors vary')
  checkLoad(scenario, options)
  const { deployment, path } = options
  if (deployment === undefined && path !== undefined)
    throw new Failure('usage', '--path is for --deployment; else a sweep loads the bundled workload')
  if (local && deployment !== undefined)
    throw new Failure('usage', '--local and --deployment each name a target; give one of them')
  if (!isFile(scenario)) needPath(options)
  // Says now, rather than after a plan has been written, that there is nothing to scale.
  const all = cellsOf(varied, options)
  const deployed = local
    ? {}
    : await variedDeployment(shell, { options, written, levels: levelsOf(all[0] ?? {}) })
  const cells = all.map(({ replicas, ...factors }) => ({
    name: cellName({ ...(replicas && { replicas }), ...factors }),
    scenario,
    side: null,
    replicas: replicas === undefined ? null : Number(replicas),
    ...(Object.keys(factors).length > 0 && { factors }),
    flags: search
      ? { slo: searchSlo, duration: options.quick ? '3s' : '10s', ...withoutQuick(loadWritten(written)) }
      : loadWritten(written),
  }))
  return {
    cells,
    local,
    sides: { a: null, b: null },
    ...deployed,
    ...(search && { search: { precision: precision / 100 } }),
    repeats: repeat,
  }
}

const withoutQuick = ({ quick: _, ...written }: Written): Written => written

/** What is varied: by default 1, 2 and 4 replicas. */
function factorsOf({ replicas, vary, local }: Parsed<typeof flags>['options']): Factors {
  if (replicas && vary?.has('replicas'))
    throw new Failure('usage', '--replicas and --vary replicas= say the same; give one of them')
  const factors = new Map<string, readonly string[]>([
    ...(replicas || !vary ? [['replicas', [...new Set((replicas ?? [1, 2, 4]).map(String))]] as const] : []),
    ...(vary ?? []),
  ])
  const fixed = [...factors.keys()].find((name) => ['cpu', 'memory', 'image'].includes(name))
  if (local && fixed)
    throw new Failure(
      'usage',
      `--local starts processes here, which have no ${fixed} to vary; leave out --local`,
    )
  return factors
}

/** `2` of replicas alone, else `replicas=2,cpu=200m`. */
const cellName = ({ replicas, ...others }: Readonly<Record<string, string>>): string =>
  Object.keys(others).length === 0
    ? String(replicas)
    : Object.entries({ ...(replicas && { replicas }), ...others })
        .map(([name, level]) => `${name}=${level}`)
        .join(',')
