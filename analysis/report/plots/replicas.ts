import { dot, ruleX } from '@observablehq/plot'
import { alike, number, percent, quantity } from '../../formats/words.ts'
import { largest, smallest } from '../../numbers/extremes.ts'
import type { Repeated } from '../../numbers/repeated.ts'
import type { Fit } from '../../numbers/scaling-fit.ts'
import { throughput } from '../../numbers/scaling-law.ts'
import { chosenFit, extrapolations } from '../../numbers/scaling-model.ts'
import { observed, type ReplicaLevel } from '../../runs/replicas.ts'
import type { Statistics } from '../../runs/statistics.ts'
import type { Plot } from '../blocks.ts'
import { colour } from './colours.ts'
import { limitsOf } from './limits.ts'
import { type Curve, curvePanels } from './lines.ts'
import { plotOf } from './svg.ts'

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
  const linear = [...levels.map(({ replicas }) => replicas), to].map((x) => ({
    x,
    y: (fewest.rate.median * x) / fewest.replicas,
  }))
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
    (width) =>
      curvePanels(width, [
        {
          ...panel('throughput (requests/s)', 0, levels, to, {
            points: rates.map(({ replicas: x, rate: y }) => ({ x, y })),
            repeated: ({ rate }) => rate,
            linear,
            fit,
            laws,
          }),
          limits: limitsOf(runs, /^rate$/),
        },
        {
          ...panel('p95 latency (ms)', 1, levels, to, {
            points: rates.flatMap(({ replicas: x, run }) =>
              run.total.p95Ms ? [{ x, y: run.total.p95Ms }] : [],
            ),
            repeated: ({ p95Ms }) => p95Ms,
          }),
          limits: limitsOf(runs, /^p95$/),
        },
        panel('efficiency (% of linear)', 2, levels, to, {
          points: levels.map(({ replicas: x, efficiency }) => ({ x, y: 100 * efficiency })),
        }),
      ]),
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
}

function panel(
  label: string,
  hue: number,
  levels: readonly ReplicaLevel[],
  to: number,
  { points, repeated = () => null, linear = [], fit = null, laws = [] }: Drawn,
) {
  const sizes = levels.map(({ replicas }) => replicas)
  const [least, most] = [smallest(sizes), largest(sizes)]
  const curve = (law: Fit, from: number, end: number) =>
    steps(from, end).map((x) => ({ x, y: throughput(law, x) }))
  const beyond = laws
    .map((law) => curve(law, most, to))
    .sort((a, b) => (b.at(-1)?.y ?? 0) - (a.at(-1)?.y ?? 0))
  const known = levels.flatMap((level) => {
    const { median: y, interval = null } = repeated(level) ?? {}
    return y === undefined ? [] : [{ x: level.replicas, y, interval }]
  })
  const bars = known.flatMap(({ x, interval }) => (interval ? [{ x, ...interval }] : []))
  const stroke = colour(hue)
  const measured = fit ? curve(fit, least, most) : known.length > 0 ? known : points
  return {
    height: 215,
    x: {
      label: 'replicas',
      type: 'linear' as const,
      domain: [least - 0.3, to + 0.3] as const,
      ticks: sizes,
      words: number,
    },
    y: { label, linear: true },
    reach: [...points.map(({ y }) => y), ...bars.map(({ high }) => high)],
    under: [
      ruleX(bars, { x: 'x', y1: 'low', y2: 'high', stroke, strokeWidth: 6, strokeOpacity: 0.35 }),
      dot(points, { x: 'x', y: 'y', fill: stroke, fillOpacity: 0.6, r: 4 }),
    ],
    curves: [
      { label: 'linear', colour: 'currentColor', dash: '4 3', points: linear },
      { label: '', colour: stroke, points: measured },
      ...beyond.map((points, index) => ({
        label: index === 0 ? 'extrapolated' : '',
        colour: stroke,
        dash: '2 4',
        points,
      })),
    ],
  }
}

const steps = (from: number, to: number): number[] =>
  Array.from({ length: 121 }, (_, step) => from + ((to - from) * step) / 120)
