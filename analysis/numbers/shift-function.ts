import { type Block, blocksOf, divisions } from './divisions.ts'
import { hodgesLehmann, hodgesLehmannInTurns, type Interval } from './hodges-lehmann.ts'

/** One percentile of the runs: x[i] of one run, y[j] of another; the same runs in the same order for each percentile. */
type Sides = { readonly x: readonly number[]; readonly y: readonly number[] }

/** A value of the shift function, and its part of the band; the interval's confidence is that of this percentile alone. */
type Shift = { readonly shift: number; readonly interval: Interval | null }

/**
 * How much greater y is than x at each of several percentiles, with a band that contains the whole function with the
 * given confidence. `confidence` is the band's own: somewhat more than asked for, since ranks are whole; less where so
 * few runs allow no more; null for too few runs for any band.
 *
 * The shift function is Doksum's, but the unit of observation is the run, since requests of a run are alike: each
 * percentile's shift is the Hodges–Lehmann estimate over runs. Its interval inverts the rank-sum test at a level that is
 * the same for all percentiles, the greatest at which some percentile's test errs in at most 1 − confidence of all
 * divisions of the runs between the sides (Westfall and Young's minimum p). Percentiles of a run go together, so this
 * level is far above 1 − confidence over their number. To divide them, y is moved back by its shift.
 * @param perBlock for x[i] and y[i] measured in turns: runs are divided only within blocks of as many of each side
 * Source: Doksum, "Empirical Probability Plots and Statistical Inference for Nonlinear Models in the Two-Sample Case",
 * Annals of Statistics 2, 1974; bands for all quantiles together: Wilcox, "Comparing Two Independent Groups Via Multiple
 * Quantiles", The Statistician 44, 1995; Rousselet, Pernet and Wilcox, "Beyond differences in means", European Journal of
 * Neuroscience 46, 2017; minimum p: Westfall and Young, Resampling-Based Multiple Testing, 1993, section 2.3.
 */
export function shiftFunction(
  percentiles: readonly Sides[],
  { confidence = 0.95, perBlock = null }: { confidence?: number; perBlock?: number | null } = {},
): { readonly shifts: readonly Shift[]; readonly confidence: number | null } {
  const [first] = percentiles
  if (!first) return { shifts: [], confidence: null }
  const alone = percentiles.map(({ x, y }) => hodgesLehmann(x, y).shift)
  const aligned = percentiles.map(({ x, y }, index) =>
    ranks([...x, ...y.map((value) => value - (alone[index] as number))]),
  )
  const errors = leastPs(aligned, first.x.length, first.y.length, perBlock)
  const { level, error } = levelOf(errors, 1 - confidence)
  // Rounding must not exclude what has just this p.
  const wanted = 1 - level - 1e-9
  const shifts = percentiles.map(({ x, y }, index) => ({
    shift: alone[index] as number,
    interval: (perBlock === null ? hodgesLehmann : hodgesLehmannInTurns)(x, y, wanted).interval,
  }))
  const known = shifts.every(({ interval }) => interval !== null)
  return { shifts, confidence: known ? 1 - error : null }
}

/** From 0; ties in any order, so that the p of whole ranks stays attainable. */
function ranks(values: readonly number[]): Int32Array {
  const order = values.map((_, index) => index).sort((a, b) => (values[a] as number) - (values[b] as number))
  const found = new Int32Array(values.length)
  order.forEach((at, rank) => {
    found[at] = rank
  })
  return found
}

/** For each division of the runs the least p of the percentiles, ascending. */
function leastPs(ranked: readonly Int32Array[], n: number, m: number, perBlock: number | null): Float64Array {
  const { blocks, all } = dividedLike(n, m, perBlock)
  const least = new Float64Array(all.length).fill(1)
  const farthest = ((n + m) * (n + m - 1)) / 2
  const distances = new Int32Array(all.length)
  for (const each of ranked) {
    const centre = centreOf(each, blocks)
    const counts = new Float64Array(2 * farthest + 2)
    all.forEach((division, index) => {
      let sum = 0
      for (const at of division) sum += each[at] as number
      const distance = Math.abs(2 * sum - centre)
      distances[index] = distance
      counts[distance] = (counts[distance] as number) + 1
    })
    for (let at = counts.length - 2; at >= 0; at--)
      counts[at] = (counts[at] as number) + (counts[at + 1] as number)
    distances.forEach((distance, index) => {
      least[index] = Math.min(least[index] as number, (counts[distance] as number) / all.length)
    })
  }
  return least.sort()
}

type Divided = { readonly blocks: readonly Block[]; readonly all: readonly (readonly number[])[] }
let last: { readonly key: string; readonly divided: Divided } | undefined

/** The last ones are kept: differences and ratios of the same runs need the same, and drawing takes longest. */
function dividedLike(n: number, m: number, perBlock: number | null): Divided {
  const key = `${n} ${m} ${perBlock}`
  if (last?.key !== key) {
    const blocks = blocksOf(n, m, perBlock)
    last = { key, divided: { blocks, all: [...divisions(blocks)] } }
  }
  return last.divided
}

/** Twice the mean sum of y's ranks over all divisions. */
const centreOf = (ranked: Int32Array, blocks: readonly Block[]): number =>
  blocks.reduce((sum, { runs, of }) => {
    const total = runs.reduce((sum, at) => sum + (ranked[at] as number), 0)
    return sum + (2 * of * total) / runs.length
  }, 0)

/**
 * The greatest p that, with those below it, at most `permitted` of the divisions have, and how many do; the least p where
 * that is too many already.
 */
function levelOf(sorted: Float64Array, permitted: number): { level: number; error: number } {
  let upTo = Math.floor(permitted * sorted.length + 1e-9)
  while (upTo > 0 && sorted[upTo - 1] === sorted[upTo]) upTo--
  const level = sorted[Math.max(0, upTo - 1)] as number
  if (upTo === 0) upTo = sorted.lastIndexOf(level) + 1
  return { level, error: upTo / sorted.length }
}
