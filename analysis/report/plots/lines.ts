import {
  axisX,
  dot,
  gridX,
  line,
  type Markish,
  ruleY,
  type ScaleOptions,
  type TextOptions,
  text,
} from '@observablehq/plot'
import { type Slo, sloPercentile, sloWords } from '../../formats/slo.ts'
import { alike } from '../../formats/words.ts'
import { largest, smallest } from '../../numbers/extremes.ts'
import type { RunStatistics } from '../../run/statistics.ts'
import { colour, drawnHeight } from './svg.ts'

type Point = { readonly x: number; readonly y: number }

export type Curve = {
  readonly label: string
  readonly colour: string
  /** In the order that the line joins them; the label is beside the last. */
  readonly points: readonly Point[]
  readonly dots?: boolean
  /** Whether nothing is known between two neighbours: they get dots, and a dashed line between them. */
  readonly apart?: (a: Point, b: Point) => boolean
  readonly strong?: boolean
}

/** The scale of a y axis; `height` in pixels. */
export type Scale = {
  readonly type: 'linear' | 'log'
  readonly domain: readonly [number, number]
  readonly height: number
}

/** For a panel of that height: from zero, or logarithmic where the values span more than a factor of 30. */
export function scaleFor(points: readonly { readonly y: number }[], panelHeight: number): Scale {
  const height = drawnHeight(panelHeight)
  const above = points.flatMap(({ y }) => (y > 0 ? y : []))
  const [least, most] = [smallest(above), largest(above)]
  if (above.length === 0) return { type: 'linear', domain: [0, 1], height }
  return most / least > 30
    ? { type: 'log', domain: [least / 1.1, most * 1.1], height }
    : { type: 'linear', domain: [0, most * 1.06], height }
}

export const yAxis = (
  label: string,
  ticks: number,
  { type, domain }: Omit<Scale, 'height'>,
): ScaleOptions => ({ type, domain, grid: true, label, tickFormat: tickWords, ticks })

/** All of a linear axis have as many decimals; Plot gives those of a logarithmic one singly. */
export const tickWords = (tick: number, _: number, ticks: readonly number[] = [tick]): string =>
  alike(ticks)(tick)

/** A limit of an SLO, in the unit of the axis. */
type Limit = { readonly y: number; readonly label: string }

/** The SLOs of runs that are about all of their requests, each once. */
const slosOf = (runs: readonly Pick<RunStatistics, 'run'>[]): readonly Slo[] => {
  const slos = runs.flatMap(({ run }) => run?.slos ?? []).filter(({ tags }) => !tags)
  return [...new Map(slos.map((slo) => [sloWords(slo), slo])).values()]
}

/** The limits that runs have for those figures. */
export const limitsOf = (
  runs: readonly Pick<RunStatistics, 'run'>[],
  figures: readonly string[],
): readonly Limit[] =>
  slosOf(runs)
    .filter(({ figure }) => figures.includes(figure))
    .map((slo) => ({ y: slo.limit, label: sloWords(slo) }))

/** Limits as dashed lines; one beyond the axis is named at its top. */
export function limitMarks(
  limits: readonly Limit[],
  { domain: [from, to] }: Pick<Scale, 'domain'>,
): Markish[] {
  const inside = limits.filter(({ y }) => y >= from && y <= to)
  const above = limits.filter(({ y }) => y > to).map(({ label }) => label)
  const words = { fill: limitColour, textAnchor: 'start', dx: 6 } as const
  return [
    ruleY(inside, { y: 'y', stroke: limitColour, strokeDasharray: '6 4' }),
    text(inside, { y: 'y', frameAnchor: 'left', text: 'label', dy: -7, ...words }),
    ...(above.length > 0
      ? [
          text([above.join(', ')], {
            frameAnchor: 'top-left',
            text: (all: string) => `↑ ${all}`,
            dy: 2,
            ...words,
          }),
        ]
      : []),
  ]
}

/** Of limits and of what broke them. */
const limitColour = colour(7)

/** Limits of percentiles where they lie among the percentiles; one beyond the axis is named at its top. */
export const percentileLimits = (
  runs: readonly Pick<RunStatistics, 'run'>[],
  deepest: number,
  { domain: [from, to] }: Pick<Scale, 'domain'>,
): Markish[] =>
  slosOf(runs).flatMap((slo): Markish[] => {
    const x = 1 - (sloPercentile(slo.figure) ?? 100) / 100
    if (x < deepest || x >= 1 || slo.limit < from) return []
    const style = { x: () => x, fill: limitColour, textAnchor: 'end' } as const
    return slo.limit > to
      ? [text([slo], { ...style, frameAnchor: 'top', text: (of: Slo) => `↑ ${sloWords(of)}`, dy: 2 })]
      : [
          dot([slo], { x: () => x, y: 'limit', symbol: 'times', stroke: limitColour, strokeWidth: 2, r: 5 }),
          text([slo], { ...style, y: 'limit', text: sloWords, dx: -10 }),
        ]
  })

