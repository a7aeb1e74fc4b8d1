import path from 'node:path'
import { runStatistics } from '../../analysis/run/statistics.ts'
import { nextRate, probeOf, type Search } from '../../analysis/runs/breakpoint.ts'
import { breakpointStatistics } from '../../analysis/runs/statistics.ts'
import { findK6 } from '../k6/find.ts'
import { measure } from '../load/measure.ts'
import { checkLoad, runFlags } from '../load/options.ts'
import { isFile, type Script } from '../load/script.ts'
import { openFor } from '../load/target.ts'
import { addToResults } from '../results/browse.ts'
import { writeAndPrint } from '../results/print.ts'
import { closeSeries, finished, labelsOf, resumable, sayHowToResume } from '../series/execute.ts'
import { openSeries, repeatFlag, resumeFlag, type Series, scriptsOf } from '../series/plan.ts'
import { exitCodes, exitCodesHelp, Failure } from '../shell/exit.ts'
import { type Flags, grouped, option, optionsFrom, type Parsed, parseFlags } from '../shell/flags.ts'
import type { Shell } from '../shell/shell.ts'

const defaultSlo = 'p95=500,errors=0.01'

function percentage(value: string): number {
  if (!(Number(value) > 0 && Number(value) <= 50))
    throw new Error(`"${value}" is not a percentage above 0, up to 50`)
  return Number(value)
}

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
  slo: { ...runFlags.slo, help: `what a probe must hold (${defaultSlo})` },
  ...grouped('Load', {
    ...repeatFlag(2, 'repeats of the last passing and first failing rate'),
    precision: option(
      'LAS_PRECISION',
      '%',
      'how close those two come, and how much a queue may grow (2)',
      percentage,
    ),
  }),
  ...resumeFlag,
} satisfies Flags

const usage = {
  command: 'breakpoint',
  purpose:
    'Finds the highest rate of requests that holds the SLOs: probes in the open model, doubled until one breaks, then bisected.',
  flags,
  notes: `A probe holds if its SLOs do, no request was dropped, and its queue did not grow: requests did not arrive faster than
they were answered by more than --precision. With --arrivals poisson, requests in bunches look like growth of up to
about 1 ÷ √(requests of a probe), so that much is not counted: make probes longer.
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
  const series = await openSeries(shell, 'breakpoint', parsed, async () => begin(parsed))
  return resumable(shell, series, () => search(shell, series, parsed.options.allowPublic))
}

/** A series of one planned run, which stands for every probe. */
function begin({ options, written }: Parsed<typeof flags>) {
  const { scenario = 'arrival' } = options
  checkLoad(scenario, options)
  const { out: _, resume: __, 'allow-public': ___, scenario: ____, ...kept } = written
  const cell = { name: 'probe', scenario, side: null, replicas: null, flags: kept }
  return { cells: [cell], local: !options.cluster, sides: { a: null, b: null }, repeats: 1 }
}

/** Makes the probes that are still to be made, and reports all. Its flags come from a file, so they are checked again. */
async function search(shell: Shell, series: Series, allowPublic: boolean): Promise<number> {
  const { out: _, resume: __, ...known } = flags
  const [{ scenario = 'arrival', flags: written = {} } = {}] = series.plan.runs
  const options = optionsFrom(known, {
    slo: defaultSlo,
    duration: written.quick === 'true' ? '3s' : '10s',
    ...written,
  })
  checkLoad(scenario, options)
  const { rate: start = 20, precision = 2, repeat = 2, arrivals, arrivalSeed = 1 } = options
  const wanted: Search = { start, precision: precision / 100, repeat }
  const runs = [...(await finished(series.folder)).values()].map(runStatistics)
  const probes = runs.flatMap((run) => probeOf(run, wanted))
  // Started anew, the workload would be calibrated anew, and its requests would be others.
  const unitsPerMs = runs[0]?.run?.target.workload?.unitsPerMs
  const loading = scriptsOf(series.plan, series.plan.runs).then((scripts) => scripts.get(scenario) as Script)
  const opening = loading.then((script) =>
    openFor(shell, script, { ...options, allowPublic }, { unitsPerMs }),
  )
  const [k6, script, target] = await Promise.all([findK6(shell), loading, opening]).catch(async (error) => {
    await (await opening.catch(() => null))?.restore()
    throw error
  })
  let failure: Error | null = null
  try {
    for (
      let rate = nextRate(probes, wanted);
      rate !== null && !shell.signal.aborted;
      rate = nextRate(probes, wanted)
    ) {
      const number = probes.length + 1
      const { source } = await measure(shell, {
        script,
        search: rate,
        // Repeats at the same random times would all be the same luck.
        options: {
          ...options,
          rate,
          ...(arrivals === 'poisson' && { arrivalSeed: arrivalSeed + number - 1 }),
        },
        target,
        labels: labelsOf(series, { cell: `probe.${number}`, side: null }),
        out: series.folder,
        k6,
      })
      const run = runStatistics(source)
      const [probe] = probeOf(run, wanted)
      if (!probe) break
      runs.push(run)
      probes.push(probe)
      shell.say(
        `probe ${number}: ${rate} ${script.own ? 'iterations' : 'requests'}/s ${probe.held ? 'held' : `broke: ${probe.why}`}`,
      )
    }
  } catch (error) {
    failure = error as Error
  } finally {
    await target?.restore()
  }
  const done = nextRate(probes, wanted) === null
  const folder = done ? await closeSeries(series) : series.folder
  if (runs.length === 0) throw failure ?? new Failure('interrupted', 'interrupted during the first probe')
  const figures = breakpointStatistics(runs, wanted)
  await writeAndPrint(shell, figures, path.join(folder, 'report'))
  await addToResults(shell, path.dirname(folder))
  if (failure && !shell.signal.aborted) throw failure
  if (!done) sayHowToResume(shell, series, probes.length)
  if (!done || shell.signal.aborted) return exitCodes.interrupted
  const { held, limit } = figures.breakpoint ?? {}
  if (limit === 'generator') return exitCodes.invalid
  return exitCodes[held ? 'pass' : 'fail']
}
