import { axisX, dot, gridX, line, type Markish, type TextOptions, text } from '@observablehq/plot'

export type Curve = {
  readonly label: string
  readonly colour: string
  /** In the order they are joined; the label stands at the last. */
  readonly points: readonly { readonly x: number; readonly y: number }[]
  readonly dots?: boolean
  readonly strong?: boolean
}

/** The y axis of a panel: `height` is the drawn part of it in pixels. */
export type Scale = {
  readonly type: 'linear' | 'log'
  readonly domain: readonly [number, number]
  readonly height: number
}

/** From zero; logarithmic where several orders of magnitude would make a line and a cliff of a linear one. */
export function scaleFor(values: readonly number[], height: number): Scale {
  const above = values.filter((value) => value > 0)
  const [least, most] = [Math.min(...above), Math.max(...above)]
  if (above.length === 0) return { type: 'linear', domain: [0, 1], height }
  return most / least > 30
    ? { type: 'log', domain: [least / 1.1, most * 1.1], height }
    : { type: 'linear', domain: [0, most * 1.06], height }
}

/** An x axis with a label at every tick; a logarithmic one of Plot's own leaves out those that are no round figures. */
export const labelledTicks = (
  label: string,
  ticks: readonly number[],
  words: (tick: number) => string,
): Markish[] => [
  gridX(ticks),
  axisX(ticks, { text: words, label, labelAnchor: 'center', labelArrow: 'none' }),
]

/** Lines with their names at their ends instead of a legend, the names moved apart where they would overlap. */
export function labelledLines(curves: readonly Curve[], scale: Scale): Markish[] {
  const shown = curves.filter(({ points }) => points.length > 0)
  const shifts = apart(shown.map(({ points }) => pixels(points.at(-1)?.y ?? 0, scale)))
  return shown.flatMap(({ label, colour, points, dots, strong }, index) => [
    line(points, { x: 'x', y: 'y', stroke: colour, strokeWidth: strong ? 2.75 : 1.6 }),
    ...(dots ? [dot(points, { x: 'x', y: 'y', fill: colour, r: 3 })] : []),
    endLabel(points, label, {
      dy: shifts[index] ?? 0,
      fill: colour,
      fontWeight: strong ? 'bold' : 'normal',
    }),
  ])
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

/** How far each must move so that none stands closer to the next than a line of text, keeping their order. */
function apart(positions: readonly number[]): number[] {
  const order = positions.map((_, index) => index).sort((a, b) => (positions[a] ?? 0) - (positions[b] ?? 0))
  const placed = [...positions]
  // A few sweeps of pushing neighbours apart by half of what they overlap settle any real number of labels.
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
