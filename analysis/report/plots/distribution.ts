import { areaY, axisX, axisY, gridX, gridY, line, ruleY } from '@observablehq/plot'
import { number, percent, quantity } from '../../formats/words.ts'
import {
  cdf,
  countOf,
  type Distribution,
  merge,
  ofPercentiles,
  percentilesOf,
} from '../../numbers/distribution.ts'
import { largest, smallest } from '../../numbers/extremes.ts'
import type { Plot } from '../blocks.ts'
import type { RunGroup } from '../groups.ts'
import { ink } from './lines.ts'
import { type Panel, plotOf } from './svg.ts'

type Side = {
  readonly label: string
  readonly colour: string
  readonly runs: number
  readonly of: Distribution
}

const bins = 60
const height = 300

/** A histogram and the cumulative distribution of all requests of each group; empty where a run's curve is not whole. */
export function distributionPlots(groups: readonly RunGroup[]): Plot[] {
  const sides = groups.flatMap((group): Side[] => {
    const of = distributionOf(group)
    return of ? [{ label: group.label, colour: group.colour, runs: group.runs.length, of }] : []
  })
  if (sides.length < groups.length || sides.length === 0) return []
  // A single slow request would squeeze all others.
  const reach = sides.map(({ of }) => percentilesOf(of)).map((at) => [at(0.1).value, at(99.9).value] as const)
  const low = Math.max(smallest(reach.map(([least]) => least)), 1e-3)
  const high = Math.max(largest(reach.map(([, most]) => most)), low * 1.01)
  const edges = Array.from({ length: bins + 1 }, (_, index) => low * (high / low) ** (index / bins))
  const key = sides.map(({ label, colour, runs, of }) => ({
    label: `${label}: ${number(countOf(of))} requests of ${quantity(runs, 'run')} together`,
    colour,
  }))
  const description = sides
    .map(
      ({ label, of }) =>
        `${label}: half of the requests took up to ${number(percentilesOf(of)(50).value)} ms.`,
    )
    .join(' ')
  const about = { description, key }
  return [
    plotOf({ ...about, name: 'histogram', title: 'Histogram of latency' }, (width) => [
      histogram(sides, edges, width),
    ]),
    plotOf(
      {
        ...about,
        name: 'cumulative',
        title: 'Cumulative distribution of latency',
      },
      (width) => [cumulative(sides, edges, width)],
    ),
  ]
}

function distributionOf({ runs }: RunGroup): Distribution | null {
  const parts = runs.flatMap(({ percentiles, total }) => {
    const whole = percentiles[0]?.[0] === 0 && percentiles.at(-1)?.[0] === 100
    return whole && total.samples ? [ofPercentiles(total.samples, total.meanMs, percentiles)] : []
  })
  return parts.length === runs.length && parts.length > 0 ? merge(parts) : null
}

function histogram(sides: readonly Side[], edges: readonly number[], width: number): Panel {
  const drawn = sides.map(({ colour, of }) => {
    const below = edges.map((edge) => cdf(of, edge))
    return { colour, shares: below.slice(1).map((share, index) => share - (below[index] as number)) }
  })
  const steps = (shares: readonly number[]) =>
    shares.flatMap((y, index) => [
      { x: edges[index], y },
      { x: edges[index + 1], y },
    ])
  const most = largest(drawn.flatMap(({ shares }) => shares))
  return {
    ...frame(edges),
    y: { domain: [0, most * 1.06], label: 'requests' },
    marks: [
      ...axes(edges, width),
      ...drawn.flatMap(({ colour, shares }) => [
        areaY(steps(shares), { x: 'x', y1: () => 0, y2: 'y', fill: colour, fillOpacity: 0.18 }),
        line(steps(shares), { x: 'x', y: 'y', stroke: colour, strokeWidth: 1.5 }),
      ]),
      ruleY([0], ink(0.6)),
    ],
  }
}

function cumulative(sides: readonly Side[], edges: readonly number[], width: number): Panel {
  return {
    ...frame(edges),
    y: { domain: [0, 1], label: 'requests' },
    marks: [
      ...axes(edges, width),
      ...sides.map(({ colour, of }) =>
        line(
          edges.map((x) => ({ x, y: cdf(of, x) })),
          { x: 'x', y: 'y', stroke: colour, strokeWidth: 2 },
        ),
      ),
      ruleY([0], ink(0.6)),
    ],
  }
}

const frame = (edges: readonly number[]) => ({
  height,
  marginRight: 24,
  x: { type: 'log' as const, domain: [edges[0] as number, edges.at(-1) as number] },
})

function axes(edges: readonly number[], width: number) {
  const ticks = latencyTicks([edges[0] as number, edges.at(-1) as number], width - 100)
  return [
    gridX(ticks),
    gridY({ ticks: 5 }),
    axisY({ ticks: 5, label: 'requests', tickFormat: percent }),
    axisX(ticks, {
      text: number,
      label: 'latency (ms), up to p99.9',
      labelAnchor: 'center',
      labelArrow: 'none',
    }),
  ]
}

/** The most round values on a logarithmic axis that have room for their words. */
function latencyTicks([low, high]: readonly [number, number], length: number): number[] {
  const powers = Array.from({ length: 14 }, (_, index) => 10 ** (index - 4))
  const ladders = [
    [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9],
    [1, 1.5, 2, 3, 4, 5, 7],
    [1, 2, 3, 5],
    [1, 2, 5],
    [1, 3],
    [1],
  ].map((steps) =>
    powers
      .flatMap((power) => steps.map((step) => Number((step * power).toPrecision(3))))
      .filter((at) => at >= low && at <= high),
  )
  const place = (at: number) => (Math.log(at) / Math.log(high / low)) * length
  const roomy = (ticks: readonly number[]) =>
    ticks.every((tick, index) => index === 0 || place(tick) - place(ticks[index - 1] as number) >= 36)
  return ladders.find((ticks) => ticks.length > 0 && roomy(ticks)) ?? []
}
