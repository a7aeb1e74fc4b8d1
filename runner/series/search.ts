import { median } from 'simple-statistics'
import { type RunStatistics, runStatistics } from '../../analysis/run/statistics.ts'
import { breakpoint, nextRate, probeOf, type Search } from '../../analysis/runs/breakpoint.ts'
import type { K6 } from '../k6/find.ts'
import { measure } from '../load/measure.ts'
import type { LoadOptions } from '../load/options.ts'
import type { OwnOptions } from '../load/own-script.ts'
import type { Script } from '../load/script.ts'
import type { Shell } from '../shell/shell.ts'
import type { Target } from '../targets/target.ts'
import { factorsOf } from './factors.ts'
import { finished, labelsOf, probesOf, wantedOf } from './finished.ts'
import { cellWords, type PlannedRun, type Series } from './plan.ts'

/** What a probe must hold where nobody says. */
export const searchSlo = 'p95=500,errors=0.01'

/** The options of a search's probe by its number. Repeats at the same random times would all be the same luck. */
export const probeOptions = <Options extends LoadOptions>(
  options: Options,
  rate: number,
  number: number,
): Options => ({
  ...options,
  rate,
  ...(options.arrivals === 'poisson' && { arrivalSeed: (options.arrivalSeed ?? 1) + number - 1 }),
})

/**
 * Makes the probes that a search still needs, adds each to `runs`, which has those that are there, and says what it
 * showed. Ends early where it is interrupted, or where a run was no probe.
 */
export async function searchRate(
  shell: Shell,
  runs: RunStatistics[],
  wanted: Search,
  probe: (rate: number, number: number) => Promise<RunStatistics>,
): Promise<void> {
  const probes = runs.flatMap((run) => probeOf(run, wanted))
  for (
    let rate = nextRate(probes, wanted);
    rate !== null && !shell.signal.aborted;
    rate = nextRate(probes, wanted)
  ) {
    const number = probes.length + 1
    const run = await probe(rate, number)
    const [made] = probeOf(run, wanted)
    if (!made) break
    runs.push(run)
    probes.push(made)
    shell.say(
      `probe ${number}: ${rate} ${run.run?.script ? 'iterations' : 'requests'}/s ${made.held ? 'held' : `broke: ${made.why}`}`,
    )
  }
}

/** One search of a cell; it begins near what an earlier one of the same cell found. */
export async function searchCell(
  shell: Shell,
  series: Series,
  run: PlannedRun,
  {
    target,
    options,
    ...context
  }: {
    readonly k6: K6
    readonly script: Script
    readonly target: Target | null
    readonly options: OwnOptions
  },
): Promise<void> {
  const { folder, plan } = series
  const precision = plan.search?.precision ?? 0
  const sources = await finished(folder)
  const runs = probesOf(sources, run.cell)
  const others = plan.runs.filter((each) => each.cell !== run.cell && cellWords(each) === cellWords(run))
  const found = others.flatMap(({ cell }) => breakpoint(probesOf(sources, cell), wantedOf(plan)).held ?? [])
  const start = found.length > 0 ? Math.max(1, Math.round(median(found))) : (options.rate ?? 20)
  const wanted = { ...wantedOf(plan), start, ...(found.length > 0 && { step: 1 + 2 * precision }) }
  await searchRate(shell, runs, wanted, async (rate, number) => {
    const { source } = await measure(shell, {
      ...context,
      search: rate,
      options: probeOptions(options, rate, number),
      // Before each search, as before each run of any other series.
      warmUpMs: runs.length === 0 ? plan.warmUpMs : 0,
      target,
      labels: {
        ...labelsOf(series, { cell: `${run.cell}.probe.${number}`, side: null }),
        search: run.cell,
        precision: String(precision),
      },
      factors: factorsOf(run, null),
      out: folder,
    })
    return runStatistics(source)
  })
}
