import type { Run } from '../../formats/run.ts'
import { sloWords } from '../../formats/slo.ts'
import type { Period, Timeline } from '../../formats/timeline.ts'
import { number } from '../../formats/words.ts'
import { largest, smallest } from '../../numbers/extremes.ts'
import { answered, perSecond } from '../../run/periods.ts'
import type { Plot } from '../blocks.ts'
import { colour } from './colours.ts'
import { plotOf } from './svg.ts'
import { type Drawing, type Figure, type Line, timePanel } from './time-panel.ts'

const drawnLine = (name: string, hue: number, of: Figure): Line => ({ name, colour: colour(hue), of })

/** With more, the phases of a request are left out. */
const mostPanels = 6

/** How a run's figures changed: panels below each other with one axis of time; null where nothing is known. */
export function overTimePlot(timeline: Timeline, run: Run, finding: string | undefined): Plot | null {
  // The last period may be a moment, in which a single request is a high rate.
  const periods = timeline.periods.filter(({ fromMs, toMs }) => toMs - fromMs >= timeline.periodMs / 2)
  const endMs = periods.at(-1)?.toMs
  if (endMs === undefined) return null
  const known = drawingsOf(run, periods)
    .map((each) => ({
      ...each,
      lines: each.lines.filter(({ of }) => periods.some((one) => of(one) !== null)),
    }))
    .filter(({ lines }) => lines.length > 0)
  const drawings = known.filter(({ stacked }) => !stacked || known.length <= mostPanels)
  if (drawings.length === 0) return null
  const p95s = periods.flatMap((period) => answered(period)?.p95 ?? [])
  const description = `${drawings.map(({ label }) => label).join(', ')} in ${periods.length} periods over ${number(Math.round(endMs / 1000))} s${p95s.length > 0 ? `; p95 between ${number(smallest(p95s))} and ${number(largest(p95s))} ms` : ''}.`
  return plotOf(
    { name: 'timeline', title: 'Over time', ...(finding !== undefined && { finding }), description },
    drawings.map((drawing, index) =>
      timePanel(drawing, periods, { run, endMs, first: index === 0, last: index === drawings.length - 1 }),
    ),
  )
}

function drawingsOf({ load, slos, target }: Run, periods: readonly Period[]): Drawing[] {
  const open = load.stages.some(({ offered }) => offered !== null)
  const perPeriod =
    (of: Figure): Figure =>
    (period) => {
      const count = of(period)
      return count === null ? null : (count * 1000) / (period.toMs - period.fromMs)
    }
  const iterations = perPeriod((period) => period.iterations)
  const offered: Figure = ({ fromMs, toMs }) => {
    const at = (fromMs + toMs) / 2
    const now = load.stages.filter((stage) => at >= stage.startMs && at < stage.startMs + stage.durationMs)
    const known = now.flatMap((stage) => stage.offered ?? [])
    return known.length > 0 ? known.reduce((sum, each) => sum + each, 0) : null
  }
  // Where each iteration makes one request, throughput would be drawn twice.
  const same =
    open &&
    periods.every(
      ({ iterations, requests }) =>
        Math.abs((iterations ?? 0) - (requests ?? 0)) <= 1 + 0.02 * (requests ?? 0),
    )
  const dropped: Figure = (period) =>
    period.dropped === null ? null : period.dropped / Math.max(1, period.dropped + (period.iterations ?? 0))
  const percents =
    (of: Figure): Figure =>
    (period) => {
      const share = of(period)
      return share === null ? null : 100 * share
    }
  const happened = (of: Figure) => periods.some((period) => (of(period) ?? 0) > 0)
  const errors: [string, number, Figure][] = [
    ['failed', 7, ({ failed }) => failed],
    ['checks', 1, ({ checks }) => (checks === null ? null : 1 - checks)],
    ['dropped', 4, dropped],
  ]
  const latency =
    (figure: 'p50' | 'p95' | 'p99'): Figure =>
    (period) =>
      answered(period)?.[figure] ?? null
  const limits = slos.flatMap((slo) =>
    /^p(50|90|95|99)$/.test(slo.figure) && !slo.tags ? [{ value: slo.limit, words: sloWords(slo) }] : [],
  )
  const pods = target.cluster?.pods ?? []
  const cores: Drawing = {
    label: 'CPU (cores)',
    limits: limitOfAll(pods.map(({ cpuLimitCores }) => cpuLimitCores)),
    lines: [
      drawnLine('target', 1, ({ targetCores }) => targetCores),
      drawnLine('generator', 4, ({ generatorCores }) => generatorCores),
    ],
  }
  return [
    ...replicas(target.cluster?.scaling ?? [], periods),
    open
      ? {
          label: same ? 'requests/s' : 'iterations/s',
          lines: [
            { name: 'offered', colour: 'currentColor', of: offered, dash: '5 3' },
            drawnLine('achieved', 0, iterations),
          ],
        }
      : { label: 'virtual users (VUs)', step: true, lines: [drawnLine('', 0, ({ vus }) => vus)] },
    ...(same ? [] : [{ label: 'throughput (requests/s)', lines: [drawnLine('', 2, perSecond)] }]),
    {
      label: 'errors (%)',
      lines: errors.flatMap(([name, hue, of]) => (happened(of) ? drawnLine(name, hue, percents(of)) : [])),
    },
    {
      label: 'latency (ms)',
      band: true,
      limits,
      lines: [
        drawnLine('p50', 5, latency('p50')),
        drawnLine('p95', 0, latency('p95')),
        drawnLine('p99', 3, latency('p99')),
      ],
    },
    { label: 'phases, mean (ms)', stacked: true, lines: phases(periods) },
    cores,
    {
      label: 'throttled and busy (%)',
      lines: [
        drawnLine(
          'throttled',
          1,
          percents(({ throttled }) => throttled ?? null),
        ),
        drawnLine(
          'node busy',
          5,
          percents(({ nodeBusy }) => nodeBusy ?? null),
        ),
      ],
    },
    {
      label: 'memory of the target (MiB)',
      limits: limitOfAll(pods.map(({ memoryLimitMiB }) => memoryLimitMiB)),
      lines: [drawnLine('', 6, ({ targetMemoryMiB }) => targetMemoryMiB)],
    },
    ...[...new Set(periods.flatMap(({ observed }) => Object.keys(observed ?? {})))].map((name) => ({
      label: name,
      lines: [drawnLine('', 3, ({ observed }) => observed?.[name] ?? null)],
    })),
  ]
}

