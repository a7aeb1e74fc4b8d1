import { percent, quantity } from '../formats/words.ts'
import { largest, smallest } from '../numbers/extremes.ts'
import { fewestRuns } from '../numbers/repeated.ts'
import type { ByPercentile } from '../runs/by-percentile.ts'
import { changeWords } from './change-words.ts'

type Point = ByPercentile['ratio']['points'][number]
/** What the band says of a percentile; `same` where it excludes every change that matters. */
type Kind = 'slower' | 'faster' | 'same' | 'open'
type Segment = {
  readonly kind: Kind
  readonly points: readonly Point[]
  readonly from: number
  readonly to: number
}

/** From this percentile on it is the tail. */
const tail = 90

/** If at least this share of the percentiles changed, so may have the others, where runs vary more. */
const most = 2 / 3

/** Which kind of change it is, in a sentence without its end: everywhere, only in the tail, or none. */
export function shiftWords({ ratio: { confidence, points } }: ByPercentile, effect: number): string {
  if (confidence === null)
    return `Too few runs to show a change by percentile, which takes ${quantity(fewestRuns, 'run')} a side`
  const segments = segmentsOf(points, effect)
  const changed = segments.filter(isChanged)
  const [first, last] = [points[0]?.p ?? 0, points.at(-1)?.p ?? 0]
  const same = `no difference beyond ${percent(effect)}`
  if (segments.every(({ kind }) => kind === 'same')) return `${upper(same)} at any percentile`
  const [only] = changed
  if (!only) return `No difference shown at any percentile; ${possible(points)} is possible`
  if (segments.length === 1) return `${name(only)} everywhere: ${range(only)} from p${first} to p${last}`
  const open = segments.filter(({ kind }) => kind === 'open').flatMap((each) => each.points)
  const one = segments.every(({ kind }) => kind === only.kind || kind === 'open')
  if (one && points.length - open.length >= most * points.length)
    return `${name(only)} at most percentiles: ${range({ points: points.filter((each) => !open.includes(each)) })}; not shown at ${open.map(({ p }) => `p${p}`).join(', ')}`
  const none = open.length === 0 ? same : 'no difference shown'
  const place = (each: Segment) => placed(each, { first, last })
  if (changed.length > 1) {
    const words = changed.map((each) => `${each.kind} ${place(each)}: ${range(each)}`).join(', ')
    const others = segments.length > changed.length ? `; elsewhere ${none}` : ''
    return `${upper(words)}${others}`
  }
  if (only.to === last && only.from >= tail)
    return `Only the tail: ${place(only)} ${range(only)}, below it ${none}`
  const others = only.to === last ? 'below it' : only.from === first ? 'above it' : 'elsewhere'
  return `${name(only)} ${place(only)}: ${range(only)}, ${others} ${none}`
}

const upper = (words: string): string => `${words[0]?.toUpperCase()}${words.slice(1)}`

const within = ({ low, high }: Point, effect: number): boolean =>
  (low ?? 0) >= 1 / (1 + effect) && (high ?? Infinity) <= 1 + effect

const isChanged = ({ kind }: Segment): boolean => kind === 'slower' || kind === 'faster'

function kindOf(point: Point, effect: number): Kind {
  if (within(point, effect)) return 'same'
  if ((point.low ?? 0) > 1) return 'slower'
  return (point.high ?? Infinity) < 1 ? 'faster' : 'open'
}

/** Neighbours of the same kind together. */
function segmentsOf(points: readonly Point[], effect: number): Segment[] {
  const found: Segment[] = []
  for (const point of points) {
    const kind = kindOf(point, effect)
    const before = found.at(-1)
    if (before?.kind === kind)
      found[found.length - 1] = { ...before, points: [...before.points, point], to: point.p }
    else found.push({ kind, points: [point], from: point.p, to: point.p })
  }
  return found
}

const name = ({ kind }: Segment): string => (kind === 'slower' ? 'Slower' : 'Faster')

/** Of several percentiles the least and the greatest change; of one alone its change and its part of the band. */
function range({ points }: Pick<Segment, 'points'>): string {
  const [point] = points
  const changes = points.map(({ change }) => change)
  if (point && points.length === 1 && point.low !== null && point.high !== null)
    return `${rangeWords(point.change, point.change)} (${rangeWords(point.low, point.high)})`
  return rangeWords(smallest(changes), largest(changes))
}

/** What the band does not exclude. */
const possible = (points: readonly Point[]): string =>
  rangeWords(smallest(points.map(({ low }) => low ?? 1)), largest(points.map(({ high }) => high ?? 1)))

function placed({ from, to }: Segment, { first, last }: { first: number; last: number }): string {
  if (from === to && to !== last) return `at p${from}`
  if (to === last) return from === to ? `p${from}` : `p${from} and above`
  return from === first ? `up to p${to}` : `from p${from} to p${to}`
}

/** Of two ratios: `+9.00 to +15.0 %`; one of them where both read the same. */
export function rangeWords(low: number, high: number): string {
  const [from, to] = [low, high].map((change) => changeWords({ scale: 'ratio', change })) as [string, string]
  return from === to ? to : `${from.replace(' %', '')} to ${to}`
}

/** What a plot of several groups finds, if it is the same in all. */
export const inCommon = (sentences: readonly string[]): { finding?: string } => {
  const [finding, ...others] = new Set(sentences)
  return finding === undefined || others.length > 0 ? {} : { finding }
}
