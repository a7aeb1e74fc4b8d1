import { median, probit, standardDeviation } from 'simple-statistics'
import { z } from 'zod'

/** An interval and the confidence that it really has, which for a rank-based one is seldom the one asked for. */
export const Interval = z.object({ low: z.number(), high: z.number(), confidence: z.number() })
export type Interval = z.infer<typeof Interval>

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/**
 * Probabilities of the Mann–Whitney U of x over y when both come from one distribution, by u = 0, ½, 1 … n·m: over
 * every way to deal the pooled values (with their ties, by midranks) into groups of these sizes. Computed by dynamic
 * programming on doubled ranks, of O((n+m)² n) steps.
 */
function nullDistribution(doubledRanks: readonly number[], n: number): Float64Array {
  const total = doubledRanks.reduce((a, b) => a + b, 0)
  const ways = Array.from({ length: n + 1 }, () => new Float64Array(total + 1))
  ;(ways[0] as Float64Array)[0] = 1
  let reach = 0
  doubledRanks.forEach((rank, index) => {
    reach += rank
    for (let taken = Math.min(n, index + 1); taken > 0; taken--) {
      const [from, to] = [ways[taken - 1] as Float64Array, ways[taken] as Float64Array]
      for (let sum = reach; sum >= rank; sum--) to[sum] = (to[sum] ?? 0) + (from[sum - rank] ?? 0)
    }
  })
  const counted = (ways[n] as Float64Array).slice(n * (n + 1))
  const all = counted.reduce((a, b) => a + b, 0)
  return counted.map((count) => count / all)
}

/** Ranks from 1, the mean rank for ties, twice as large so that they are whole. */
function doubledMidranks(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b)
  const ranks = new Map<number, number>()
  for (let from = 0; from < sorted.length; ) {
    const value = sorted[from] as number
    let to = from
    while (sorted[to + 1] === value) to++
    ranks.set(value, from + to + 2)
    from = to + 1
  }
  return values.map((value) => ranks.get(value) as number)
}

// Beyond it the exact distribution takes longer than its difference from the normal one is worth.
const mostExact = 100

/**
 * The two-sided Mann–Whitney test of whether x and y come from one distribution. `u` counts the pairs in which x is
 * the greater, ties as half. `p` is exact – the share of all ways to deal the pooled values in which U lies as far
 * from its mean – up to 100 values in all, beyond that by the normal distribution with tie and continuity correction.
 * Source: Mann and Whitney, "On a Test of Whether one of Two Random Variables is Stochastically Larger than the
 * Other", Annals of Mathematical Statistics 18, 1947.
 */
export function mannWhitney(x: readonly number[], y: readonly number[]): { u: number; p: number } {
  const [n, m] = [x.length, y.length]
  if (n === 0 || m === 0) throw new RangeError('Mann–Whitney needs values on both sides')
  const ranks = doubledMidranks([...x, ...y])
  const u = ranks.slice(0, n).reduce((a, b) => a + b, 0) / 2 - (n * (n + 1)) / 2
  const distance = Math.abs(u - (n * m) / 2)
  if (n + m > mostExact) return { u, p: normalP(ranks, n, m, distance) }
  const probabilities = nullDistribution(ranks, n)
  const p = probabilities.reduce(
    (sum, each, doubled) => (Math.abs(doubled / 2 - (n * m) / 2) >= distance - 1e-9 ? sum + each : sum),
    0,
  )
  return { u, p: Math.min(1, p) }
}

function normalP(doubledRanks: readonly number[], n: number, m: number, distance: number): number {
  const size = n + m
  const tied = new Map<number, number>()
  for (const rank of doubledRanks) tied.set(rank, (tied.get(rank) ?? 0) + 1)
  const ties = [...tied.values()].reduce((sum, count) => sum + count ** 3 - count, 0)
  const variance = ((n * m) / 12) * (size + 1 - ties / (size * (size - 1)))
  if (variance === 0) return 1
  return Math.min(1, 2 * upperNormal(Math.max(0, distance - 0.5) / Math.sqrt(variance)))
}

/**
 * P(Z > z) of the standard normal distribution, for z ≥ 0: by its series near the middle and the continued fraction
 * of its tail. Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 26.2.10 and 26.2.14.
 */
function upperNormal(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
  if (z < 3) {
    let [term, sum] = [z, z]
    for (let k = 1; Math.abs(term) > 1e-17; k++) {
      term *= (z * z) / (2 * k + 1)
      sum += term
    }
    return 0.5 - density * sum
  }
  let fraction = z
  for (let k = 100; k > 0; k--) fraction = z + k / fraction
  return density / fraction
}

