import { axisX, axisY, gridX, gridY, type Markish, type ScaleOptions } from '@observablehq/plot'
import { grouped } from '../../formats/words.ts'
import { largest, smallest } from '../../numbers/extremes.ts'
import { drawnHeight } from './svg.ts'
import { textWidth } from './text-width.ts'

type Domain = readonly [number, number]
type Kind = 'linear' | 'log'

/** The scale of an axis with its ticks. */
export type Scale = { readonly type: Kind; readonly domain: Domain; readonly ticks: readonly number[] }

/** Powers of ten are 0 or infinite not far beyond these; a damaged file may have such values. */
const drawable = (value: number): number => Math.min(Math.max(value, 1e-290), 1e290)
const bounded = (value: number): number => Math.sign(value) * Math.min(Math.abs(value), 1e290)

/**
 * Of a y axis of a panel of that height: from zero, or logarithmic where the values span more than a factor of 30. It
 * begins and ends at a tick.
 */
export function scaleFor(points: readonly { readonly y: number }[], panelHeight: number): Scale {
  const above = points.flatMap(({ y }) => (y > 0 ? drawable(y) : []))
  const [least, most] = [smallest(above), largest(above)]
  if (above.length === 0) return { type: 'linear', domain: [0, 1], ticks: [0, 1] }
  if (most / least <= 30) return fromZero(most, panelHeight)
  const domain = [roundedOut(least, -1), roundedOut(most, 1)] as const
  return { type: 'log', domain, ticks: logTicks(...domain, drawnHeight(panelHeight)) }
}

/** From zero to a tick at or above the value, of whole numbers where only these mean something. */
export function fromZero(most: number, panelHeight: number, whole = false): Scale {
  const fitting = Math.max(2, Math.min(6, Math.floor(drawnHeight(panelHeight) / 28)))
  const shown = most > 0 ? drawable(most) : 1
  const candidates = [fitting, fitting - 1, fitting - 2].flatMap((intervals) => {
    if (intervals < 1) return []
    const finest = stepFor(shown, intervals)
    const step = whole ? Math.ceil(finest) : finest
    return { step, top: round(Math.ceil(shown / step - 1e-9) * step) }
  })
  const top = smallest(candidates.map((each) => each.top))
  const step = candidates.find((each) => each.top === top)?.step ?? top
  return { type: 'linear', domain: [0, top], ticks: multiples(step, 0, top) }
}

/** A linear axis that begins and ends at ticks, at most that many and one more, outside of these values. */
export function between(lowest: number, highest: number, most: number): Scale {
  const [low, high] = [bounded(lowest), bounded(highest)]
  const step = stepFor(high - low || 1, most)
  const [from, to] = [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step]
  return { type: 'linear', domain: [round(from), round(to)], ticks: multiples(step, from, to) }
}

/** Round ticks of a linear axis, at most that many and one more, between two values. */
export const ticksBetween = (low: number, high: number, most: number): number[] =>
  high > low ? multiples(stepFor(high - low, most), bounded(low), bounded(high)) : [low]

function multiples(step: number, low: number, high: number): number[] {
  const first = Math.ceil(low / step - 1e-9)
  const count = Math.floor(high / step + 1e-9) - first + 1
  return Array.from({ length: count }, (_, index) => round((first + index) * step))
}

const round = (value: number): number => Number(value.toPrecision(12))

const outer = [1, 1.5, 2, 3, 5, 7, 10]

/** The next round number beyond a value: 1, 1.5, 2, 3, 5 or 7 times a power of ten. */
function roundedOut(value: number, direction: 1 | -1): number {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9)
  const found =
    direction > 0
      ? outer.find((each) => each * power >= value * (1 - 1e-9))
      : outer.findLast((each) => each * power <= value * (1 + 1e-9))
  return round((found ?? 1) * power)
}

const steps = [1, 2, 2.5, 5]

/** The step of a linear axis: 1, 2, 2.5 or 5 times a power of ten, for about that many ticks and no more. */
function stepFor(span: number, most: number): number {
  const shown = drawable(span)
  const power = 10 ** Math.floor(Math.log10(shown / most))
  return round((steps.find((each) => shown / (each * power) <= most) ?? 10) * power)
}

