import { sampleVariance, sum } from 'simple-statistics'
import { largest, smallest } from './extremes.ts'
import { doubledMidranks } from './mann-whitney.ts'
import { upperNormal } from './normal.ts'

// With more runs a side the exact distribution takes long and hardly differs from the normal one.
const mostExact = 30

/**
 * The two-sided p of the rank sum of y when x[i] and y[i] were measured in turns: the share of all ways to
 * divide each block of neighbours into equal sides that move the rank sum at least as far from its mean. What
 * a block has in common, such as a machine that drifts, does not count as noise; and since the ranks are
 * those of all values, an outlier weighs no more than its rank. The estimate that belongs to it is
 * Hodges–Lehmann's. A block has `perBlock` of each side, the last one what is left over too. Two can be
 * divided in six ways; one pair in only two, which resolves p less finely and bears fewer outliers. Exact for
 * up to 30 a side; beyond that by the normal distribution.
 * Source: Lehmann, Nonparametrics, 1975, section 3.3, with the ranks of all blocks together.
 */
export function blockedP(x: readonly number[], y: readonly number[], perBlock = 2): number {
  const n = x.length
  const ranks = doubledMidranks([...x, ...y])
  const starts = Array.from({ length: Math.max(1, Math.floor(n / perBlock)) }, (_, index) => index * perBlock)
  const blocks = starts.map((from, index) => {
    const to = starts[index + 1] ?? n
    return [...ranks.slice(from, to), ...ranks.slice(n + from, n + to)]
  })
  // Sums and their mean are doubled once more, so that the mean is an integer.
  const distance = Math.abs(2 * sum(ranks.slice(n)) - sum(ranks))
  if (n <= mostExact) return exact(blocks, distance)
  const variance = sum(blocks.map((block) => block.length * sampleVariance(block)))
  return variance === 0 ? 1 : Math.min(1, 2 * upperNormal(distance / Math.sqrt(variance)))
}

/** The share of all divisions of the blocks in which twice the sum of one side is that far from its mean. */
function exact(blocks: readonly (readonly number[])[], distance: number): number {
  // By how much the sum exceeds the least one.
  let shares = new Float64Array([1])
  for (const block of blocks) {
    const sums = sumsOfHalves(block)
    const [low, high] = [smallest(sums), largest(sums)]
    const next = new Float64Array(shares.length + high - low)
    for (let at = 0; at < shares.length; at++) {
      const share = (shares[at] as number) / sums.length
      if (share > 0) for (const each of sums) (next[at + each - low] as number) += share
    }
    shares = next
  }
  // Every division has its mirror image, so the middle of the array is the mean.
  const middle = shares.length - 1
  let p = 0
  for (let at = 0; at < shares.length; at++)
    if (Math.abs(2 * at - middle) >= distance) p += shares[at] as number
  return Math.min(1, p)
}

const selections = new Map<number, readonly (readonly number[])[]>()

/** The sum of every selection of half of the values. */
function sumsOfHalves(values: readonly number[]): number[] {
  const { length } = values
  const choose = (from: number, left: number): number[][] =>
    left === 0
      ? [[]]
      : Array.from({ length: length - left + 1 - from }, (_, index) => from + index).flatMap((first) =>
          choose(first + 1, left - 1).map((rest) => [first, ...rest]),
        )
  const known = selections.get(length) ?? choose(0, length / 2)
  selections.set(length, known)
  return known.map((indices) => {
    let total = 0
    for (const index of indices) total += values[index] as number
    return total
  })
}
