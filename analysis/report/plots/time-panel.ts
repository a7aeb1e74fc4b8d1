import { areaY, line, type Markish, ruleX, ruleY, type TextOptions, text } from '@observablehq/plot'
import { sizeWords, stageLabel } from '../../formats/load.ts'
import type { Run } from '../../formats/run.ts'
import type { Period } from '../../formats/timeline.ts'
import { number } from '../../formats/words.ts'
import { largest, smallest } from '../../numbers/extremes.ts'
import { sharedXAxis } from './axes.ts'
import { colour } from './colours.ts'
import { ink } from './lines.ts'
import type { Panel } from './svg.ts'

/** Seconds, or minutes of a run of three minutes or more. */
export const timeScale = (endMs: number): { readonly label: string; readonly ms: number } =>
  endMs < 180_000 ? { label: 'time (s)', ms: 1000 } : { label: 'time (min)', ms: 60_000 }

export type Figure = (period: Period) => number | null
export type Line = {
  readonly name: string
  readonly colour: string
  readonly of: Figure
  readonly dash?: string
}
/** A panel of the plot over time. */
export type Drawing = {
  readonly label: string
  readonly lines: readonly Line[]
  /** Between the first line and the last. */
  readonly band?: boolean
  /** Each line is drawn on top of those before it. */
  readonly stacked?: boolean
  readonly step?: boolean
  readonly limits?: readonly { readonly value: number; readonly words: string }[]
}

type Place = { readonly run: Run; readonly endMs: number; readonly first: boolean; readonly last: boolean }
type Point = { readonly x: number; readonly y1: number; readonly y: number }

/** A panel with that drawing, of that place among the others. */
export function timePanel(
  drawing: Drawing,
  periods: readonly Period[],
  { run, endMs, first, last }: Place,
): Panel {
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
    reading: {
      time: true,
      x: (at) => `${number(at)} ${unit.ms === 1000 ? 's' : 'min'}`,
      y: label,
      curves: curves.map(({ name, colour, points }) => ({
        label: name,
        colour,
        // Of what is stacked, its own height.
        points: points.map(({ x, y1, y }) => ({ x, y: y - y1 })),
      })),
    },
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
    dx -= 7.5 * name.length + 10
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
