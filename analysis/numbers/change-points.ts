import { mean, shuffle } from 'simple-statistics'
import { randomFrom } from './random.ts'
import { studentBetween } from './student.ts'

/**
 * The distance between two samples' distributions: `e` is 0 for equal ones, `t` grows with the sizes, `h` is
 * from 0 to 1. Source: Székely and Rizzo, "Energy statistics: A class of statistics based on distances",
 * Journal of Statistical Planning and Inference 143, 2013.
 */
export function energyStatistics(
  x: readonly number[],
  y: readonly number[],
): { e: number; t: number; h: number } {
  const apart = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, each) => b.reduce((inner, other) => inner + Math.abs(each - other), sum), 0) /
    (a.length * b.length)
  const between = apart(x, y)
  const e = 2 * between - apart(x, x) - apart(y, y)
  return {
    e,
    t: (e * x.length * y.length) / (x.length + y.length),
    h: between > 0 ? e / (2 * between) : 0,
  }
}

type Segment = readonly [from: number, to: number]
type Candidate = { readonly index: number; readonly strength: number }

/**
 * The strongest candidate of a segment: the greatest divergence of [from, index) and [index, end) over index
 * and end.
 * Source: Matteson and James, "A Nonparametric Approach for Multiple Change Point Analysis of Multivariate
 * Data", Journal of the American Statistical Association 109, 2014, equations 5 to 7 with α = 1.
 */
function strongest(series: readonly number[], [from, to]: Segment): Candidate {
  const size = to - from
  // Sums of |a − b| over all pairs within [i, j), by i × (size + 1) + j.
  const within = new Float64Array((size + 1) * (size + 1))
  for (let j = 1; j < size; j++) {
    let sum = 0
    for (let i = j - 1; i >= 0; i--) {
      sum += Math.abs((series[from + i] as number) - (series[from + j] as number))
      within[i * (size + 1) + j + 1] = (within[i * (size + 1) + j] as number) + sum
    }
  }
  let best: Candidate = { index: -1, strength: -Infinity }
  for (let n = 1; n < size; n++) {
    const left = within[n] as number
    for (let end = n + 1; end <= size; end++) {
      const m = end - n
      const right = within[n * (size + 1) + end] as number
      const across = (within[end] as number) - left - right
      const inLeft = n > 1 ? (m * left) / (n - 1) : 0
      const inRight = m > 1 ? (n * right) / (m - 1) : 0
      const strength = (2 * (across - inLeft - inRight)) / (n + m)
      if (strength > best.strength) best = { index: from + n, strength }
    }
  }
  return best
}

/** The segments between the points at those indexes. */
const segmentsOf = (length: number, indexes: readonly number[]): Segment[] =>
  [0, ...indexes].map((from, place): Segment => [from, indexes[place] ?? length])

const ascending = (a: number, b: number) => a - b

/** The strongest candidate of all segments with more than one point. */
function strongestOf(series: readonly number[], segments: readonly Segment[]): Candidate | undefined {
  return segments
    .filter(([from, to]) => to - from > 1)
    .map((segment) => strongest(series, segment))
    .reduce<Candidate | undefined>((a, b) => (a && a.strength >= b.strength ? a : b), undefined)
}

/** Splits a series repeatedly, as long as the strongest candidate of all segments is significant. */
function divide(
  series: readonly number[],
  significant: (candidate: Candidate, segments: readonly Segment[]) => boolean,
): number[] {
  const indexes: number[] = []
  for (;;) {
    const segments = segmentsOf(series.length, indexes)
    const candidate = strongestOf(series, segments)
    if (!candidate || !significant(candidate, segments)) return indexes
    indexes.push(candidate.index)
    indexes.sort(ascending)
  }
}

/**
 * E-divisive means: the indexes of the first points after each change, ascending. A candidate is significant
 * if, with the points shuffled within the segments, at most a share `significance` of the permutations
 * reaches its strength. Reproducible by `seed`. Source: Matteson and James 2014, as above, section 3; used on
 * performance series by Daly et al., "The Use of Change Point Detection to Identify Software Performance
 * Regressions in a Continuous Integration System", ICPE 2020.
 */
