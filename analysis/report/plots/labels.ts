import type { RenderFunction } from '@observablehq/plot'
import { largest } from '../../numbers/extremes.ts'
import { textWidth } from './text-width.ts'

/** A name at the end of a curve. */
export type Label = {
  readonly label: string
  readonly colour: string
  readonly strong?: boolean
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

type Drawn = NonNullable<ReturnType<RenderFunction>>
type Point = { readonly x: number; readonly y: number }

/** From one label's middle to the next, in pixels. */
export const labelGap = 14
/** From the frame to the labels: room for the lines that lead to them. */
const lead = 12

/** The right margin that the labels take. */
export const labelMargin = (labels: readonly Pick<Label, 'label' | 'strong'>[]): number =>
  Math.ceil(lead + 8 + Math.max(0, largest(labels.map(({ label, strong }) => textWidth(label, 12, strong)))))

/**
 * Names of curves in a column at the right of the frame, where no curve passes; from the end of each curve a thin line
 * of its colour leads to its name.
 */
export function endLabels(curves: readonly Label[]): RenderFunction {
  return (_index, scales, _values, { width, height, marginTop, marginRight, marginBottom }, { document }) => {
    const element = (name: string, attributes: Record<string, string | number>) => {
      const made = document.createElementNS('http://www.w3.org/2000/svg', name)
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value))
      return made as Drawn
    }
    const named = curves.filter(({ label, points }) => label !== '' && points.length > 0)
    const ends = named.map(({ points }) => {
      const { x, y } = points.at(-1) as Point
      return { x: scales.x?.(x), y: scales.y?.(y) } as Point
    })
    const frame = { right: width - marginRight, top: marginTop, bottom: height - marginBottom }
    const group = element('g', { class: 'labels' })
    for (const [index, path] of leaders(ends, frame).entries()) {
      const { label, colour, strong } = named[index] as Label
      const [, , to] = path ?? []
      if (!path || !to) continue
      const text = element('text', {
        x: to.x + 5,
        y: to.y.toFixed(1),
        dy: '0.32em',
        'text-anchor': 'start',
        ...(strong && { 'font-weight': 'bold' }),
      })
      text.appendChild(document.createTextNode(label))
      // Dotted inside the frame, where a line would look like data.
      const inside = path[1].x - path[0].x > 1
      const thin = { fill: 'none', stroke: colour, 'stroke-opacity': 0.75 }
      for (const each of [
        ...(inside
          ? [element('path', { d: line(path.slice(0, 2)), ...thin, 'stroke-dasharray': '1 3' })]
          : []),
        element('path', { d: line(path.slice(1)), ...thin }),
        element('circle', { cx: to.x, cy: to.y.toFixed(1), r: 2.5, fill: colour }),
        text,
      ])
        group.appendChild(each)
    }
    return group
  }
}

const line = (points: readonly Point[]): string =>
  `M${points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join('L')}`

/**
 * From the end of each curve to the right edge of the frame and on to its label, in pixels. Labels keep the order of
 * the ends, so that no two lines cross. Where there are too many, every n-th has one, and the others null.
 */
export function leaders(
  ends: readonly Point[],
  { right, top, bottom }: { readonly right: number; readonly top: number; readonly bottom: number },
): (readonly [Point, Point, Point] | null)[] {
  const order = [...ends.keys()].sort((a, b) => (ends[a]?.y ?? 0) - (ends[b]?.y ?? 0) || a - b)
  const room = Math.floor((bottom - top) / labelGap) + 1
  const shown =
    order.length <= room
      ? order
      : Array.from(
          { length: room },
          (_, index) => order[Math.round((index * (order.length - 1)) / (room - 1))] ?? 0,
        )
  const places = spaced(
    shown.map((index) => ends[index]?.y ?? 0),
    top,
    bottom,
  )
  const found: (readonly [Point, Point, Point] | null)[] = ends.map(() => null)
  shown.forEach((index, place) => {
    const end = ends[index] as Point
    found[index] = [end, { x: right, y: end.y }, { x: right + lead, y: places[place] ?? end.y }]
  })
  return found
}

/**
 * Ascending positions moved as little as possible (least squares) to be `labelGap` apart and within the bounds: an
 * isotonic regression, by pooling adjacent violators (Barlow, Bartholomew, Bremner and Brunk, Statistical Inference
 * under Order Restrictions, 1972).
 */
function spaced(positions: readonly number[], low: number, high: number): number[] {
  const pools: { sum: number; count: number }[] = []
  const mean = ({ sum, count }: { sum: number; count: number }) => sum / count
  positions.forEach((position, index) => {
    pools.push({ sum: position - index * labelGap, count: 1 })
    for (;;) {
      const [before, last] = [pools.at(-2), pools.at(-1)]
      if (!before || !last || mean(before) <= mean(last)) return
      pools.splice(-2, 2, { sum: before.sum + last.sum, count: before.count + last.count })
    }
  })
  const highest = high - (positions.length - 1) * labelGap
  return pools
    .flatMap((pool) => Array<number>(pool.count).fill(mean(pool)))
    .map((position, index) => Math.max(low, Math.min(position, highest)) + index * labelGap)
}
