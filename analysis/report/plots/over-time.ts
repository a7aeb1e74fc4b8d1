import { areaY, line, type Markish, ruleX, ruleY, type TextOptions, text } from '@observablehq/plot'
import { sizeWords, stageLabel } from '../../formats/load.ts'
import type { Run } from '../../formats/run.ts'
import type { Period, Timeline } from '../../formats/timeline.ts'
import { number } from '../../formats/words.ts'
import { largest, smallest } from '../../numbers/extremes.ts'
import { answered, perSecond } from '../../run/periods.ts'
import type { Plot } from '../blocks.ts'
import { compact } from './compact.ts'
import { ink, sharedXAxis } from './lines.ts'
import { colour, type Panel, plotOf } from './svg.ts'

/** Seconds, or minutes of a run of three minutes or more. */
export const timeScale = (endMs: number): { readonly label: string; readonly ms: number } =>
  endMs < 180_000 ? { label: 'time (s)', ms: 1000 } : { label: 'time (min)', ms: 60_000 }

type Figure = (period: Period) => number | null
type Line = { readonly name: string; readonly colour: string; readonly of: Figure; readonly dash?: string }
type Drawing = {
  readonly label: string
  readonly lines: readonly Line[]
  /** Between the first line and the last. */
  readonly band?: boolean
  /** Each line is drawn on top of those before it. */
  readonly stacked?: boolean
  readonly step?: boolean
  readonly limits?: readonly { readonly value: number; readonly words: string }[]
}

const lines = (...of: (Line | false)[]): Line[] => of.filter((each) => each !== false)
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
  const drawn = plotOf(
    { name: 'timeline', title: 'Over time', ...(finding !== undefined && { finding }), description },
    drawings.map((drawing, index) =>
      panel(drawing, periods, { run, endMs, first: index === 0, last: index === drawings.length - 1 }),
    ),
  )
  return { ...drawn, svg: compact(drawn.svg), ...(drawn.narrow && { narrow: compact(drawn.narrow) }) }
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
  const limits = slos.flatMap(({ figure, limit, tags }) =>
    /^p(50|90|95|99)$/.test(figure) && !tags ? [{ value: limit, words: `${figure} < ${number(limit)}` }] : [],
  )
  const cores: Drawing = {
    label: 'CPU (cores)',
    lines: lines(
      drawnLine('target', 1, ({ targetCores }) => targetCores),
      drawnLine('generator', 4, ({ generatorCores }) => generatorCores),
    ),
  }
  return [
    ...replicas(target.cluster?.scaling ?? [], periods),
    open
      ? {
          label: same ? 'requests/s' : 'iterations/s',
          lines: lines(
            { name: 'offered', colour: 'currentColor', of: offered, dash: '5 3' },
            drawnLine('achieved', 0, iterations),
          ),
        }
      : { label: 'virtual users (VUs)', step: true, lines: lines(drawnLine('', 0, ({ vus }) => vus)) },
    ...(same ? [] : [{ label: 'throughput (requests/s)', lines: lines(drawnLine('', 2, perSecond)) }]),
    {
      label: 'errors (%)',
      lines: errors.flatMap(([name, hue, of]) => (happened(of) ? drawnLine(name, hue, percents(of)) : [])),
    },
    {
      label: 'latency (ms)',
      band: true,
      limits,
      lines: lines(
        drawnLine('p50', 5, latency('p50')),
        drawnLine('p95', 0, latency('p95')),
        drawnLine('p99', 3, latency('p99')),
      ),
    },
    { label: 'phases, mean (ms)', stacked: true, lines: phases(periods) },
    cores,
    {
      label: 'memory of the target (MiB)',
      lines: lines(drawnLine('', 6, ({ targetMemoryMiB }) => targetMemoryMiB)),
    },
  ]
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

type Place = { readonly run: Run; readonly endMs: number; readonly first: boolean; readonly last: boolean }
type Point = { readonly x: number; readonly y1: number; readonly y: number }