/** The share of the standard normal distribution below z. */
export const normalBelow = (z: number): number => (z < 0 ? upperNormal(-z) : 1 - upperNormal(z))

/**
 * How much greater y is than x: the median of all differences y − x, with the interval that the exact Mann–Whitney
 * test, inverted, gives; null where the sides are too small for that confidence. Of logarithms it is a ratio.
 * Source: Hodges and Lehmann, "Estimates of Location Based on Rank Tests", Annals of Mathematical Statistics 34, 1963;
 * the interval as in Hollander and Wolfe, Nonparametric Statistical Methods, 1973, section 4.3.
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

/** As many differences are held in a list; of a year of nights against another there are tens of millions. */
const mostPairs = 250_000

/** The nth smallest difference y − x, from 1. */
type Nth = (rank: number) => number

function listed(x: readonly number[], y: readonly number[]): Nth {
  const differences = y.flatMap((each) => x.map((other) => each - other)).sort((a, b) => a - b)
  return (rank) => differences[rank - 1] as number
}

/** By bisection, counting how many differences are no greater, to twelve digits of their range. */
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
      // Nothing lies between them.
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
    // The greatest number of differences that may be cut off at each end.
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

/** Of small samples; Croux and Rousseeuw 1992, table 1, for 2 to 9 values. */
const smallQn = [0.399, 0.994, 0.512, 0.844, 0.611, 0.857, 0.669, 0.872]

/**
 * Qn: a spread that half of the values cannot spoil, as exact as most; the standard deviation where they are normal.
 * Source: Rousseeuw and Croux, "Alternatives to the Median Absolute Deviation", Journal of the American Statistical
 * Association 88, 1993; factors for few values: Croux and Rousseeuw, "Time-Efficient Algorithms for Two Highly Robust
 * Estimators of Scale", COMPSTAT 1992.
 * @returns NaN for fewer than two values
 */
export function qn(values: readonly number[]): number {
  const n = values.length
  const apart = new Float64Array((n * (n - 1)) / 2)
  let at = 0
  for (let i = 1; i < n; i++)
    for (let j = 0; j < i; j++) apart[at++] = Math.abs((values[i] as number) - (values[j] as number))
  apart.sort()
  const half = Math.floor(n / 2) + 1
  const factor = smallQn[n - 2] ?? (n % 2 === 1 ? n / (n + 1.4) : n / (n + 3.8))
  return factor * 2.2219 * (apart[(half * (half - 1)) / 2 - 1] ?? Number.NaN)
}

/**
 * Cliff's δ: the share of pairs in which y is greater, less the share in which x is; −1 to 1.
 * Source: Cliff, "Dominance Statistics: Ordinal Analyses to Answer Ordinal Questions", Psychological Bulletin 114, 1993.
 */
export function cliffsDelta(x: readonly number[], y: readonly number[]): number {
  let sum = 0
  for (const each of x) for (const other of y) sum += Math.sign(other - each)
  return sum / (x.length * y.length)
}

/**
 * p-values adjusted for their number, in the order given: below 0.05, at most 5 % of what is called a finding is none.
 * Source: Benjamini and Hochberg, "Controlling the False Discovery Rate", Journal of the Royal Statistical Society B
 * 57, 1995.
 */
export function benjaminiHochberg(p: readonly number[]): number[] {
  const descending = p.map((_, index) => index).sort((a, b) => (p[b] ?? 0) - (p[a] ?? 0))
  const adjusted = [...p]
  let least = 1
  descending.forEach((index, position) => {
    least = Math.min(least, ((p[index] ?? 1) * p.length) / (p.length - position))
    adjusted[index] = least
  })
  return adjusted
}

/**
 * The quantile `q` of Student's t with that many degrees of freedom, by bisection of its distribution function: the
 * closed forms for whole degrees, Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 26.7.3 and 26.7.4.
 */
export function studentQuantile(q: number, degrees: number): number {
  if (q < 0.5) return -studentQuantile(1 - q, degrees)
  let [low, high] = [0, 1]
  while (studentBetween(high, degrees) < 2 * q - 1) high *= 2
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2
    if (studentBetween(middle, degrees) < 2 * q - 1) low = middle
    else high = middle
  }
  return high
}

