import { areaY, type Markish } from '@observablehq/plot'
import { stageLabel } from '../../formats/load.ts'
import { alike, number, orDash, quantity } from '../../formats/words.ts'
import { largest, smallest } from '../../numbers/extremes.ts'
import type { RunStatistics } from '../../run/statistics.ts'
import type { Plot } from '../blocks.ts'
import { keyOf, type RunGroup, together } from '../groups.ts'
import { answering } from '../run-finding.ts'
import { ordinal } from './colours.ts'
import type { KeyEntry } from './key.ts'
import { limitsOf } from './limits.ts'
import { broken, type Curve, curvePanels } from './lines.ts'
import { plotOf } from './svg.ts'

type Band = { readonly colour: string; readonly edges: { x: number; low: number; high: number }[] }

/**
 * Latency against percentile with a stretched tail: the x axis is the share of requests that took longer, on a
 * logarithmic scale, which spaces p90, p99 and p99.9 evenly. One run shows its stages too; repeats are one curve of
 * all their requests, in a band from the least to the greatest of the runs.
 */
export function latencyPlot(runs: readonly RunStatistics[], groups: readonly RunGroup[]): Plot | null {
  const [only] = runs
  const drawn = groups.map(ofGroup)
  const curves = runs.length === 1 && only ? ofStages(only) : drawn.map(({ curve }) => curve)
  const shown = curves.filter(({ points }) => points.length > 1)
  const bands = drawn.flatMap(({ band }) => band ?? [])
  const tails = shown.flatMap(({ points }) => points.map(({ x }) => x))
  if (shown.length === 0) return null
  const deepest = smallest(tails)
  const sparse = shown.some(({ points }) => broken(points, farApart).length > points.length)
  const key: KeyEntry[] = [
    ...keyOf(groups),
    ...(sparse
      ? [
          {
            label: 'the summary has only the percentiles with a dot',
            colour: 'currentColor',
            dash: '3 5',
          },
        ]
      : []),
  ]
  const limits = limitsOf(runs, /^p[\d.]+$/).flatMap((limit) => {
    const at = round(1 - Number(limit.figure.slice(1)) / 100)
    return at >= deepest ? [{ ...limit, at }] : []
  })
  const description = `Request latency in milliseconds against the percentile of requests. ${groups.flatMap(words).join(' ')}`
  return plotOf(
    { name: 'latency', title: 'Latency by percentile', finding: finding(runs, groups), key, description },
    (width) =>
      curvePanels(width, [
        {
          height: 360,
          x: {
            label: 'percentile of requests',
            type: 'log',
            domain: [1, deepest],
            ticks: [1, 0.5, 0.1, 0.01, 0.001, 0.0001, 0.00001].filter((tail) => tail >= deepest),
            words: tailWords,
            answers: limits.map(({ at }) => at),
          },
          y: { label: 'latency (ms)' },
          reach: bands.flatMap(({ edges }) => edges.map(({ high }) => high)),
          limits,
          reading: { curves: shown, x: tailWords, y: 'latency (ms)' },
          under: bands.map(shade),
          curves: shown.map((curve) => ({ ...curve, apart: farApart })),
        },
      ]),
  )
}

/** How much longer the slow requests take than the typical one; of several groups the p95 of each. */
function finding(runs: readonly RunStatistics[], groups: readonly RunGroup[]): string {
  const [only] = runs
  if (only && runs.length === 1) {
    if (only.verdict.kind === 'invalid') return 'Nothing can be concluded: the run is invalid'
    if (only.requests.length > 1) return 'Kinds of request together: each alone is in the table by kind'
    const stage = answering(only)
    const { p50Ms, p95Ms } = stage ?? only.total
    if (!p50Ms || p95Ms === null) return 'Too few requests for a p95'
    const times = Number((p95Ms / p50Ms).toPrecision(2))
    const slo = only.run?.slos.find(({ figure, tags }) => figure === 'p95' && !tags)
    const limit = slo ? `, ${p95Ms <= slo.limit ? 'within' : 'beyond'} its limit of ${slo.limit} ms` : ''
    return `p95 ${stage ? `at ${stageLabel(stage)} ` : ''}is ${number(p95Ms)} ms, ${alike([times])(times)} times p50${limit}`
  }
  if (runs.some(({ stages, requests }) => stages.length > 1 || requests.length > 1))
    return 'Stages or kinds of request together: compare the curves, not a p95'
  const known = groups.flatMap(({ label, runs }) => {
    const ms = together(runs).find(({ p }) => p === 95)?.ms
    return ms === undefined ? [] : [{ label, ms }]
  })
  if (known.length === 0) return 'Too few requests for a p95'
  if (known.length <= mostNamed)
    return `p95: ${known.map(({ label, ms }) => `${label} ${number(ms)} ms`).join(', ')}`
  const all = known.map(({ ms }) => ms)
  return `p95 from ${number(smallest(all))} to ${number(largest(all))} ms`
}