function panel(drawing: Drawing, periods: readonly Period[], { run, endMs, first, last }: Place): Panel {
  const { label, lines, band = false, stacked = false, step = false, limits = [] } = drawing
  const unit = timeScale(endMs)
  const below = new Map<Period, number>()
  const curves = lines.map(({ of, ...rest }) => ({
    ...rest,
    points: periods.map((period): Point => {
      const value = of(period) ?? Number.NaN
      const from = stacked ? (below.get(period) ?? 0) : 0
      if (stacked) below.set(period, from + value)
      return { x: (period.fromMs + period.toMs) / 2 / unit.ms, y1: from, y: from + value }
    }),
  }))
  const values = curves.flatMap(({ points }) => points.flatMap(({ y }) => (Number.isNaN(y) ? [] : y)))
  // A limit far above would squeeze what there is.
  const near = limits.filter(({ value }) => value <= 3 * largest(values))
  const names = first ? stageNames(run, endMs, unit.ms) : []
  const scale = scaleOf([...values, ...near.map(({ value }) => value)], band, names.length > 0 ? 1.45 : 1.08)
  const height = (band ? 150 : 105) + (last ? 28 : 0)
  const boundaries = [...new Set(run.load.stages.map(({ startMs }) => startMs))].filter(
    (ms) => ms > 0 && ms < endMs,
  )
  const [bottom, top] = [curves[0], curves.at(-1)]
  const path = { x: 'x', y: 'y', strokeWidth: 1.5, strokeLinecap: 'round' } as const
  return {
    height,
    marginBottom: last ? 38 : 10,
    x: { ...sharedXAxis(unit.label, last), domain: [0, endMs / unit.ms] },
    y: {
      type: scale.log ? 'log' : 'linear',
      domain: scale.domain,
      label,
      ticks: scale.ticks,
      tickFormat: number,
      grid: true,
    },
    marks: [
      ruleX(boundaries, { x: (ms: number) => ms / unit.ms, ...ink(0.25) }),
      ...(band && bottom && top && bottom !== top
        ? [
            areaY(
              bottom.points.map(({ x, y }, index) => ({ x, y1: y, y2: top.points[index]?.y })),
              { x: 'x', y1: 'y1', y2: 'y2', fill: colour(0), fillOpacity: 0.16 },
            ),
          ]
        : []),
      ...(stacked
        ? curves.map(({ points, colour }) =>
            areaY(points, { x: 'x', y1: 'y1', y2: 'y', fill: colour, fillOpacity: 0.75 }),
          )
        : curves.map(({ points, colour, dash }) =>
            line(points, {
              ...path,
              stroke: colour,
              ...(dash && { strokeDasharray: dash }),
              ...(step && { curve: 'step' }),
            }),
          )),
      ruleY(near, { y: 'value', ...ink(0.7), strokeDasharray: '6 3' }),
      ...(scale.log ? [] : [ruleY([0], { stroke: 'currentColor' })]),
      ...names,
      ...legend([
        ...curves,
        ...limits.map((limit) => ({
          name: near.includes(limit) ? limit.words : `↑ ${limit.words}`,
          colour: 'currentColor',
        })),
      ]),
    ],
  }
}

/** Logarithmic where values span more than a factor of 30 and zero is not among them. */
function scaleOf(
  values: readonly number[],
  mayBeLog: boolean,
  room: number,
): { log: boolean; domain: [number, number]; ticks: number | number[] } {
  const [least, most] = [smallest(values), largest(values)]
  if (!mayBeLog || least <= 0 || most / least <= 30)
    return { log: false, domain: [0, values.length > 0 && most > 0 ? most * room : 1], ticks: 3 }
  const [low, high] = [least / 1.15, most * 1.15]
  const decades = Math.log10(high / low)
  const ticks = Array.from({ length: 16 }, (_, index) => 10 ** (index - 4)).flatMap((ten) =>
    (decades < 2.2 ? [1, 2, 5] : decades < 4 ? [1, 3] : [1]).map((each) => each * ten),
  )
  return { log: true, domain: [low, high], ticks: ticks.filter((tick) => tick >= low && tick <= high) }
}

/** The names of a panel's lines above it, on the right, in their colours. */
function legend(named: readonly { readonly name: string; readonly colour: string }[]): Markish[] {
  const shown = named.filter(({ name }) => name !== '')
  let dx = 40
  return [...shown].reverse().map(({ name, colour }) => {
    const options: TextOptions = {
      text: [name],
      frameAnchor: 'top-right',
      dx,
      dy: -17,
      fill: colour,
      fontWeight: 'bold',
    }
    dx -= 7.2 * name.length + 10
    return text([0], options)
  })
}

/** More names would overlap, and so would long ones. */
const mostNamed = 12

function stageNames({ load: { stages } }: Run, endMs: number, unit: number): Markish[] {
  if (stages.length < 2 || stages.length > mostNamed) return []
  const share = (ms: number) => ms / endMs
  const named = stages.flatMap((stage) => {
    const words = stages.length > 6 ? (sizeWords(stage) ?? '').replace(/ VUs?$/, '') : stageLabel(stage)
    // A narrow frame has some 240 pixels.
    return share(stage.durationMs) * 240 > 6.5 * words.length
      ? [{ x: (stage.startMs + stage.durationMs / 2) / unit, words }]
      : []
  })
  // Six windows of one load need no names.
  if (new Set(named.map(({ words }) => words)).size < 2) return []
  return [
    text(named, {
      x: 'x',
      text: 'words',
      frameAnchor: 'top',
      dy: 3,
      fill: 'currentColor',
      fillOpacity: 0.75,
    }),
  ]
}
