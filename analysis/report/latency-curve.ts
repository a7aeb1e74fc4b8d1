import { number, orDash } from '../format.ts'
import { type Curve, labelledLines, labelledTicks, scaleFor } from './lines.ts'
import { letter, type RunStatistics, runKey } from './runs.ts'
import { colour, drawnHeight, type Picture, picture } from './svg.ts'
import { users } from './table.ts'

/**
 * Latency against percentile, the tail stretched: the axis is the share of requests that took longer, on a
 * logarithmic scale, so that p90, p99 and p99.9 stand equally far apart. One run shows its stages beside the whole.
 */
export function latencyCurve(runs: readonly RunStatistics[]): Picture | null {
  const [only] = runs
  const curves = (runs.length === 1 && only ? ofStages(only) : runs.map(ofRun)).filter(
    ({ points }) => points.length > 1,
  )
  const tails = curves.flatMap(({ points }) => points.map(({ x }) => x))
  if (curves.length === 0) return null
  const deepest = Math.min(...tails)
  const height = 360
  const scale = scaleFor(
    curves.flatMap(({ points }) => points.map(({ y }) => y)),
    drawnHeight(height),
  )
  return picture(
    {
      name: 'latency',
      title: 'Latency by percentile',
      description: `Request latency in milliseconds against the percentile of requests. ${runs
        .map(
          ({ name, total }) =>
            `${name}: p50 ${orDash(total.p50Ms)} ms, p99 ${orDash(total.p99Ms)} ms, longest ${orDash(total.maxMs)} ms.`,
        )
        .join(' ')}`,
      key: runKey(runs),
    },
    [
      {
        height,
        x: { type: 'log', domain: [1, deepest] },
        y: {
          type: scale.type,
          domain: scale.domain,
          grid: true,
          label: 'latency (ms)',
          tickFormat: number,
          ticks: 6,
        },
        marks: [
          ...labelledTicks(
            'percentile of requests',
            [1, 0.5, 0.1, 0.01, 0.001, 0.0001, 0.00001].filter((tail) => tail >= deepest),
            (tail) => (tail === 1 ? 'fastest' : `p${Number((100 * (1 - tail)).toFixed(3))}`),
          ),
          ...labelledLines(curves, scale),
        ],
      },
    ],
  )
}

function ofStages({ stages, percentiles, total }: RunStatistics): Curve[] {
  const each = stages.length > 1 ? stages : []
  return [
    ...each.map((stage, index) => ({
      label: stage.vus === null ? `stage ${stage.stage}` : users(stage.vus),
      colour: colour(index),
      points: points(stage.percentiles, stage.samples),
    })),
    { label: 'all', colour: 'currentColor', points: points(percentiles, total.samples), strong: true },
  ]
}

const ofRun = ({ percentiles, total }: RunStatistics, index: number): Curve => ({
  label: letter(index),
  colour: colour(index),
  points: points(percentiles, total.samples),
  strong: true,
})

/** Percentiles by the share of requests beyond them; the longest request stands for one of all. */
function points(
  percentiles: readonly (readonly [p: number, ms: number])[],
  samples: number,
): Curve['points'] {
  const deepest = 1 / Math.max(samples, 2)
  return percentiles
    .map(([p, ms]) => ({ x: p === 100 ? deepest : 1 - p / 100, y: ms }))
    .filter(({ x }) => x >= deepest)
}
