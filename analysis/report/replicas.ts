import { dot, line, ruleX } from '@observablehq/plot'
import { median } from 'simple-statistics'
import { number, percent } from '../formats/words.ts'
import type { Repeated } from '../numbers/repeated.ts'
import type { Fit } from '../numbers/scaling-fit.ts'
import { peakOf, throughput } from '../numbers/scaling-law.ts'
import { chosenFit, type Scaling } from '../numbers/scaling-model.ts'
import { type ReplicaLevel as Level, observed } from '../runs/replicas.ts'
import type { Statistics } from '../runs/statistics.ts'
import { endLabel, labelledTicks } from './plots/lines.ts'
import { colour, type Panel, type Picture, picture } from './plots/svg.ts'

type Point = { readonly x: number; readonly y: number }

/**
 * Throughput, p95 and efficiency against replicas: every run a dot, the medians with their intervals, linear growth in
 * grey; the fitted law as a curve, dashed where it is extrapolated.
 */
export function replicasPicture({ replicas: levels, runs, scaling }: Statistics): Picture | null {
  const [fewest] = levels
  if (!fewest) return null
  const fit = chosenFit(scaling)
  const linear = levels.map(({ replicas: x }) => ({ x, y: (fewest.rate.median * x) / fewest.replicas }))
  const rates = observed(runs)
  return picture(
    {
      name: 'replicas',
      title: 'Throughput, latency and efficiency against replicas',
      description: levels
        .map(
          ({ replicas, runs, rate, efficiency }) =>
            `${replicas} replicas: median ${number(rate.median)} requests per second over ${runs} runs, ${percent(efficiency)} of linear growth.`,
        )
        .join(' '),
    },
    [
      panel('throughput (requests/s)', 0, levels, ({ rate }) => rate, {
        points: rates.map(({ replicas: x, rate: y }) => ({ x, y })),
        linear,
        fit,
      }),
      panel('p95 latency (ms)', 1, levels, ({ p95Ms }) => p95Ms, {
        reach: fit !== null,
        points: rates.flatMap(({ replicas: x, run }) => (run.total.p95Ms ? [{ x, y: run.total.p95Ms }] : [])),
      }),
      panel('efficiency (% of linear)', 2, levels, () => null, {
        reach: fit !== null,
        points: levels.map(({ replicas: x, efficiency }) => ({ x, y: 100 * efficiency })),
        joined: true,
      }),
    ],
  )
}

function panel(
  label: string,
  hue: number,
  levels: readonly Level[],
  figure: (level: Level) => Repeated | null,
  {
    points,
    linear = [],
    fit = null,
    reach = fit !== null,
    joined = false,
  }: {
    points: readonly Point[]
    linear?: readonly Point[]
    fit?: Fit | null
    reach?: boolean
    joined?: boolean
  },
): Panel {
  const sizes = levels.map(({ replicas }) => replicas)
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)]
  // Half as far again: enough to see where it leads, not so far that it looks known.
  const to = reach ? most * 1.5 : most
  const curve = fit ? steps(least, to).map((x) => ({ x, y: throughput(fit, x) })) : []
  const known = levels.flatMap((level) => {
    const repeated = figure(level)
    return repeated ? [{ x: level.replicas, y: repeated.median, interval: repeated.interval }] : []
  })
  const bars = known.flatMap(({ x, interval }) => (interval ? [{ x, ...interval }] : []))
  const highest = Math.max(
    ...[...points, ...linear, ...curve].map(({ y }) => y),
    ...bars.map(({ high }) => high),
    0,
  )
  const within = curve.filter(({ x }) => x <= most)
  const beyond = curve.filter(({ x }) => x >= most)
  const path = { x: 'x', y: 'y', stroke: colour(hue), strokeWidth: 2 } as const
  return {
    height: 215,
    x: { domain: [least - 0.3, to + 0.3] },
    y: { domain: [0, highest * 1.08 || 1], grid: true, label, ticks: 5, tickFormat: number },
    marks: [
      ...labelledTicks('replicas', sizes, number),
      ruleX(sizes, { stroke: 'currentColor', strokeOpacity: 0.06 }),
      line(linear, { x: 'x', y: 'y', stroke: 'currentColor', strokeOpacity: 0.4, strokeDasharray: '4 3' }),
      endLabel(linear, 'linear', endStyle()),
      ruleX(bars, {
        x: 'x',
        y1: 'low',
        y2: 'high',
        stroke: colour(hue),
        strokeWidth: 6,
        strokeOpacity: 0.35,
      }),
      ...(fit
        ? [
            line(within, path),
            line(beyond, { ...path, strokeDasharray: '2 4' }),
            endLabel(beyond, 'extrapolated', endStyle(colour(hue))),
          ]
        : [line(known.length > 0 ? known : joined ? points : [], path)]),
      dot(points, { x: 'x', y: 'y', fill: colour(hue), fillOpacity: 0.6, r: 4 }),
    ],
  }
}