/** Both ends, powers of ten, and 2 and 5 times them where there is room on so many pixels. */
function logTicks(low: number, high: number, pixels: number): number[] {
  const at = (tick: number) => (pixels * Math.log(tick / low)) / Math.log(high / low)
  const inside = [1, 5, 2].flatMap((mantissa) =>
    powers(low, high)
      .map((power) => round(mantissa * power))
      .filter((tick) => tick > low && tick < high),
  )
  const kept = [low, high]
  for (const tick of inside) if (kept.every((each) => Math.abs(at(each) - at(tick)) >= 18)) kept.push(tick)
  return kept.sort((a, b) => a - b)
}

const powers = (low: number, high: number): number[] => {
  const first = Math.floor(Math.log10(low))
  return Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, index) => 10 ** (first + index))
}

/**
 * Plot's `tickFormat`: all ticks of a linear axis with the same decimals, 8.0 · 7.5 · 7.0; of a logarithmic one, whose
 * ticks are no multiples of one step, each with its own, 0.5 · 1 · 20.
 */
export const tickWords = (tick: number, _index = 0, ticks: readonly number[] = [tick]): string => {
  const sorted = [...ticks].sort((a, b) => a - b)
  const gaps = sorted.slice(1).map((each, index) => each - (sorted[index] ?? 0))
  const even = gaps.every((gap) => Math.abs(gap - (gaps[0] ?? 0)) < 1e-6 * Math.abs(gap))
  const [unit, suffix] = largest(ticks.map(Math.abs)) >= 1e6 ? [1e6, 'M'] : [1, '']
  const decimals = largest((even ? ticks : [tick]).map((each) => decimalsOf(each / unit)))
  return `${grouped((tick / unit).toFixed(decimals))}${tick === 0 ? '' : suffix}`
}

function decimalsOf(value: number): number {
  const [, fraction = '', exponent = '0'] = /^-?\d+\.?(\d*)(?:e(.*))?$/.exec(String(round(value))) ?? []
  return Math.min(20, Math.max(0, fraction.length - Number(exponent)))
}

/** A y axis with a label at every tick; Plot leaves out those of a logarithmic axis as it thinks fit. */
export const yTicks = (label: string, ticks: readonly number[]): Markish[] => [
  gridY(ticks),
  axisY(ticks, { text: (tick: number) => tickWords(tick, 0, ticks), label }),
]

/** The x axis that panels below each other share: only the last one shows it. */
export const sharedXAxis = (label: string, last: boolean): ScaleOptions =>
  last ? { label, labelAnchor: 'center', labelArrow: 'none' } : { label: null, axis: null }

const centred = { labelAnchor: 'center', labelArrow: 'none' } as const

export type XAxis = {
  readonly label: string
  readonly type: Kind
  readonly domain: Domain
  readonly ticks: readonly number[]
  readonly words: (tick: number) => string
  /** Values that the plot is about: labelled in bold, and first where there is not room for all. */
  readonly answers?: readonly number[]
}

/** The same on an axis of that many pixels, with the labels that fit. */
export function roomyTicks({ label, ticks, words, answers = [], ...axis }: XAxis, pixels: number): Markish[] {
  const kept = roomy(ticks, answers, { ...axis, words, pixels })
  const [bold, plain] = [true, false].map((is) => kept.filter((tick) => answers.includes(tick) === is))
  return [
    gridX(kept),
    axisX(plain ?? [], { text: words, label, ...centred }),
    ...(bold?.length ? [axisX(bold, { text: words, label: null, fontWeight: 'bold' })] : []),
  ]
}

type Room = Pick<XAxis, 'type' | 'domain' | 'words'> & { readonly pixels: number }

/** The ticks whose labels leave each other room: `first`, then both ends, then from the left. */
export function roomy(ticks: readonly number[], first: readonly number[], room: Room): number[] {
  const { words, pixels } = room
  const ends = [ticks.at(-1), ticks[0]].flatMap((end) => end ?? [])
  const kept: number[] = []
  for (const tick of [...first, ...ends, ...ticks]) {
    const clear = (other: number) =>
      pixels * Math.abs(position(tick, room) - position(other, room)) >=
      (textWidth(words(tick)) + textWidth(words(other))) / 2 + 8
    if (kept.every(clear)) kept.push(tick)
  }
  return kept.sort((a, b) => a - b)
}

/** Where on an axis, as a share of it. */
const position = (value: number, { type, domain: [from, to] }: Pick<Room, 'type' | 'domain'>): number =>
  type === 'log' ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from)
