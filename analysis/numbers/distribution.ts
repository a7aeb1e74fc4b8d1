import { z } from 'zod'
import { type Metric, percentiles } from '../formats/summary.ts'

/**
 * What is known about the values of one Trend in one run: their number, their mean, and `points` of the
 * distribution function, `[share of values at or below, value]`, both ascending, from share 0 to share 1.
 */
export const Part = z
  .object({
    count: z.number().int().positive(),
    mean: z.number().nullable(),
    points: z.array(z.tuple([z.number().min(0).max(1), z.number()])).min(2),
  })
  .refine(
    ({ points }) =>
      points[0]?.[0] === 0 &&
      points.at(-1)?.[0] === 1 &&
      points.every(([share, value], index) => {
        const [before, smaller] = points[index - 1] ?? [-1, -Infinity]
        return share > before && value >= smaller
      }),
    'the points do not rise from share 0 to share 1',
  )

/** One part, or several merged ones, which lose nothing. Plain JSON. */
export const Distribution = z.array(Part).min(1)
export type Part = z.infer<typeof Part>
export type Distribution = z.infer<typeof Distribution>

/**
 * A Trend's distribution, or a sentence that says what the summary lacks: without the count it cannot be
 * weighted, without the minimum and maximum its ends are unknown.
 * @param count for Trends without one, such as k6's default Trends: the number of requests
 */
export function distribution(metric: Metric, count = metric.values.count): Distribution | string {
  const found = percentiles(metric)
  if (!count) return `${metric.name}: the summary lacks the number of values`
  if (found[0]?.[0] !== 0 || found.at(-1)?.[0] !== 100) {
    return `${metric.name}: the summary lacks its minimum or maximum; summaryTrendStats needs min and max`
  }
  return ofPercentiles(count, metric.values.avg ?? null, found)
}

/**
 * From percentiles of type 7, from 0 to 100, of `count` values. That type puts the minimum at share 0 and the
 * maximum at 1 whatever the count, so parts of different sizes would not fit together. Here each value is put
 * in the middle of the share 1/count that it represents, and `percentile` reads it from there. Without this,
 * p99.9 of four generators is off by up to two values of the tail. Source: Hyndman and Fan 1996 (as below),
 * types 5 and 7.
 */
export function ofPercentiles(
  count: number,
  mean: number | null,
  percentiles: readonly (readonly [p: number, value: number])[],
): Distribution {
  const ranked = percentiles.map(([p, value]): [number, number] => [exact((p / 100) * (count - 1)), value])
  const inside = withNeighbours(ranked).map(([rank, value]): [number, number] => [
    (rank + 0.5) / count,
    value,
  ])
  const [least, greatest] = [inside[0]?.[1] ?? 0, inside.at(-1)?.[1] ?? 0]
  return [{ count, mean, points: [[0, least], ...inside, [1, greatest]] }]
}

/** In ranks: percentiles nearer to each other would give a neighbour that rounding has moved. */
const farEnough = 0.2

/**
 * Between two neighbouring values type 7 is a straight line, so two percentiles of one gap give the values at both of its
 * ends: of fewer than 10,000 values our grid holds those beyond p99 themselves.
 */
function withNeighbours(ranked: readonly [rank: number, value: number][]): [rank: number, value: number][] {
  const all = new Map(ranked)
  for (let first = 0, last = 0; first < ranked.length; ) {
    const [rank, value] = ranked[first] ?? [0, 0]
    const from = Math.floor(rank)
    for (last = first; (ranked[last + 1]?.[0] ?? Number.NaN) <= from + 1; ) last++
    const [next, following] = ranked[last] ?? [rank, value]
    if (next - rank >= farEnough) {
      const slope = (following - value) / (next - rank)
      const low = value - slope * (rank - from)
      const high = following + slope * (from + 1 - next)
      // Rounding must not move them beyond what is known outside of the gap.
      if (!all.has(from)) all.set(from, Math.max(low, ranked[first - 1]?.[1] ?? low))
      if (!all.has(from + 1)) all.set(from + 1, Math.min(high, ranked[last + 1]?.[1] ?? high))
    }
    // A whole rank ends one gap and begins the next.
    first = last > first && next === from + 1 ? last : last + 1
  }
  return [...all].sort(([a], [b]) => a - b)
}

const centred = (q: number, count: number): number => (q * (count - 1) + 0.5) / count

/** The percentile `p` (0–100) of type 7 of all measured values: for a single run the one that k6 reports. */
export const percentile = (of: Distribution, p: number): Quantile => percentilesOf(of)(p)

/** The same for many percentiles of one distribution. */
export function percentilesOf(of: Distribution): (p: number) => Quantile {
  const [at, bounds, count] = [quantiles(of), boundsOf(of), countOf(of)]
  return (p) => {
    const value = at(centred(p / 100, count))
    const { least, most } = bounds((p / 100) * (count - 1))
    return { value: Math.min(most, Math.max(least, value)), least, most }
  }
}

export type Quantile = {
  readonly value: number
  /** Bounds of the percentile of type 7 of all values: they hold however the values lie between the known points. */
  readonly least: number
  readonly most: number
}

/**
 * Bounds of the value of a rank, from 0 to count − 1, between two of which type 7 interpolates. A percentile of rank 9.3
 * that a part reports says that at least 10 of its values (ranks 0 to 9) are no greater, and at most 10 less: the tenth,
 * of rank 10, is not. The sums over the parts bound the value of each whole rank of all.
 */
