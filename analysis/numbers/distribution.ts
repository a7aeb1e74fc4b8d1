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
  const inside = percentiles.map(([p, value]): [number, number] => [centred(p / 100, count), value])
  const [least, greatest] = [inside[0]?.[1] ?? 0, inside.at(-1)?.[1] ?? 0]
  return [{ count, mean, points: [[0, least], ...inside, [1, greatest]] }]
}

const centred = (q: number, count: number): number => (q * (count - 1) + 0.5) / count

/** The percentile `p` (0–100) of type 7 of all measured values: for a single run the one that k6 reports. */
export const percentile = (of: Distribution, p: number): Quantile => percentilesOf(of)(p)

/** The same for many percentiles of one distribution. */
export function percentilesOf(of: Distribution): (p: number) => Quantile {
  const [at, count] = [quantiles(of), countOf(of)]
  return (p) => at(centred(p / 100, count))
}

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

export type Quantile = {
  readonly value: number
  /** Bounds of the true value: they hold however the values lie between the known points. */
  readonly least: number
  readonly most: number
}

/**
 * The value at or below which a share `q` (0–1) of all values lies: the mixture's distribution function – the
 * count-weighted mean of the parts' – inverted. Percentiles of parts cannot be averaged to it. Linear between
 * known points, as between neighbours in type 7 (Hyndman and Fan, "Sample Quantiles in Statistical Packages",
 * The American Statistician 50, 1996), which k6 uses.
 */
export const quantile = (of: Distribution, q: number): Quantile => quantiles(of)(q)

/** The same for many shares, sorting the values only once. Throws a RangeError outside 0–1. */
function quantiles(of: Distribution): (q: number) => Quantile {
  const values = [...new Set(of.flatMap(({ points }) => points.map(([, value]) => value)))].sort(
    (a, b) => a - b,
  )
  return (q) => {
    if (!(q >= 0 && q <= 1)) throw new RangeError(`quantile ${q}: a share is from 0 to 1`)
    return {
      value: inverse(values, q, (value, side) => mixed(of, value, (points, at) => shareAt(points, at, side))),
      // Between two points all values may equal the lower one, or all the upper one.
      least: reached(values, q, (value) => mixed(of, value, (points, at) => neighbour(points, at, 1))),
      most: reached(values, q, (value) => mixed(of, value, (points, at) => neighbour(points, at, 0))),
    }
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

function neighbour(points: Points, value: number, ahead: 0 | 1): number {
  const upTo = pointsUpTo(points, value)
  return upTo === 0 ? 0 : (points[Math.min(upTo - 1 + ahead, points.length - 1)]?.[0] ?? 1)
}

// Rounding must not skip a share that is reached exactly.
const tiny = 1e-12

function reached(values: readonly number[], q: number, share: (value: number) => number): number {
  let [low, high] = [0, values.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (share(values[middle] ?? 0) >= q - tiny) high = middle
    else low = middle + 1
  }
  return values[low] ?? Number.NaN
}

function inverse(
  values: readonly number[],
  q: number,
  share: (value: number, side: 'upTo' | 'below') => number,
): number {
  const value = reached(values, q, (each) => share(each, 'upTo'))
  const under = share(value, 'below')
  const before = values[values.indexOf(value) - 1]
  if (before === undefined || under <= q + tiny) return value
  const from = share(before, 'upTo')
  return before + ((value - before) * (q - from)) / (under - from)
}
