import { dot, line, ruleX } from '@observablehq/plot'
import { alike, number, percent, quantity } from '../../formats/words.ts'
import { largest, smallest } from '../../numbers/extremes.ts'
import type { Repeated } from '../../numbers/repeated.ts'
import type { Fit } from '../../numbers/scaling-fit.ts'
import { throughput } from '../../numbers/scaling-law.ts'
import { chosenFit, extrapolations } from '../../numbers/scaling-model.ts'
import { observed, type ReplicaLevel } from '../../runs/replicas.ts'
import type { Statistics } from '../../runs/statistics.ts'
import type { Plot } from '../blocks.ts'
import { type Curve, endLabel, ink, labelledTicks, limitMarks, limitsOf, yAxis } from './lines.ts'
import { colour, type Panel, plotOf } from './svg.ts'

/**
 * Throughput, p95 and efficiency against replicas: a dot for each run, medians with their intervals, linear growth in
 * grey, the fitted law as a curve, and every law that explains the runs as well dashed where extrapolated.
 */
export function replicasPlot({ replicas: levels, runs, scaling }: Statistics): Plot | null {
  const [fewest] = levels
  if (!fewest) return null
  const fit = chosenFit(scaling)
  const most = levels.at(-1)?.replicas ?? 1
  // Half as far again shows the trend without looking like a measurement.
  const laws = extrapolations(scaling)
  const to = laws.length > 0 ? most * 1.5 : most
  const linear = levels.map(({ replicas: x }) => ({ x, y: (fewest.rate.median * x) / fewest.replicas }))
  const rates = observed(runs)
  const description = levels
    .map(
      ({ replicas, runs, rate, efficiency }) =>
        `${quantity(replicas, 'replica')}: median ${number(rate.median)} requests per second over ${quantity(runs, 'run')}, ${percent(efficiency)} of linear growth.`,
    )
    .join(' ')
  return plotOf(
    {
      name: 'replicas',
      title: 'Throughput, latency and efficiency against replicas',
      ...finding(levels),
      description,
    },
    [
      panel('throughput (requests/s)', 0, levels, to, {
        points: rates.map(({ replicas: x, rate: y }) => ({ x, y })),
        repeated: ({ rate }) => rate,
        linear,
        fit,
        laws,
        limits: limitsOf(runs, ['rate']),
      }),
      panel('p95 latency (ms)', 1, levels, to, {
        points: rates.flatMap(({ replicas: x, run }) => (run.total.p95Ms ? [{ x, y: run.total.p95Ms }] : [])),
        repeated: ({ p95Ms }) => p95Ms,
        limits: limitsOf(runs, ['p95']),
      }),
      panel('efficiency (% of linear)', 2, levels, to, {
        points: levels.map(({ replicas: x, efficiency }) => ({ x, y: 100 * efficiency })),
      }),
    ],
  )
}

/** How throughput grew with replicas; nothing where one number was measured. */
function finding(levels: readonly ReplicaLevel[]): { finding?: string } {
  const [fewest, most] = [levels[0], levels.at(-1)]
  if (!fewest || !most || fewest === most) return {}
  const times = Number(most.speedUp.toPrecision(2))
  return {
    finding: `${quantity(most.replicas, 'replica')} do ${alike([times])(times)} times what ${number(fewest.replicas)} ${fewest.replicas === 1 ? 'does' : 'do'}: ${percent(Number(most.efficiency.toPrecision(2)))} of linear growth`,
  }
}

type Points = Curve['points']
/** What a panel draws: runs as dots, and levels by their medians with intervals, or by a law that was fitted. */
type Drawn = {
  readonly points: Points
  readonly repeated?: (level: ReplicaLevel) => Repeated | null
  readonly linear?: Points
  readonly fit?: Fit | null
  readonly laws?: readonly Fit[]
  readonly limits?: ReturnType<typeof limitsOf>
}

function panel(
  label: string,
  hue: number,
  levels: readonly ReplicaLevel[],
  to: number,
  { points, repeated = () => null, linear = [], fit = null, laws = [], limits = [] }: Drawn,
): Panel {
  const sizes = levels.map(({ replicas }) => replicas)
  const [least, most] = [smallest(sizes), largest(sizes)]
  const curve = (law: Fit, from: number, end: number) =>
    steps(from, end).map((x) => ({ x, y: throughput(law, x) }))
  const measured = fit ? curve(fit, least, most) : []
  const beyond = laws
    .map((law) => curve(law, most, to))
    .sort((a, b) => (b.at(-1)?.y ?? 0) - (a.at(-1)?.y ?? 0))
  const known = levels.flatMap((level) => {
    const { median: y, interval = null } = repeated(level) ?? {}
    return y === undefined ? [] : [{ x: level.replicas, y, interval }]
  })
  const bars = known.flatMap(({ x, interval }) => (interval ? [{ x, ...interval }] : []))
  const highest = Math.max(
    0,
    largest([...points, ...linear, ...measured, ...beyond.flat()].map(({ y }) => y)),
    largest(bars.map(({ high }) => high)),
  )
  const domain = [0, highest * 1.08 || 1] as const
  const stroke = colour(hue)
  const path = { x: 'x', y: 'y', stroke, strokeWidth: 2 } as const
  const end = { fill: 'currentColor', fillOpacity: 0.85 }
  return {
    height: 215,
    x: { domain: [least - 0.3, to + 0.3] },
    y: yAxis(label, 5, { type: 'linear', domain }),
    marks: [
      ...labelledTicks('replicas', sizes, number),
      ruleX(sizes, ink(0.06)),
      ...limitMarks(limits, { domain }),
      line(linear, { x: 'x', y: 'y', ...ink(0.4), strokeDasharray: '4 3' }),
      endLabel(linear, 'linear', end),
      ruleX(bars, { x: 'x', y1: 'low', y2: 'high', stroke, strokeWidth: 6, strokeOpacity: 0.35 }),
      ...(fit
        ? [
            line(measured, path),
            ...beyond.map((points) => line(points, { ...path, strokeDasharray: '2 4' })),
            endLabel(beyond[0] ?? [], 'extrapolated', { ...end, fill: stroke }),
          ]
        : [line(known.length > 0 ? known : points, path)]),
      dot(points, { x: 'x', y: 'y', fill: stroke, fillOpacity: 0.6, r: 4 }),
    ],
  }
}

const steps = (from: number, to: number): number[] =>
  Array.from({ length: 121 }, (_, step) => from + ((to - from) * step) / 120)
