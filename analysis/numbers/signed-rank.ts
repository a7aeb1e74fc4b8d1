import { medianSorted, sum } from 'simple-statistics'
import type { Interval } from './hodges-lehmann.ts'
import { doubledMidranks } from './mann-whitney.ts'
import { upperNormal } from './normal.ts'
import { repeated } from './repeated.ts'

// With more values the exact distribution takes long and hardly differs from the normal one.
const mostExact = 100
// The means of all pairs of more values are not listed.
const mostListed = 1000

/**
 * Where values lie that vary symmetrically, such as differences within pairs: the median of the means of all pairs of
 * them, with the interval from inverting the exact signed-rank test, null for fewer values than that confidence takes
 * (six for 95 %); and the two-sided p of their lying about 0. Of more than 1,000 values their median, and the interval
 * between two of them. Throws a RangeError without values.
 * Source: Hollander and Wolfe, Nonparametric Statistical Methods, 1973, sections 3.1 to 3.3.
 */
export function signedRank(
  values: readonly number[],
  confidence = 0.95,
): { readonly centre: number; readonly interval: Interval | null; readonly p: number } {
  const n = values.length
  if (n === 0) throw new RangeError('the signed-rank test needs values')
  const p = signedRankP(values)
  if (n > mostListed) {
    const { median: centre, interval } = repeated(values, confidence)
    return { centre, interval, p }
  }
  const means = new Float64Array((n * (n + 1)) / 2)
  let next = 0
  for (let i = 0; i < n; i++)
    for (let j = i; j < n; j++) means[next++] = ((values[i] as number) + (values[j] as number)) / 2
  means.sort()
  const { outside, below } = cutOff(n, (1 - confidence) / 2)
  return {
    centre: medianSorted([...means]),
    interval:
      outside === 0
        ? null
        : {
            low: means[outside - 1] as number,
            high: means[means.length - outside] as number,
            confidence: 1 - 2 * below,
          },
    p,
  }
}

/** How many of the means may be cut off at each end, and the probability beyond one of them. */
function cutOff(n: number, tail: number): { outside: number; below: number } {
  if (n > mostExact) {
    const spread = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24)
    let outside = Math.floor((n * (n + 1)) / 4)
    while (outside > 0 && upperNormal(((n * (n + 1)) / 4 - outside) / spread) > tail) outside--
    return { outside, below: tail }
  }
  const shares = sums(Array.from({ length: n }, (_, index) => index + 1))
  let [outside, below] = [0, 0]
  while (below + (shares[outside] ?? 1) <= tail) below += shares[outside++] ?? 0
  return { outside, below }
}

/** Zeros say nothing of the side and are left out, as Wilcoxon does; ties share their rank. */
function signedRankP(values: readonly number[]): number {
  const known = values.filter((value) => value !== 0)
  if (known.length === 0) return 1
  const ranks = doubledMidranks(known.map(Math.abs))
  const all = sum(ranks)
  const distance = Math.abs(2 * sum(ranks.filter((_, index) => (known[index] as number) > 0)) - all)
  if (known.length > mostExact)
    return Math.min(1, 2 * upperNormal(distance / Math.sqrt(sum(ranks.map((rank) => rank ** 2)))))
  let p = 0
  sums(ranks).forEach((share, at) => {
    if (Math.abs(2 * at - all) >= distance) p += share
  })
  return Math.min(1, p)
}

/** The probability of each sum of ranks that each are in it or not, with equal chances. */
function sums(ranks: readonly number[]): Float64Array {
  const shares = new Float64Array(sum([...ranks]) + 1)
  shares[0] = 1
  let most = 0
  for (const rank of ranks) {
    most += rank
    for (let at = most; at >= 0; at--)
      shares[at] = ((shares[at] as number) + (at >= rank ? (shares[at - rank] as number) : 0)) / 2
  }
  return shares
}