/** The x axis that panels below each other share: only the last one shows it. */
export const sharedXAxis = (label: string, last: boolean): ScaleOptions =>
  last ? { label, labelAnchor: 'center', labelArrow: 'none' } : { label: null, axis: null }

/** A line in the colour of text, more or less faint. */
export const ink = (strokeOpacity: number) => ({ stroke: 'currentColor', strokeOpacity })

/** An x axis with a label at every tick; Plot's logarithmic axis labels round figures only. */
export const labelledTicks = (
  label: string,
  ticks: readonly number[],
  words: (tick: number) => string,
): Markish[] => [
  gridX(ticks),
  axisX(ticks, { text: words, label, labelAnchor: 'center', labelArrow: 'none' }),
]

/** Lines with their names at their ends instead of a legend, moved apart where they would overlap. */
export function labelledLines(curves: readonly Curve[], scale: Scale): Markish[] {
  const shown = curves.filter(({ points }) => points.length > 0)
  const shifts = apart(shown.map(({ points }) => pixels(points.at(-1)?.y ?? 0, scale)))
  return shown.flatMap(({ label, colour, points, dots, strong, apart = () => false }, index) => [
    line(broken(points, apart), { x: 'x', y: 'y', stroke: colour, strokeWidth: strong ? 2.75 : 1.6 }),
    ...guessed(points, apart, colour),
    ...(dots ? [dot(points, { x: 'x', y: 'y', fill: colour, r: 3 })] : []),
    endLabel(points, label, { dy: shifts[index] ?? 0, fill: colour, fontWeight: strong ? 'bold' : 'normal' }),
  ])
}

/** With a break, where a mark draws nothing, between those that are apart. */
export const broken = <Of extends Point>(
  points: readonly Of[],
  apart: (a: Point, b: Point) => boolean,
): (Of | Point)[] =>
  points.flatMap((point, index) => {
    const before = points[index - 1]
    return before && apart(before, point) ? [{ x: point.x, y: Number.NaN }, point] : [point]
  })

function guessed(points: Curve['points'], apart: (a: Point, b: Point) => boolean, colour: string): Markish[] {
  const pairs = points.flatMap((point, index) => {
    const before = points[index - 1]
    return before && apart(before, point) ? [[before, point] as const] : []
  })
  if (pairs.length === 0) return []
  return [
    ...pairs.map((pair) =>
      line(pair, { x: 'x', y: 'y', stroke: colour, strokeOpacity: 0.6, strokeDasharray: '3 5' }),
    ),
    dot([...new Set(pairs.flat())], { x: 'x', y: 'y', fill: colour, r: 3 }),
  ]
}

/** A name beside the last point of a line. */
export const endLabel = (points: Curve['points'], label: string, style: TextOptions): Markish =>
  text(points.slice(-1), { x: 'x', y: 'y', text: () => label, textAnchor: 'start', dx: 8, ...style })

function pixels(value: number, { type, domain: [from, to], height }: Scale): number {
  const position =
    type === 'log' ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from)
  return (1 - position) * height
}

const gap = 13

/** How far each must move to be a line of text away from the next, in the same order. */
function apart(positions: readonly number[]): number[] {
  const order = positions.map((_, index) => index).sort((a, b) => (positions[a] ?? 0) - (positions[b] ?? 0))
  const placed = [...positions]
  // Pushing each pair apart by half its overlap, a few times over, settles any real number of labels.
  for (let sweep = 0; sweep < 40; sweep++) {
    for (let next = 1; next < order.length; next++) {
      const [upper, lower] = [order[next - 1] ?? 0, order[next] ?? 0]
      const overlap = gap - ((placed[lower] ?? 0) - (placed[upper] ?? 0))
      if (overlap <= 0) continue
      placed[upper] = (placed[upper] ?? 0) - overlap / 2
      placed[lower] = (placed[lower] ?? 0) + overlap / 2
    }
  }
  return placed.map((position, index) => Math.round(position - (positions[index] ?? 0)))
}
