import { dot, line, type Markish } from '@observablehq/plot'
import { largest, smallest } from '../../numbers/extremes.ts'
import { fromZero, roomyTicks, type Scale, scaleFor, type XAxis, yTicks } from './axes.ts'
import type { KeyEntry } from './key.ts'
import { endLabels, labelMargin } from './labels.ts'
import { isNarrow, marginsOf, type Panel } from './svg.ts'

type Point = { readonly x: number; readonly y: number }

export type Curve = {
  /** Empty: none. */
  readonly label: string
  readonly colour: string
  /** In the order that the line joins them; the label is beside the last. */
  readonly points: readonly Point[]
  readonly dots?: boolean
  /** Whether nothing is known between two neighbours: they get dots, and a dashed line between them. */
  readonly apart?: (a: Point, b: Point) => boolean
  readonly strong?: boolean
  readonly dash?: string
}

/** A limit that the values of the y axis must keep. */
export type Limit = {
  readonly words: string
  readonly value: number
  /** Where on the x axis they must; everywhere without it. */
  readonly at?: number
}

/** A line in the colour of text, more or less faint. */
export const ink = (strokeOpacity: number) => ({ stroke: 'currentColor', strokeOpacity })

type Curves = {
  readonly height: number
  readonly x: XAxis
  readonly y: {
    readonly label: string
    /** Whether it is never logarithmic; `whole`: with ticks at whole numbers only. */
    readonly linear?: boolean | 'whole'
  }
  readonly curves: readonly Curve[]
  readonly limits?: readonly Limit[]
  /** Values that the y axis must show besides those of the curves. */
  readonly reach?: readonly number[]
  /** Marks below the curves. */
  readonly under?: readonly Markish[]
  readonly reading?: Panel['reading']
}

/**
 * Panels of curves, with their names at their ends or, where those are too long for the width, in a key above. The
 * frames of all begin and end at the same places.
 */
export function curvePanels(width: number, panels: readonly Curves[]): Panel[] {
  const narrow = isNarrow(width)
  const drawn = panels.map((panel) => {
    const { height, x, y, curves, limits = [], reach = [] } = panel
    const values = [...curves.flatMap(({ points }) => points), ...reach.map((y) => ({ y }))]
    const limited = near(limits, values).map(({ value }) => ({ y: value }))
    const shown = [...values, ...limited]
    const most = largest(shown.map(({ y }) => y))
    const scale = y.linear ? fromZero(most, height, y.linear === 'whole') : scaleFor(shown, height)
    const named = curves.filter(({ label, points }) => label !== '' && points.length > 0)
    return { ...panel, scale, named, ...limitLines(limits, { x, scale, narrow }) }
  })
  const ofLimits = labelMargin(drawn.flatMap(({ rules }) => rules))
  const ofNames = labelMargin(drawn.flatMap(({ named }) => named))
  const beside = ofNames <= (narrow ? 84 : 170)
  const marginRight = beside ? Math.max(ofLimits, ofNames) : ofLimits
  const { marginLeft, ...margins } = marginsOf(width)
  const sameAsBefore = (index: number) =>
    index > 0 &&
    JSON.stringify(namesOf(drawn[index]?.named ?? [])) === JSON.stringify(namesOf(drawn[0]?.named ?? []))
  return drawn.map(({ height, x, y, curves, named, scale, rules, key, under = [], reading }, index) => ({
    height,
    reading,
    ...margins,
    marginLeft,
    marginRight,
    key: [...(beside || sameAsBefore(index) ? [] : namesOf(named)), ...key],
    x: { type: x.type, domain: x.domain },
    y: { type: scale.type, domain: scale.domain },
    marks: [
      ...yTicks(y.label, scale.ticks),
      ...roomyTicks(x, width - marginLeft - marginRight),
      ...under,
      ...labelledLines([...rules, ...(beside ? curves : curves.map((curve) => ({ ...curve, label: '' })))]),
    ],
  }))
}

const namesOf = (curves: readonly Curve[]): KeyEntry[] =>
  curves.map(({ label, colour, dash }) => keyed(label, colour, dash))

const keyed = (label: string, colour: string, dash?: string): KeyEntry => ({
  label,
  colour,
  ...(dash && { dash }),
})

/** The limits that are shown as lines: not so far from the values that these would be squeezed together. */
function near(limits: readonly Limit[], points: readonly { readonly y: number }[]): Limit[] {
  const above = points.flatMap(({ y }) => (y > 0 ? y : []))
  return limits.filter(({ value }) => value <= 2 * largest(above) && value >= smallest(above) / 4)
}

/** A dashed line for each limit on the axis, and an entry in the key for those beyond it. */
function limitLines(
  limits: readonly Limit[],
  { x, scale, narrow }: { readonly x: XAxis; readonly scale: Scale; readonly narrow: boolean },
): { readonly rules: readonly Curve[]; readonly key: readonly KeyEntry[] } {
  const [low, high] = scale.domain
  const on = limits.filter(({ value }) => value >= low && value <= high)
  const off = limits.filter((limit) => !on.includes(limit))
  const dash = '8 3'
  return {
    rules: on.map(({ words, value, at }) => ({
      label: narrow ? 'SLO' : `SLO ${words}`,
      colour: 'currentColor',
      dash,
      points: [x.domain[0], at ?? x.domain[1]].map((each) => ({ x: each, y: value })),
      dots: at !== undefined,
    })),
    key: [
      ...(narrow ? on : []).map(({ words }) => keyed(`SLO ${words}`, 'currentColor', dash)),
      ...off.map(({ words, value }) =>
        keyed(`SLO ${words}: ${value > high ? 'above' : 'below'} this axis`, 'currentColor', dash),
      ),
    ],
  }
}

/** Lines with their names at their ends instead of a legend. */
const labelledLines = (curves: readonly Curve[]): Markish[] => [
  ...curves.flatMap(({ colour, points, dots, strong, dash, apart = () => false }) => [
    line(broken(points, apart), {
      x: 'x',
      y: 'y',
      stroke: colour,
      strokeWidth: strong ? 2.75 : dash ? 1.3 : 1.8,
      ...(dash && { strokeDasharray: dash }),
    }),
    ...guessed(points, apart, colour),
    ...(dots ? [dot(points, { x: 'x', y: 'y', fill: colour, r: 3 })] : []),
  ]),
  endLabels(curves),
]

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
