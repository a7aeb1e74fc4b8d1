import { probit } from 'simple-statistics'
import { z } from 'zod'
import { blockedP } from './blocks.ts'
import { mostExact, nullDistribution } from './mann-whitney.ts'

/** An interval and its actual confidence, which for rank-based intervals is at least the requested one. */
export const Interval = z.object({ low: z.number(), high: z.number(), confidence: z.number() })
export type Interval = z.infer<typeof Interval>

/**
 * How much greater y is than x: the median of all differences y − x, with the interval from inverting the
 * exact Mann–Whitney test; null if the sides are too small for that confidence. On logarithms the shift is
 * that of a ratio. Throws a RangeError when a side is empty.
 * Source: Hodges and Lehmann, "Estimates of Location Based on Rank Tests", Annals of Mathematical Statistics
 * 34, 1963; the interval as in Hollander and Wolfe, Nonparametric Statistical Methods, 1973, section 4.3.
 */
export function hodgesLehmann(
  x: readonly number[],
  y: readonly number[],
  confidence = 0.95,
): { shift: number; interval: Interval | null } {
  const pairs = x.length * y.length
  if (pairs === 0) throw new RangeError('Hodges–Lehmann needs values on both sides')
  const nth = pairs <= mostPairs ? listed(x, y) : nthDifference(x, y)
  return {
    shift: (nth(Math.floor((pairs + 1) / 2)) + nth(Math.ceil((pairs + 1) / 2))) / 2,
    interval: rankInterval(nth, x.length, y.length, confidence),
  }
}

/**
 * The same for x[i] and y[i] that were measured in turns: the estimate is the same, and the interval is from
 * inverting the test within blocks of neighbours (blockedP), so what those have in common does not widen it.
 */
export function hodgesLehmannInTurns(
  x: readonly number[],
  y: readonly number[],
  confidence = 0.95,
): { shift: number; interval: Interval | null } {
  const nth = x.length ** 2 <= mostPairs ? listed(x, y) : nthDifference(x, y)
  const { shift } = hodgesLehmann(x, y)
  // Between neighbouring differences y − x the ranks, and with them p, stay the same.
  const p = (after: number) => {
    const by =
      after === 0 ? nth(1) - 1 : after === x.length ** 2 ? nth(after) + 1 : (nth(after) + nth(after + 1)) / 2
    return blockedP(
      x,
      y.map((value) => value - by),
    )
  }
  const excluded = (after: number) => p(after) <= 1 - confidence + 1e-12
  const ends = [0, x.length ** 2] as const
  if (!excluded(ends[0]) || !excluded(ends[1])) return { shift, interval: null }
  const middle = Math.floor(x.length ** 2 / 2)
  const last = (outside: number) => {
    let [out, within] = [outside, middle]
    while (Math.abs(out - within) > 1) {
      const between = Math.floor((out + within) / 2)
      if (excluded(between)) out = between
      else within = between
    }
    return out
  }
  const [below, above] = [last(ends[0]), last(ends[1])]
  return {
    shift,
    interval: { low: nth(below + 1), high: nth(above), confidence: 1 - Math.max(p(below), p(above)) },
  }
}

/** More differences than this are not listed: two years of nights have tens of millions. */
const mostPairs = 250_000

/** The nth smallest difference y − x, from 1. */
type Nth = (rank: number) => number

function listed(x: readonly number[], y: readonly number[]): Nth {
  const differences = new Float64Array(x.length * y.length)
  let next = 0
  for (const each of y) for (const other of x) differences[next++] = each - other
  differences.sort()
  return (rank) => differences[rank - 1] as number
}

/** By bisection, counting the differences up to a limit, to twelve digits of their range. */
export function nthDifference(x: readonly number[], y: readonly number[]): Nth {
  const [left, right] = [Float64Array.from(x).sort(), Float64Array.from(y).sort()]
  const noGreater = (limit: number) => {
    let [count, from] = [0, 0]
    for (const value of right) {
      while (from < left.length && value - (left[from] as number) > limit) from++
      count += left.length - from
    }
    return count
  }
  return (rank) => {
    let low = (right[0] as number) - (left.at(-1) as number)
    let high = (right.at(-1) as number) - (left[0] as number)
    if (noGreater(low) >= rank) return low
    const close = (high - low) * 1e-12
    while (high - low > close) {
      const middle = (low + high) / 2
      // No number lies between them.
      if (middle <= low || middle >= high) break
      if (noGreater(middle) >= rank) high = middle
      else low = middle
    }
    return high
  }
}

function rankInterval(nth: Nth, n: number, m: number, confidence: number): Interval | null {
  const tail = (1 - confidence) / 2
  let [outside, below] = [0, 0]
  if (n + m <= mostExact) {
    const probabilities = untied(n, m)
    // The most differences that may be cut off at each end.
    while (below + (probabilities[2 * outside] ?? 1) <= tail) below += probabilities[2 * outside++] ?? 0
  } else {
    const spread = Math.sqrt((n * m * (n + m + 1)) / 12)
    outside = Math.max(0, Math.floor((n * m) / 2 + spread * probit(tail)))
    below = tail
  }
  if (outside === 0) return null
  return {
    low: nth(outside),
    high: nth(n * m - outside + 1),
    confidence: 1 - 2 * below,
  }
}

const untiedOf = new Map<string, Float64Array>()

function untied(n: number, m: number): Float64Array {
  const key = `${n} ${m}`
  const known = untiedOf.get(key)
  if (known) return known
  const made = nullDistribution(
    Array.from({ length: n + m }, (_, index) => 2 * (index + 1)),
    n,
  )
  untiedOf.set(key, made)
  return made
}
