import type { Scale } from '@observablehq/plot'
import type { Element } from '@xmldom/xmldom'
import { number } from '../../formats/words.ts'
import type { Readings } from '../blocks.ts'

/** How the values of a panel are read: its curves, what they are, and words for a place of the x axis. */
export type Reading = {
  readonly y: string
  readonly curves: readonly {
    readonly label: string
    readonly colour: string
    readonly points: readonly { readonly x: number; readonly y: number }[]
  }[]
  readonly x: (x: number) => string
  readonly time?: boolean
}

// A pointer can hardly tell more places on an axis of 600 pixels, unless it is zoomed, nor a reader more curves.
const mostPlaces = 150
const mostCurves = 16

/** What a pointer reads off a panel that Plot has drawn; undefined where there is nothing, or too much. */
export function readingsOf({ curves, x, y, time }: Reading, figure: unknown): Readings | undefined {
  const scale = (figure as { scale: (name: string) => Scale | undefined }).scale('x')
  const [from, to] = (scale?.range ?? []) as number[]
  if (!scale || from === undefined || to === undefined || curves.length > mostCurves) return undefined
  const place = (value: number): number => Math.round((10_000 * (scale.apply(value) - from)) / (to - from))
  const placed = curves.map(({ points }) => new Map(points.map((point) => [place(point.x), point])))
  const xs = new Map(
    curves.flatMap(({ points }) => points.map((point) => [place(point.x), point.x] as const)),
  )
  const inside = [...xs].filter(([at]) => at >= 0 && at <= 10_000).sort(([a], [b]) => a - b)
  const kept = time ? inside : thinned(inside)
  if (kept.length < 2) return undefined
  return {
    at: kept.map(([at]) => at / 10_000),
    x: kept.map(([, value]) => x(value)),
    y,
    curves: curves.map(({ label, colour }, index) => ({
      label,
      colour,
      values: kept.map(([at]) => {
        const point = placed[index]?.get(at)
        return point && Number.isFinite(point.y) ? number(point.y) : null
      }),
    })),
    ...(time && { time }),
  }
}

/** At most so many places, none closer together than their share of the axis. */
function thinned<Of extends readonly [at: number, ...unknown[]]>(places: readonly Of[]): Of[] {
  if (places.length <= mostPlaces) return [...places]
  const kept: Of[] = []
  for (const place of places)
    if (kept.length === 0 || place[0] - (kept.at(-1)?.[0] ?? 0) >= 10_000 / mostPlaces) kept.push(place)
  return kept
}

/** Marks the frame of a panel – left, right, bottom and top – and what moves when a time axis is zoomed. */
export function framed(panel: Element, { time }: Readings): void {
  const range = (axis: 'x' | 'y') =>
    (panel as unknown as { scale: (name: string) => Scale }).scale(axis).range as number[]
  panel.setAttribute('data-frame', [...range('x'), ...range('y')].join(' '))
  if (!time) return
  for (const group of panel.getElementsByTagName('g')) {
    const what = group.getAttribute('aria-label') ?? ''
    if (!/^(y-|x-axis label|$)/.test(what)) group.setAttribute('class', what === 'text' ? 'names' : 'moves')
  }
}
