import { upperNormal } from './normal.ts'

/**
 * Probabilities of U = 0, ½, 1 … n·m when x and y come from one distribution: over every way to divide the
 * pooled values, given as doubled midranks, into groups of these sizes. Dynamic programming in O((n+m)² n)
 * steps.
 */
export function nullDistribution(doubledRanks: readonly number[], n: number): Float64Array {
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

/** Ranks from 1, the mean rank for ties, doubled so that they are integers. */
export function doubledMidranks(values: readonly number[]): number[] {
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

// With more values the exact distribution takes long and hardly differs from the normal one.
export const mostExact = 100

/**
 * The two-sided Mann–Whitney test of whether x and y come from one distribution. `u` is the number of pairs
 * in which x is greater, with ties as half. `p` is exact for up to 100 values in total: the share of all ways
 * to divide the pooled values in which U is at least as far from its mean. Beyond that it uses the normal
 * distribution with tie and continuity corrections. Throws a RangeError when a side is empty.
 * Source: Mann and Whitney, "On a Test of Whether one of Two Random Variables is Stochastically Larger than
 * the Other", Annals of Mathematical Statistics 18, 1947.
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
 * Cliff's δ: the share of pairs in which y is greater minus the share in which x is; −1 to 1. Counted over
 * sorted values, since years of runs make tens of millions of pairs.
 * Source: Cliff, "Dominance Statistics: Ordinal Analyses to Answer Ordinal Questions", Psychological Bulletin
 * 114, 1993.
 */
export function cliffsDelta(x: readonly number[], y: readonly number[]): number {
  const [left, right] = [Float64Array.from(x).sort(), Float64Array.from(y).sort()]
  let [below, upTo, sum] = [0, 0, 0]
  for (const value of right) {
    while (below < left.length && (left[below] as number) < value) below++
    while (upTo < left.length && (left[upTo] as number) <= value) upTo++
    sum += below - (left.length - upTo)
  }
  return sum / (x.length * y.length)
}