/** More groups are not named in a sentence. */
const mostNamed = 4

const round = (tail: number): number => Number(tail.toPrecision(9))

const tailWords = (tail: number): string =>
  tail === 1 ? 'fastest' : `p${Number((100 * (1 - tail)).toFixed(3))}`

/** Percentiles with more than a tenth of the requests, or two thirds of those beyond the lower one, between them. */
const farApart = ({ x: lower }: { readonly x: number }, { x: higher }: { readonly x: number }): boolean =>
  lower - higher > 0.101 || lower / higher > 3.01

function ofStages({ stages, percentiles, total }: RunStatistics): Curve[] {
  const each = stages.length > 1 ? stages : []
  return [
    ...each.map((stage, index) => ({
      label: stageLabel(stage),
      colour: ordinal(index, each.length),
      points: points(stage.percentiles, stage.samples),
    })),
    {
      label: 'all',
      colour: 'currentColor',
      points: points(percentiles, total.samples),
      strong: each.length === 0,
    },
  ]
}

function ofGroup({ label, colour, runs }: RunGroup): { curve: Curve; band: Band | null } {
  const known = together(runs)
  const samples = runs.map(({ total }) => total.samples ?? 0)
  const all = samples.reduce((a, b) => a + b, 0)
  const at = (figure: 'ms' | 'least' | 'most', of: number | null) =>
    points(
      known.map((each) => [each.p, each[figure]] as const),
      of,
    )
  // The band is of single runs, whose tails end at their number of requests.
  const fewest = smallest(samples)
  const high = at('most', fewest)
  const edges = at('least', fewest).map(({ x, y }, index) => ({ x, low: y, high: high[index]?.y ?? y }))
  return {
    curve: { label, colour, points: at('ms', all || null), strong: true },
    band: runs.length > 1 ? { colour, edges } : null,
  }
}

/** The band's edges, broken where the curve is. */
const bands = (edges: Band['edges']) =>
  broken(
    edges.map(({ x, low, high }) => ({ x, y: low, low, high })),
    farApart,
  ).map((edge) => ('low' in edge ? edge : { ...edge, low: Number.NaN, high: Number.NaN }))

const shade = ({ colour, edges }: Band): Markish =>
  areaY(bands(edges), { x: 'x', y1: 'low', y2: 'high', fill: colour, fillOpacity: 0.18 })

function words({ label, runs }: RunGroup): string[] {
  const [first, ...more] = runs
  if (!first) return []
  const longest = largest(runs.map(({ total }) => total.maxMs ?? 0))
  const { p50Ms, p99Ms, maxMs } = first.total
  return more.length > 0
    ? [`${label}: ${quantity(runs.length, 'run')} together, the longest request ${number(longest)} ms.`]
    : [`${first.name}: p50 ${orDash(p50Ms)} ms, p99 ${orDash(p99Ms)} ms, longest ${orDash(maxMs)} ms.`]
}

/**
 * Percentiles by the share of requests beyond them. The slowest request is one of `samples`; of an unknown number it
 * has no place.
 */
function points(
  percentiles: readonly (readonly [p: number, ms: number])[],
  samples: number | null,
): Curve['points'] {
  const deepest = samples === null ? 0 : 1 / Math.max(samples, 2)
  return percentiles
    .filter(([p]) => p < 100 || samples !== null)
    .map(([p, ms]) => ({ x: p === 100 ? deepest : 1 - p / 100, y: ms }))
    .filter(({ x }) => x >= deepest)
}
