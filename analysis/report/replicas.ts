import { dot, line, ruleX, text } from '@observablehq/plot'
import { number, percent } from '../format.ts'
import type { Level } from '../replicas.ts'
import { labelledTicks } from './lines.ts'
import type { RunStatistics } from './runs.ts'
import { colour, type Panel, type Picture, picture } from './svg.ts'

type Point = { x: number; y: number }

/** Throughput and p95 against replicas: every run a dot, the medians a line, linear growth in grey. */
export function replicasPicture(levels: readonly Level[], runs: readonly RunStatistics[]): Picture | null {
  const [fewest] = levels
  if (!fewest) return null
  const points = (figure: (run: RunStatistics) => number | null): Point[] =>
    runs.flatMap((each) => {
      const [x, y] = [each.run?.target.replicas ?? null, figure(each)]
      return x === null || y === null || each.verdict.kind === 'invalid' ? [] : [{ x, y }]
    })
  const linear = levels.map(({ replicas: x }) => ({ x, y: (fewest.rate.median * x) / fewest.replicas }))
  return picture(
    {
      name: 'replicas',
      title: 'Throughput and latency against replicas',
      description: levels
        .map(
          ({ replicas, runs, rate, efficiency }) =>
            `${replicas} replicas: median ${number(rate.median)} requests per second over ${runs} runs, ${percent(efficiency)} of linear growth.`,
        )
        .join(' '),
    },
    [
      panel(
        'throughput (requests/s)',
        0,
        levels,
        points(({ total }) => total.rate),
        levels.map(({ replicas: x, rate }) => ({ x, y: rate.median })),
        linear,
      ),
      panel(
        'p95 latency (ms)',
        1,
        levels,
        points(({ total }) => total.p95Ms),
        levels.flatMap(({ replicas: x, p95Ms }) => (p95Ms ? [{ x, y: p95Ms.median }] : [])),
      ),
    ],
  )
}

function panel(
  label: string,
  hue: number,
  levels: readonly Level[],
  points: readonly Point[],
  medians: readonly Point[],
  linear: readonly Point[] = [],
): Panel {
  const most = Math.max(...[...points, ...linear].map(({ y }) => y), 0)
  const sizes = levels.map(({ replicas }) => replicas)
  return {
    height: 230,
    x: { domain: [Math.min(...sizes) - 0.3, Math.max(...sizes) + 0.3] },
    y: { domain: [0, most * 1.08 || 1], grid: true, label, ticks: 5, tickFormat: number },
    marks: [
      ...labelledTicks('replicas', sizes, number),
      ruleX(sizes, { stroke: 'currentColor', strokeOpacity: 0.06 }),
      line(linear, { x: 'x', y: 'y', stroke: 'currentColor', strokeOpacity: 0.4, strokeDasharray: '4 3' }),
      text(linear.slice(-1), {
        x: 'x',
        y: 'y',
        text: () => 'linear',
        textAnchor: 'start',
        dx: 8,
        fill: 'currentColor',
        fillOpacity: 0.75,
      }),
      line(medians, { x: 'x', y: 'y', stroke: colour(hue), strokeWidth: 2 }),
      dot(points, { x: 'x', y: 'y', fill: colour(hue), fillOpacity: 0.6, r: 4 }),
    ],
  }
}

/** The levels as rows of a table under these heads. */
export const levelColumns = [
  'replicas',
  'runs',
  'requests/s (median)',
  'range',
  'p95 ms (median)',
  'range',
  'speed-up',
  'efficiency',
] as const

export const levelRows = (levels: readonly Level[]): string[][] =>
  levels.map(({ replicas, runs, rate, p95Ms, speedUp, efficiency }) => [
    String(replicas),
    String(runs),
    number(rate.median),
    range(rate),
    p95Ms ? number(p95Ms.median) : '–',
    p95Ms ? range(p95Ms) : '–',
    number(speedUp),
    percent(efficiency),
  ])

const range = ({ least, most }: { least: number; most: number }) => `${number(least)} to ${number(most)}`

/** Why there are ranges and no intervals. */
export const levelRemark = (levels: readonly Level[]): string =>
  levels.some(({ runs }) => runs < 5)
    ? 'Ranges over the runs; with fewer than five of them there is no interval that could be trusted.'
    : 'Ranges over the runs.'
