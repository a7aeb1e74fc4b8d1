import { z } from 'zod'
import { type Metric, percentiles } from '../formats/summary.ts'

/**
 * What is known of the values of one Trend in one run: how many there were, their mean, and `points` of the
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

/** One part, or several merged: as exact as the parts, since it is the parts. Plain JSON. */
export const Distribution = z.array(Part).min(1)
export type Part = z.infer<typeof Part>
export type Distribution = z.infer<typeof Distribution>

/**
 * A Trend's distribution, or the sentence that says why its summary gives none: without its count it cannot be
 * weighed, without least and greatest value its ends are unknown.
 * @param count where the summary tells it elsewhere, as k6's default Trends do: the requests of their number
 */
export function distribution(metric: Metric, count = metric.values.count): Distribution | string {
  const found = percentiles(metric)
  if (!count) return `${metric.name}: the summary does not say how many values there were`
  if (found[0]?.[0] !== 0 || found.at(-1)?.[0] !== 100) {
    return `${metric.name}: the summary has no least or no greatest value; add min and max to summaryTrendStats`
  }
  return ofPercentiles(count, metric.values.avg ?? null, found)
}

/**
 * From percentiles of type 7, from 0 to 100, of that many values. There the least value stands at 0 and the greatest at
 * 1, however many lie between, so that parts of different sizes would not fit together: each value is put in the middle
 * of the share that is its own, and `percentile` reads it from there. Without that p99.9 of four generators is off by
 * as much as two values of the tail. Source: Hyndman and Fan 1996 (as below), types 5 and 7.
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

/** The percentile `p` (0–100) of type 7 of all values that were measured: k6's own for one run, and for several merged. */
export const percentile = (of: Distribution, p: number): Quantile => percentilesOf(of)(p)

/** The same for many percentiles of one distribution. */
export function percentilesOf(of: Distribution): (p: number) => Quantile {
  const [at, count] = [quantiles(of), countOf(of)]
  return (p) => at(centred(p / 100, count))
}

/** The distribution of all values together, each part weighed by its count. */
export const merge = (distributions: readonly Distribution[]): Distribution => distributions.flat()

export const countOf = (of: Distribution): number => of.reduce((sum, { count }) => sum + count, 0)

/** Of all values together; null when a part does not say. */
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
  /** The values that were measured put it between these two, whatever they did between the known points. */
  readonly least: number
  readonly most: number
}

/**
 * The value at or below which a share `q` (0–1) of all values lies: the mixture's distribution function – the
 * count-weighted mean of the parts' – inverted. Percentiles of parts cannot be averaged to it.
 * Linear between known points, as between neighbours in type 7 (Hyndman and Fan, "Sample Quantiles in Statistical
 * Packages", The American Statistician 50, 1996), which k6 uses.
 */
export const quantile = (of: Distribution, q: number): Quantile => quantiles(of)(q)

/** The same for many shares of one distribution, whose values are sorted only once. */
export function quantiles(of: Distribution): (q: number) => Quantile {
  const values = [...new Set(of.flatMap(({ points }) => points.map(([, value]) => value)))].sort(
    (a, b) => a - b,
  )
  return (q) => {
    if (!(q >= 0 && q <= 1)) throw new RangeError(`no quantile ${q}: a share is from 0 to 1`)
    return {
      value: inverse(values, q, (value, side) => mixed(of, value, (points, at) => shareAt(points, at, side))),
      // Between two points the values may all have been as the lower one, or all as the upper one.
      least: reached(values, q, (value) => mixed(of, value, (points, at) => neighbour(points, at, 1))),
      most: reached(values, q, (value) => mixed(of, value, (points, at) => neighbour(points, at, 0))),
    }
  }
}

type Points = Part['points']

function mixed(of: Distribution, value: number, share: (points: Points, value: number) => number): number {
  return of.reduce((sum, { count, points }) => sum + count * share(points, value), 0) / countOf(of)
}

/** How many points lie at or below a value (`below`: strictly). */
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

/** `below`: the share strictly under a value, which differs from the share up to it where values are tied. */
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

// Rounding must not step past a share that is reached exactly.
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