function boundsOf(of: Distribution): (rank: number) => { least: number; most: number } {
  const parts = of.map(({ count, points }) => ({
    count,
    points,
    ranks: points.map(([share]) => exact(Math.min(count - 1, Math.max(0, share * count - 0.5)))),
  }))
  const [only, other] = parts
  if (only && !other)
    return (rank) => {
      const [at, { points, ranks }] = [exact(rank), only]
      const before = Math.max(
        0,
        ranks.findLastIndex((each) => each <= at),
      )
      const after = ranks.findIndex((each) => each >= at)
      return { least: points[before]?.[1] ?? Number.NaN, most: points.at(after)?.[1] ?? Number.NaN }
    }
  const values = sortedValues(of)
  const upTo = (value: number) =>
    parts.reduce((sum, { points, ranks }) => {
      const last = ranks[pointsUpTo(points, value) - 1]
      return sum + (last === undefined ? 0 : Math.floor(last) + 1)
    }, 0)
  const below = (value: number) =>
    parts.reduce((sum, { points, ranks, count }) => {
      const first = ranks[pointsUpTo(points, value, true)]
      return sum + (first === undefined ? count : Math.ceil(first))
    }, 0)
  const last = values.length - 1
  const mostOf = (rank: number) =>
    values[
      Math.min(
        last,
        firstWhere(values, (value) => upTo(value) > rank),
      )
    ]
  const leastOf = (rank: number) =>
    values[Math.max(0, firstWhere(values, (value) => below(value) > rank) - 1)]
  const between = (bound: (rank: number) => number | undefined, rank: number) => {
    const [low, high] = [bound(Math.floor(rank)) ?? Number.NaN, bound(Math.ceil(rank)) ?? Number.NaN]
    return low + (high - low) * (rank - Math.floor(rank))
  }
  return (rank) => {
    const [least, most] = [between(leastOf, rank), between(mostOf, rank)]
    // Where they are the same, rounding may turn them round.
    return { least: Math.min(least, most), most: Math.max(least, most) }
  }
}

/** How far rounding moves a rank at most. */
const beside = 1e-8
const exact = (rank: number): number => (Math.abs(rank - Math.round(rank)) < beside ? Math.round(rank) : rank)

/** The index of the first value for which it holds, of an ascending list in which it then always does; the length if none. */
function firstWhere(values: readonly number[], holds: (value: number) => boolean): number {
  let [low, high] = [0, values.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(values[middle] ?? 0)) high = middle
    else low = middle + 1
  }
  return low
}

const sortedValues = (of: Distribution): number[] =>
  [...new Set(of.flatMap(({ points }) => points.map(([, value]) => value)))].sort((a, b) => a - b)

/** The distribution of all values together, each part weighted by its count. */
export const merge = (distributions: readonly Distribution[]): Distribution => distributions.flat()

export const countOf = (of: Distribution): number => of.reduce((sum, { count }) => sum + count, 0)

/** The mean of all values together; null if a part lacks it. */
export function meanOf(of: Distribution): number | null {
  let sum = 0
  for (const { count, mean } of of) {
    if (mean === null) return null
    sum += count * mean
  }
  return sum / countOf(of)
}

/** The share of values at or below `value`, linear between points. */
export const cdf = (of: Distribution, value: number): number => mixed(of, value, shareAt)

/**
 * The value at or below which a share `q` (0–1) of all values lies: the mixture's distribution function – the
 * count-weighted mean of the parts' – inverted. Percentiles of parts cannot be averaged to it. Linear between
 * known points, as between neighbours in type 7 (Hyndman and Fan, "Sample Quantiles in Statistical Packages",
 * The American Statistician 50, 1996), which k6 uses.
 */
export const quantile = (of: Distribution, q: number): number => quantiles(of)(q)

/** The same for many shares, sorting the values only once. Throws a RangeError outside 0–1. */
function quantiles(of: Distribution): (q: number) => number {
  const values = sortedValues(of)
  return (q) => {
    if (!(q >= 0 && q <= 1)) throw new RangeError(`quantile ${q}: a share is from 0 to 1`)
    return inverse(values, q, (value, side) => mixed(of, value, (points, at) => shareAt(points, at, side)))
  }
}

type Points = Part['points']

function mixed(of: Distribution, value: number, share: (points: Points, value: number) => number): number {
  return of.reduce((sum, { count, points }) => sum + count * share(points, value), 0) / countOf(of)
}

/** The number of points at or below a value (`below`: strictly below). */
function pointsUpTo(points: Points, value: number, below = false): number {
  let [low, high] = [0, points.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const at = points[middle]?.[1] ?? Infinity
    if (below ? at < value : at <= value) low = middle + 1
    else high = middle
  }
  return low
}

/** `below`: the share strictly below a value, which differs from the share up to it where values are tied. */
function shareAt(points: Points, value: number, side: 'upTo' | 'below' = 'upTo'): number {
  const next = pointsUpTo(points, value, side === 'below')
  const [lowShare, low] = points[next - 1] ?? [0, value]
  const [highShare, high] = points[next] ?? [1, value]
  if (next === 0) return 0
  if (next === points.length) return 1
  return high === low ? lowShare : lowShare + ((highShare - lowShare) * (value - low)) / (high - low)
}

// Rounding must not skip a share that is reached exactly.
const tiny = 1e-12

function inverse(
  values: readonly number[],
  q: number,
  share: (value: number, side: 'upTo' | 'below') => number,
): number {
  const index = Math.min(
    values.length - 1,
    firstWhere(values, (each) => share(each, 'upTo') >= q - tiny),
  )
  const [before, value = Number.NaN] = [values[index - 1], values[index]]
  const under = share(value, 'below')
  if (before === undefined || under <= q + tiny) return value
  const from = share(before, 'upTo')
  return before + ((value - before) * (q - from)) / (under - from)
}
