import path from 'node:path'
import { runStatistics } from '../../analysis/run/statistics.ts'
import { nextRate, probeOf, type Search } from '../../analysis/runs/breakpoint.ts'
import { breakpointStatistics } from '../../analysis/runs/statistics.ts'
import { findK6 } from '../k6/find.ts'
import { measure } from '../load/measure.ts'
import { checkLoad, runFlags } from '../load/options.ts'
import { isFile, type Script } from '../load/script.ts'
import { namedDeployment, openFor } from '../load/target.ts'
import { addToResults } from '../results/browse.ts'
import { writeAndPrint } from '../results/print.ts'
import { closeSeries, resumable, sayHowToResume } from '../series/execute.ts'
import { finished, labelsOf } from '../series/finished.ts'
import { precisionFlag, repeatFlag, resumeFlag } from '../series/options.ts'
import { openSeries, type Series, scriptsOf } from '../series/plan.ts'
import { probeOptions, searchRate, searchSlo } from '../series/search.ts'
import { exitCodes, exitCodesHelp, Failure } from '../shell/exit.ts'
import {
  type Flags,
  grouped,
  type OptionsOf,
  option,
  optionsFrom,
  type Parsed,
  parseFlags,
} from '../shell/flags.ts'
import type { Shell } from '../shell/shell.ts'

function script(name: string): string {
  if (!isFile(name)) throw new Error(`"${name}" is not the file of a k6 script, such as ./checkout.ts`)
  return name
}

const flags = {
  ...runFlags,
  ...grouped('Load', {
    scenario: option(
      'LAS_SCENARIO',
      'file',
      'a k6 script whose rates are scaled; default: one request at a time',
      script,
    ),
  }),
  rate: { ...runFlags.rate, help: 'requests per second of the first probe (20)' },
  duration: { ...runFlags.duration, help: 'of each probe (10s)' },
  quick: { ...runFlags.quick, help: 'probes of three seconds, for trying' },
  slo: { ...runFlags.slo, help: `what a probe must hold (${searchSlo})` },
  ...grouped('Load', {
    ...repeatFlag(2, 'repeats of the last passing and first failing rate'),
    ...precisionFlag(2),
  }),
  ...resumeFlag,
} satisfies Flags

const usage = {
  command: 'breakpoint',
  purpose:
    'Finds the highest rate of requests that holds the SLOs: probes in the open model, doubled until one breaks, then bisected.',
  flags,
  notes: `A probe holds if its SLOs do, no request was dropped, and its queue did not grow: requests did not arrive faster than
they were answered by more than --precision, and never by more than 2 %. With --arrivals poisson, requests in bunches look
like growth of up to about 1 ÷ √(requests of a probe), so that much is not counted: make probes longer.
Of a script the k6 scenarios with arrival rates are kept, each with its share of the probe's iterations; one without any
is run by its default function.
${exitCodesHelp}

  npm run scenario:breakpoint -- --work-ms 10 --slo p95=200
  npm run scenario:breakpoint -- --url http://10.0.0.7 --path /api/items --rate 200
  npm run scenario:breakpoint -- --scenario ./checkout.ts --url http://10.0.0.7`,
}

/** `breakpoint`: passes where a rate held, is invalid where k6 was the bottleneck. */
export async function breakpoint(shell: Shell, args: readonly string[]): Promise<number> {
  const parsed = parseFlags(usage, args, shell)
  if (!parsed) return exitCodes.pass
  const series = await openSeries(shell, 'breakpoint', parsed, () => begin(shell, parsed))
  return resumable(shell, series, () => search(shell, series, parsed.options))
}

/** A series of one planned run, which stands for every probe. */
async function begin(shell: Shell, { options, written }: Parsed<typeof flags>) {
  const { scenario = 'arrival' } = options
  checkLoad(scenario, options)
  // A cluster that is away when a search begins is said at once; later it is waited for.
  if (options.cluster || options.deployment !== undefined)
    await (await import('../cluster/deployed.ts')).findDeployed(shell, namedDeployment(options))
  const { out: _, resume: __, 'allow-public': ___, scenario: ____, junit: _____, ...kept } = written
  const cell = { name: 'probe', scenario, side: null, replicas: null, flags: kept }
  const local = !options.cluster && options.deployment === undefined
  return { cells: [cell], local, sides: { a: null, b: null }, repeats: 1 }
}

/** Makes the probes that are still to be made, and reports all. Its flags come from a file, so they are checked again. */
async function search(
  shell: Shell,
  series: Series,
  { allowPublic, junit }: Pick<OptionsOf<typeof flags>, 'allowPublic' | 'junit'>,
): Promise<number> {
  const { out: _, resume: __, junit: ___, ...known } = flags
  const [{ scenario = 'arrival', flags: written = {} } = {}] = series.plan.runs
  const options = optionsFrom(known, {
    slo: searchSlo,
    duration: written.quick === 'true' ? '3s' : '10s',
    ...written,
  })
  checkLoad(scenario, options)
  const { rate: start = 20, precision = 2, repeat = 2 } = options
  const wanted: Search = { start, precision: precision / 100, repeat }
  const runs = [...(await finished(series.folder)).values()].map(runStatistics)
  // Started anew, the workload would be calibrated anew, and its requests would be others.
  const unitsPerMs = runs[0]?.run?.target.workload?.unitsPerMs
  const loading = scriptsOf(series.plan, series.plan.runs).then((scripts) => scripts.get(scenario) as Script)
  const opening = loading.then((script) =>
    openFor(shell, script, { ...options, allowPublic }, { unitsPerMs, patient: true }),
  )
  const [k6, script, target] = await Promise.all([findK6(shell), loading, opening]).catch(async (error) => {
    await (await opening.catch(() => null))?.restore()
    throw error
  })
  let failure: Error | null = null
  try {
    await searchRate(shell, runs, wanted, async (rate, number) => {
      const { source } = await measure(shell, {
        script,
        search: rate,
        options: probeOptions(options, rate, number),
        target,
        labels: labelsOf(series, { cell: `probe.${number}`, side: null }),
        out: series.folder,
        k6,
      })
      return runStatistics(source)
    })
  } catch (error) {
    failure = error as Error
  } finally {
    await target?.restore()
  }
  const probes = runs.flatMap((run) => probeOf(run, wanted))
  const done = nextRate(probes, wanted) === null
  const folder = done ? await closeSeries(series) : series.folder
  if (runs.length === 0) throw failure ?? new Failure('interrupted', 'interrupted during the first probe')
  const figures = breakpointStatistics(runs, wanted)
  await writeAndPrint(shell, figures, path.join(folder, 'report'), { junit })
  await addToResults(shell, path.dirname(folder))
  if (failure && !shell.signal.aborted) throw failure
  if (!done) sayHowToResume(shell, series, probes.length)
  if (!done || shell.signal.aborted) return exitCodes.interrupted
  const { held, limit } = figures.breakpoint ?? {}
  if (limit === 'generator') return exitCodes.invalid
  return exitCodes[held ? 'pass' : 'fail']
}
