import { placeWords } from '../formats/generators.ts'
import { connectionWords, shapeWords, successWords, thinkWords } from '../formats/load.ts'
import { number } from '../formats/words.ts'
import { repeated } from '../numbers/repeated.ts'
import type { RunStatistics } from '../run/statistics.ts'

/** Whether the sides alternate in time at least as often as they would run in pairs. */
export function inTurns(a: readonly RunStatistics[], b: readonly RunStatistics[]): boolean {
  const order = [...a.map((run) => ({ run, side: 0 })), ...b.map((run) => ({ run, side: 1 }))]
    .map(({ run, side }) => ({ at: run.run?.startedAt ?? '', side }))
    .sort((x, y) => (x.at < y.at ? -1 : 1))
  const switches = order.filter(({ side }, index) => index > 0 && side !== order[index - 1]?.side).length
  return order.every(({ at }) => at !== '') && switches >= Math.min(a.length, b.length)
}

/** What a series set on purpose for the side of a run. */
export const sideLevels = (run: RunStatistics['run']): Readonly<Record<string, string>> =>
  (run?.labels.side && run.factors) || {}

/** What makes two sides incomparable, and what makes a comparison doubtful. */
export function comparability(
  baseline: readonly RunStatistics[],
  candidate: readonly RunStatistics[],
): { refusals: string[]; warnings: string[] } {
  const differing = (what: string, of: (run: RunStatistics) => unknown): string[] => {
    const valuesOf = (runs: readonly RunStatistics[]) => [
      ...new Set(runs.map((run) => String(of(run) ?? 'unknown'))),
    ]
    const [before, after] = [valuesOf(baseline), valuesOf(candidate)]
    return new Set([...before, ...after]).size < 2
      ? []
      : [`${what} differs: ${before.join(', ')} in the baseline, ${after.join(', ')} in the candidate`]
  }
  const varied = new Set([...baseline, ...candidate].flatMap(({ run }) => Object.keys(sideLevels(run))))
  const refusals = [
    ...([...baseline, ...candidate].some(({ run }) => !run)
      ? [
          'Summaries without run.json do not say what was run: whether all are of the same load and target is for you to say',
        ]
      : []),
    ...differing('The number of VUs', bareVus),
    ...differing('The load', ({ run }) => run && shapeWords(run.load.stages)),
    ...differing('The request', ({ run }) => run && (run.script ? 'by a script' : run.load.request)),
    ...differing('The script', ({ run }) => run && (run.script ? run.load.request : 'built in')),
    ...differing(
      'What ran at the same moment',
      ({ run }) => run && (run.duet ? 'the other side' : 'nothing'),
    ),
    ...differing('The pause of a VU', ({ run }) => run && (thinkWords(run.load) ?? 'none')),
    ...differing('What counts as success', ({ run }) => run && (successWords(run.load) ?? '200 to 299')),
    ...differing('The use of connections', ({ run }) => run && connectionWords(run.load)),
    // k6 spends CPU on it, which is missing elsewhere: at its own limit the rate, on a shared machine every figure.
    ...differing(
      'What k6 recorded during the run',
      ({ run }) => run && (run.k6.timeline ? 'a timeline' : 'nothing (--no-timeline, or an older version)'),
    ),
    ...differing('The proxy', ({ run }) => run && (run.load.proxy ?? 'none')),
    ...(varied.has('cpu') ? [] : differing('The CPU limit', ({ run }) => run?.target.cluster?.cpuLimit)),
    ...(varied.has('memory')
      ? []
      : differing('The memory limit', ({ run }) => run?.target.cluster?.memoryLimit)),
  ]
  const warnings = [
    ...differing(
      'The generator’s machine',
      ({ run }) => run && `${run.host.cores} cores, ${run.host.kernel}`,
    ),
    ...differing('The number and place of generators', ({ run }) => run && placeWords(run.generators)),
    ...differing('k6', ({ run }) => run?.host.k6),
    ...differing('Node', ({ run }) => run?.host.node),
    ...calibrations(baseline, candidate),
    ...([...baseline, ...candidate].some(({ run }) => run?.duet?.sameHost)
      ? [
          'Both sides were loaded at the same moment on one host and shared its CPU: the slower one slows the other too, so their difference may look smaller than it is.',
        ]
      : []),
  ]
  return { refusals, warnings }
}

/** The most VUs of a summary that lacks its load. */
const bareVus = ({ run, measures: { metrics } }: RunStatistics): number | null => {
  const vus = run
    ? undefined
    : metrics.find(({ name, tags }) => name === 'vus_max' && Object.keys(tags).length === 0)
  return vus?.type === 'gauge' ? vus.max : null
}

/** Requests carry units of work, calibrated to the machine: on a faster one the same request is heavier. */
function calibrations(baseline: readonly RunStatistics[], candidate: readonly RunStatistics[]): string[] {
  const units = (side: readonly RunStatistics[]) =>
    side.flatMap(({ run }) =>
      run?.load.request.startsWith('GET /work') ? (run.target.workload?.unitsPerMs ?? []) : [],
    )
  const [before, after] = [units(baseline), units(candidate)]
  if (before.length === 0 || after.length === 0) return []
  const ratio = repeated(after).median / repeated(before).median
  return Math.abs(Math.log(ratio)) < 0.02
    ? []
    : [
        `The work of a request differs: the candidate’s workload was calibrated to ${number(ratio)} times as many units per millisecond.`,
      ]
}
