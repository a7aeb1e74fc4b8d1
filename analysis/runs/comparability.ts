import { number } from '../formats/words.ts'
import { repeated } from '../numbers/repeated.ts'
import type { RunStatistics } from '../run/statistics.ts'
/** Whether the sides alternate in time at least about as often as they would run in pairs. */
export function inTurns(a: readonly RunStatistics[], b: readonly RunStatistics[]): boolean {
  const order = [...a.map((run) => ({ run, side: 0 })), ...b.map((run) => ({ run, side: 1 }))]
    .map(({ run, side }) => ({ at: run.run?.startedAt ?? '', side }))
    .sort((x, y) => (x.at < y.at ? -1 : 1))
  const switches = order.filter(({ side }, index) => index > 0 && side !== order[index - 1]?.side).length
  return order.every(({ at }) => at !== '') && switches >= Math.min(a.length, b.length)
}

/** What makes two sides incomparable, and what makes a comparison doubtful. The first `split` runs are the baseline's. */
export function comparability(
  runs: readonly RunStatistics[],
  split: number,
): { refusals: string[]; warnings: string[] } {
  const differing = (what: string, of: (run: RunStatistics) => unknown): string[] => {
    const said = runs.map((run) => String(of(run) ?? 'unknown'))
    const [before, after] = [new Set(said.slice(0, split)), new Set(said.slice(split))]
    const both = new Set([...before, ...after])
    return both.size < 2
      ? []
      : [
          `${what} differs: ${[...before].join(', ')} in the baseline, ${[...after].join(', ')} in the candidate`,
        ]
  }
  const load = ({ run }: RunStatistics) =>
    run?.load.stages.map(({ vus, durationMs }) => `${vus} VUs for ${durationMs / 1000} s`).join(' + ')
  const refusals = [
    ...(runs.some(({ run }) => !run) ? ['A bare summary does not say what was run'] : []),
    ...differing('The load', load),
    ...differing('The request', ({ run }) => run?.load.request),
    ...differing('The use of connections', ({ run }) => run?.load.connections),
    ...differing('The CPU limit', ({ run }) => run?.target.cluster?.cpuLimit),
    ...differing('The memory limit', ({ run }) => run?.target.cluster?.memoryLimit),
  ]
  const warnings = [
    ...differing(
      'The generator’s machine',
      ({ run }) => run && `${run.host.cores} cores, ${run.host.kernel}`,
    ),
    ...differing('k6', ({ run }) => run?.host.k6),
    ...differing('Node', ({ run }) => run?.host.node),
    ...calibrations(runs, split),
  ]
  return { refusals, warnings }
}

/** A request's work is counted in units; where one side's machine was found faster, its requests are heavier. */
function calibrations(runs: readonly RunStatistics[], split: number): string[] {
  const units = (side: readonly RunStatistics[]) =>
    side.flatMap(({ run }) =>
      run?.load.request.startsWith('GET /work') ? (run.target.workload?.unitsPerMs ?? []) : [],
    )
  const [before, after] = [units(runs.slice(0, split)), units(runs.slice(split))]
  if (before.length === 0 || after.length === 0) return []
  const ratio = repeated(after).median / repeated(before).median
  return Math.abs(Math.log(ratio)) < 0.02
    ? []
    : [
        `The work of a request differs: the candidate’s workload was calibrated to ${number(ratio)} times as many units a millisecond. WORK_UNITS_PER_MS pins it.`,
      ]
}