/** What all pods together may use; nothing where one of them has no limit. */
function limitOfAll(limits: readonly (number | null | undefined)[]): NonNullable<Drawing['limits']> {
  const known = limits.flatMap((limit) => limit ?? [])
  if (known.length === 0 || known.length < limits.length) return []
  const value = known.reduce((sum, each) => sum + each, 0)
  return [{ value, words: `limit ${number(value)}` }]
}

/** Wanted and ready replicas, where they were watched. */
function replicas(
  scaling: NonNullable<Run['target']['cluster']>['scaling'],
  periods: readonly Period[],
): Drawing[] {
  if (scaling.length === 0) return []
  const endMs = periods.at(-1)?.toMs ?? 0
  const at =
    (figure: 'wanted' | 'ready'): Figure =>
    ({ toMs }) =>
      scaling.findLast(({ atMs }) => atMs <= Math.min(toMs, endMs))?.[figure] ?? null
  return [
    {
      label: 'replicas',
      step: true,
      lines: [
        { name: 'wanted', colour: 'currentColor', of: at('wanted'), dash: '5 3' },
        drawnLine('ready', 2, at('ready')),
      ],
    },
  ]
}

/** k6's time blocked has those of connecting and of TLS in it. */
const lengthOf = (phase: (typeof phaseNames)[number], phases: NonNullable<Period['phasesMs']>): number =>
  phase === 'blocked' ? Math.max(0, phases.blocked - phases.connecting - phases.tls) : phases[phase]

const phaseNames = ['waiting', 'receiving', 'sending', 'tls', 'connecting', 'blocked'] as const

/** At most four that take a fiftieth of a request in some period; a phone has no room for the names of more. */
function phases(periods: readonly Period[]): Line[] {
  const shares = periods.flatMap(({ phasesMs }) => {
    if (!phasesMs) return []
    const lengths = phaseNames.map((phase) => lengthOf(phase, phasesMs))
    const all = lengths.reduce((sum, each) => sum + each, 0)
    return all > 0 ? [lengths.map((each) => each / all)] : []
  })
  const most = phaseNames.map((_, index) => largest(shares.map((share) => share[index] ?? 0)))
  const fourth = [...most].sort((a, b) => b - a)[3] ?? 0
  return phaseNames.flatMap((phase, index) => {
    const share = most[index] ?? 0
    if (share < Math.max(0.02, fourth)) return []
    const { name, hue } = phaseLooks[phase]
    return drawnLine(name, hue, (period) =>
      answered(period) && period.phasesMs ? lengthOf(phase, period.phasesMs) : null,
    )
  })
}

const phaseLooks: Record<(typeof phaseNames)[number], { readonly name: string; readonly hue: number }> = {
  waiting: { name: 'wait', hue: 0 },
  receiving: { name: 'receive', hue: 5 },
  sending: { name: 'send', hue: 2 },
  tls: { name: 'TLS', hue: 4 },
  connecting: { name: 'connect', hue: 1 },
  blocked: { name: 'blocked', hue: 6 },
}
