import { areaY, type Markish } from '@observablehq/plot'
import { number, orDash } from '../../formats/words.ts'
import type { Statistics } from '../../runs/statistics.ts'
import { type Group, groupsOf, keyOf, type RunStatistics, together } from '../runs.ts'
import { stageSize } from '../table.ts'
import { type Curve, labelledLines, labelledTicks, scaleFor } from './lines.ts'
import { colour, drawnHeight, type Picture, picture } from './svg.ts'

type Band = { readonly colour: string; readonly edges: { x: number; low: number; high: number }[] }

/**
 * Latency against percentile, the tail stretched: the axis is the share of requests that took longer, on a
 * logarithmic scale, so that p90, p99 and p99.9 stand equally far apart. One run shows its stages beside the whole;
 * repeats are drawn as all their requests together, in a band from the least to the greatest of the runs.
 */
export function latencyCurve(statistics: Statistics): Picture | null {
  const { runs } = statistics
  const [only] = runs
  const groups = groupsOf(statistics)
  const drawn = groups.filter(({ runs }) => runs.length > 1).map(ofGroup)
  const curves = (
    runs.length === 1 && only
      ? ofStages(only)
      : [...drawn.map(({ curve }) => curve), ...groups.filter(({ runs }) => runs.length === 1).map(ofRun)]
  ).filter(({ points }) => points.length > 1)
  const bands = drawn.map(({ band }) => band)
  const tails = curves.flatMap(({ points }) => points.map(({ x }) => x))
  if (curves.length === 0) return null
  const deepest = Math.min(...tails)
  const height = 360
  const scale = scaleFor(
    [
      ...curves.flatMap(({ points }) => points.map(({ y }) => y)),
      ...bands.flatMap(({ edges }) => edges.map(({ high }) => high)),
    ],
    drawnHeight(height),
  )
  return picture(
    {
      name: 'latency',
      title: 'Latency by percentile',
      description: `Request latency in milliseconds against the percentile of requests. ${describe(groups, drawn)}`,
      key: keyOf(groups),
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
          ...bands.map(shade),
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
      label: stageSize(stage) ?? `stage ${stage.stage}`,
      colour: colour(index),
      points: points(stage.percentiles, stage.samples),
    })),
    { label: 'all', colour: 'currentColor', points: points(percentiles, total.samples), strong: true },
  ]
}

const ofRun = ({ label, colour, runs: [run] }: Group): Curve => ({
  label,
  colour,
  points: run ? points(run.percentiles, run.total.samples) : [],
  strong: true,
})

function ofGroup({ label, colour, runs }: Group): { curve: Curve; band: Band } {
  const samples = runs.reduce((sum, { total }) => sum + total.samples, 0)
  // One run cannot show its tail beyond its own size, and the band is of single runs.
  const each = Math.min(...runs.map(({ total }) => total.samples))
  const known = together(runs)
  const edge = (of: (at: (typeof known)[number]) => number) =>
    points(
      known.map((at) => [at.p, of(at)] as const),
      each,
    )
  const [low, high] = [edge(({ least }) => least), edge(({ most }) => most)]
  return {
    curve: {
      label,
      colour,
      points: points(
        known.map(({ p, ms }) => [p, ms] as const),
        samples,
      ),
      strong: true,
    },
    band: { colour, edges: low.map(({ x, y }, index) => ({ x, low: y, high: high[index]?.y ?? y })) },
  }
}

const shade = ({ colour, edges }: Band): Markish =>
  areaY(edges, { x: 'x', y1: 'low', y2: 'high', fill: colour, fillOpacity: 0.18 })

function describe(groups: readonly Group[], drawn: readonly { curve: Curve }[]): string {
  const single = groups
    .flatMap(({ runs }) => (runs.length === 1 ? runs : []))
    .map(
      ({ name, total }) =>
        `${name}: p50 ${orDash(total.p50Ms)} ms, p99 ${orDash(total.p99Ms)} ms, longest ${orDash(total.maxMs)} ms.`,
    )
  const several = groups
    .filter(({ runs }) => runs.length > 1)
    .map(({ label, runs }, index) => {
      const longest = drawn[index]?.curve.points.at(-1)?.y ?? 0
      return `${label}: ${runs.length} runs together, the longest request ${number(longest)} ms.`
    })
  return [...several, ...single].join(' ')
}

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