/** P(|T| < t); its complement keeps its digits as long as 1 − P does. */
export function studentBetween(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees))
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)]
  const odd = degrees % 2 === 1
  let term = odd ? cos : 1
  let sum = degrees === 1 ? 0 : term
  for (let k = odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= (cos * cos * (k - 1)) / k
    sum += term
  }
  return odd ? (2 / Math.PI) * (angle + sin * sum) : sin * sum
}

/** What one figure came to over repeated runs. */
export const Repeated = z.object({
  runs: z.number(),
  median: z.number(),
  mean: z.number(),
  least: z.number(),
  most: z.number(),
  variation: z
    .number()
    .nullable()
    .describe('standard deviation between runs ÷ mean; null for fewer than two runs or a mean of 0'),
  interval: Interval.nullable().describe(
    'of the typical run; null for fewer than 5 runs, from which none can be trusted',
  ),
})
export type Repeated = z.infer<typeof Repeated>

/** Fewer runs than this give a range and no interval, and no verdict. */
export const fewestRuns = 5

/**
 * A figure over runs, each of which is one observation. The interval is Student's on logarithms, since run-to-run noise
 * is a factor rather than a sum, and so is for the median; where a value is 0 or less (error rates) it is that of the
 * order statistics, for the median, at the least confidence that reaches the one asked for.
 * Source of the latter: David and Nagaraja, Order Statistics, 2003, section 7.1.
 */
export function repeated(values: readonly number[], confidence = 0.95): Repeated {
  const sorted = [...values].sort((a, b) => a - b)
  const [least, most] = [sorted[0], sorted.at(-1)]
  if (least === undefined || most === undefined) throw new RangeError('no run')
  const average = mean(sorted)
  return {
    runs: sorted.length,
    median: median(sorted),
    mean: average,
    least,
    most,
    variation: sorted.length > 1 && average !== 0 ? sampleDeviation(sorted) / Math.abs(average) : null,
    interval:
      sorted.length < fewestRuns
        ? null
        : least > 0
          ? logInterval(sorted, confidence)
          : orderInterval(sorted, confidence),
  }
}

const sampleDeviation = (values: readonly number[]): number =>
  standardDeviation([...values]) * Math.sqrt(values.length / (values.length - 1))

function logInterval(values: readonly number[], confidence: number): Interval {
  const logs = values.map(Math.log)
  const half =
    (studentQuantile((1 + confidence) / 2, logs.length - 1) * sampleDeviation(logs)) / Math.sqrt(logs.length)
  return { low: Math.exp(mean(logs) - half), high: Math.exp(mean(logs) + half), confidence }
}

function orderInterval(sorted: readonly number[], confidence: number): Interval | null {
  const n = sorted.length
  let [outside, below, each] = [0, 0, 0.5 ** n]
  while (below + each <= (1 - confidence) / 2) {
    below += each
    each *= (n - outside) / (outside + 1)
    outside++
  }
  if (outside === 0) return null
  return {
    low: sorted[outside - 1] as number,
    high: sorted[n - outside] as number,
    confidence: 1 - 2 * below,
  }
}

/**
 * How many runs the interval of `repeated` needs to reach no further than `within` (0.02: ± 2 %) from the middle, if
 * they vary as these did; null when that cannot be told.
 */
export function runsFor(values: readonly number[], within: number, confidence = 0.95): number | null {
  if (values.length < 3 || values.some((value) => value <= 0)) return null
  const deviation = sampleDeviation(values.map(Math.log))
  for (let runs = fewestRuns; runs < 1000; runs++) {
    const half = (studentQuantile((1 + confidence) / 2, runs - 1) * deviation) / Math.sqrt(runs)
    if (half <= Math.log1p(within)) return runs
  }
  return null
}

/**
 * How many runs a side show a true ratio of 1 ± `effect` nine times in ten, if they vary as these did: the sample size
 * of the t test on logarithms, more by the 3/π that ranks may cost. Never less than the test needs to be able to fire.
 * Source: Lehmann, Nonparametrics, 1975, section 2.4.
 */
export function runsToTell(x: readonly number[], y: readonly number[], effect: number): number | null {
  if (x.length < 2 || y.length < 2 || [...x, ...y].some((value) => value <= 0)) return null
  const [a, b] = [sampleDeviation(x.map(Math.log)), sampleDeviation(y.map(Math.log))]
  const variance = ((x.length - 1) * a ** 2 + (y.length - 1) * b ** 2) / (x.length + y.length - 2)
  const needed = (2 * variance * (probit(0.975) + probit(0.9)) ** 2) / Math.log1p(effect) ** 2
  return Math.max(fewestRuns, Math.ceil(needed * (Math.PI / 3)))
}