const steps = (from: number, to: number): number[] =>
  Array.from({ length: 121 }, (_, step) => from + ((to - from) * step) / 120)

const endStyle = (fill = 'currentColor') => ({ fill, fillOpacity: 0.85 })

/** The levels as rows of a table under these heads. */
export const levelColumns = [
  'replicas',
  'runs',
  'requests/s',
  'between',
  'p95 ms',
  'between',
  'SLOs held at',
  'speed-up',
  'efficiency',
] as const

export const levelRows = (levels: readonly Level[]): string[][] =>
  levels.map(({ replicas, runs, rate, p95Ms, held, speedUp, efficiency }) => [
    String(replicas),
    String(runs),
    number(rate.median),
    between(rate),
    p95Ms ? number(p95Ms.median) : '–',
    p95Ms ? between(p95Ms) : '–',
    held ? (held.least > 0 ? `${number(held.least)}/s` : 'not in every run') : '–',
    number(speedUp),
    percent(efficiency),
  ])

/** The interval where there is one, else the range. */
export const between = ({ interval, least, most }: Repeated): string =>
  interval ? `${number(interval.low)} to ${number(interval.high)}` : `${number(least)} to ${number(most)}`

const names: Record<Fit['model'], string> = {
  linear: 'linear growth',
  amdahl: 'Amdahl’s law',
  usl: 'the Universal Scalability Law',
}

/** What the figures by replicas mean, in sentences. */
export function levelRemarks({ replicas: levels, runs, scaling, recommendation }: Statistics): string[] {
  if (levels.length === 0) return []
  return [
    ...(recommendation ? [recommendation] : []),
    levels.some(({ rate }) => !rate.interval)
      ? 'Medians of the runs; “between” is the range over them where there are fewer than five, too few for an interval that could be trusted, and else the 95 % interval of the typical run.'
      : 'Medians of the runs, “between” the ends of the 95 % interval of the typical run. “SLOs held at” is what even the least of the runs did.',
    ...spreadWords(levels, observed(runs)),
    ...(scaling
      ? scalingWords(scaling)
      : ['With three numbers of replicas or fewer no law of growth is fitted.']),
  ]
}

/** How much of the spread lies between runs, which more runs help against, and how much within each. */
function spreadWords(levels: readonly Level[], runs: ReturnType<typeof observed>): string[] {
  const between = levels.flatMap(({ rate }) => rate.variation ?? [])
  const within = runs.flatMap(({ run: { total } }) =>
    total.p50Ms && total.p95Ms ? total.p95Ms / total.p50Ms : [],
  )
  if (between.length === 0 || within.length === 0) return []
  const needed = Math.max(...levels.map(({ runsNeeded }) => runsNeeded ?? 0))
  return [
    `Between runs throughput varies by up to ${percent(Math.max(...between))} (standard deviation ÷ mean)${
      needed > 0 ? `; ${needed} runs of each would tell it to ± 2 %` : ''
    }. Within a run p95 is ${number(median(within))} times p50.`,
  ]
}

function scalingWords(scaling: Scaling): string[] {
  const fit = chosenFit(scaling)
  if (!fit) return []
  const { intervals, peak, ceiling } = scaling
  const around = (value: number, bounds: { low: number; high: number } | null | undefined) =>
    bounds ? `${number(value)} (${number(bounds.low)} to ${number(bounds.high)})` : number(value)
  const most = Math.max(...scaling.residuals.map(({ replicas }) => replicas))
  const worst = Math.max(...scaling.residuals.map(({ residual, rate }) => Math.abs(residual / rate)))
  const said = [
    `Of the three laws ${names[fit.model]} explains the runs best (Akaike weight ${percent(fit.weight)}): one replica ${around(fit.gamma, intervals?.gamma)} requests/s${
      fit.model === 'linear' ? '' : `, contention α ${around(fit.alpha, intervals?.alpha)}`
    }${fit.model === 'usl' ? `, coherency β ${around(fit.beta, intervals?.beta)}` : ''}; the run farthest from it is ${percent(worst)} away.`,
  ]
  if (peak !== null) {
    said.push(
      `Throughput is greatest with ${around(peakOf(fit), intervals?.peak)} replicas and falls beyond${peak > most ? ` – an extrapolation: no more than ${most} were measured` : ''}.`,
    )
  }
  if (ceiling !== null)
    said.push(`No number of replicas would pass ${number(ceiling)} requests/s, if the law goes on to hold.`)
  return said
}