export function eDivisive(
  series: readonly number[],
  { significance = 0.01, permutations = 199, seed = 1 } = {},
): number[] {
  const random = randomFrom(seed)
  return divide(series, ({ strength }, segments) => {
    if (strength <= 0) return false
    let reached = 0
    for (let permutation = 0; permutation < permutations; permutation++) {
      const mixed = segments.flatMap(([from, to]) => shuffle(series.slice(from, to), random))
      if ((strongestOf(mixed, segments)?.strength ?? 0) >= strength) reached++
      // The remaining permutations cannot change this.
      if ((reached + 1) / (permutations + 1) > significance) return false
    }
    return true
  })
}

/**
 * The deterministic variant with Student's t test instead of permutations: weak change points are collected
 * in windows that overlap by half, at ten times the significance. Then the weakest is dropped and its
 * neighbours are judged again, until all the others are significant and larger than `magnitude` (0.05: 5 %).
 * Source: Fleming et al., "Hunter: Using Change Point Detection to Hunt for Performance Regressions", ICPE
 * 2023.
 */
export function changePoints(
  series: readonly number[],
  { window = 50, significance = 0.001, magnitude = 0 } = {},
): number[] {
  const weak = new Set<number>()
  for (let from = 0; from < series.length; ) {
    const part = series.slice(from, from + window)
    const found = divide(part, ({ index }, segments) => {
      const [start, end] = segments.find(([a, b]) => a < index && index < b) as Segment
      return difference(part.slice(start, index), part.slice(index, end)).p <= weakened(significance)
    }).map((index) => from + index)
    for (const index of found) weak.add(index)
    from = Math.max(found.at(-1) ?? 0, from + Math.floor(window / 2))
  }
  const left = [...weak].sort(ascending).map((index) => ({ index, p: 0, magnitude: 0 }))
  const judge = (place: number) => {
    const [before, point, after] = [left[place - 1], left[place], left[place + 1]]
    if (!point) return
    const { index } = point
    const sides = difference(series.slice(before?.index ?? 0, index), series.slice(index, after?.index))
    left[place] = { index, ...sides }
  }
  left.forEach((_, place) => {
    judge(place)
  })
  for (;;) {
    const doubtful = left.reduce((a, b) => (b.p > a.p ? b : a), none)
    const smallest = left.reduce((a, b) => (b.magnitude < a.magnitude ? b : a), none)
    const dropped = doubtful.p >= significance ? doubtful : smallest.magnitude <= magnitude ? smallest : null
    if (!dropped) return left.map(({ index }) => index)
    const place = left.indexOf(dropped)
    left.splice(place, 1)
    // The one before is not judged again, as in the authors' program, whose results are the reference.
    judge(place)
    judge(place + 1)
  }
}

const none = { index: -1, p: 0, magnitude: Infinity }

const weakened = (significance: number) =>
  significance < 0.05 ? 10 * significance : Math.min(0.5, 2 * significance)

/** Student's t test of neighbouring segments, and the greater of the two relative changes of their means. */
function difference(left: readonly number[], right: readonly number[]): { p: number; magnitude: number } {
  const [a, b] = [mean([...left]), mean([...right])]
  const degrees = left.length + right.length - 2
  const squares = (values: readonly number[], middle: number) =>
    values.reduce((sum, value) => sum + (value - middle) ** 2, 0)
  // Each variance is divided by n but pooled with n − 1, as in the authors' program, for which the thresholds
  // were chosen.
  const pooled = (values: readonly number[], middle: number) =>
    ((values.length - 1) * squares(values, middle)) / values.length
  const variance = (pooled(left, a) + pooled(right, b)) / degrees
  const t = Math.abs(a - b) / Math.sqrt(variance * (1 / left.length + 1 / right.length))
  const relative = (from: number, to: number) => (from === 0 ? 0 : Math.abs(to / from - 1))
  return {
    p: degrees > 0 && a !== b ? 1 - studentBetween(t, degrees) : 1,
    magnitude: Math.max(relative(a, b), relative(b, a)),
  }
}
