import { median } from 'simple-statistics'
import { changePoints, segmentsOf } from '../numbers/change-points.ts'
import { mannWhitney } from '../numbers/mann-whitney.ts'
import { qn } from '../numbers/qn.ts'

export type Change = {
  /** Index of the first point after the change. */
  readonly index: number
  /** Medians of the nights on each side, as far as the neighbouring changes. */
  readonly before: number
  readonly after: number
  /** after ÷ before; after − before for figures that may be 0. */
  readonly by: number
  readonly direction: 'worse' | 'better'
  readonly how: 'three nights in a row' | 'many nights'
}

/** Consecutive nights that must agree: one or two bad nights are not a change. */
export const inARow = 3

/** How far they must be from the earlier median, in spreads (Qn). Chosen by simulation: bench/history.ts. */
const spreadsAway = 2.3

/** How far apart the two nearest of them may be, in spreads: unrelated bad nights differ among themselves. */
const spreadsApart = 4

/** A spread needs at least ten nights; those beyond the last sixty say little about it. */
export const fewestBefore = 10

const mostBefore = 60

/** Slow changes: nights needed on each side, nights looked at on each side, and the p-value needed. */
const manyNights = 8

const nearby = 25

const manyP = 1e-5

/**
 * The lasting changes of a series of nights, ascending. First, changes on which three consecutive nights
 * agree: each is more than 2.3 spreads from the median of the nights before, the two nearest are close to
 * each other, and the median of the three is off by `effect` (0.05: 5 %). Then, between those, what
 * E-divisive with the t test (changePoints) finds in a running median of three, which no single bad night
 * moves, if many nights on both sides differ by `effect` and in the Mann–Whitney test. Ratios where every
 * value is above 0; else differences of `leastDifference`.
 */
export function changesIn(
  values: readonly number[],
  better: 'higher' | 'lower',
  { effect = 0.05, leastDifference = 0.001 } = {},
): Change[] {
  const ratio = values.every((value) => value > 0)
  const series = ratio ? values.map(Math.log) : [...values]
  const least = ratio ? Math.log(1 + effect) : leastDifference
  const quick = quickChanges(series, least)
  const found: { index: number; how: Change['how'] }[] = quick.map((index) => ({
    index,
    how: 'three nights in a row',
  }))
  segmentsOf(series.length, quick).forEach(([from, to]) => {
    for (const index of slowChanges(series.slice(from, to), least))
      found.push({ index: from + index, how: 'many nights' })
  })
  found.sort((a, b) => a.index - b.index)
  const ends = [0, ...found.map(({ index }) => index), series.length]
  return found.map(({ index, how }, place) => {
    const [before, after] = [
      median(series.slice(ends[place], index)),
      median(series.slice(index, ends[place + 2])),
    ]
    const greater = after > before
    return {
      index,
      before: ratio ? Math.exp(before) : before,
      after: ratio ? Math.exp(after) : after,
      by: ratio ? Math.exp(after - before) : after - before,
      direction: greater === (better === 'higher') ? 'better' : 'worse',
      how,
    }
  })
}

function quickChanges(series: readonly number[], least: number): number[] {
  const found: number[] = []
  let from = 0
  for (let index = fewestBefore; index + inARow <= series.length; index++) {
    const before = series.slice(Math.max(from, index - mostBefore), index)
    if (before.length < fewestBefore) continue
    const middle = median(before)
    const beyond = series.slice(index, index + inARow).map((value) => value - middle)
    if (Math.abs(median(beyond)) < least) continue
    const side = Math.sign(beyond[0] ?? 0)
    const [nearest = 0, second = 0] = beyond.map((each) => each * side).sort((a, b) => a - b)
    const spread = qn(before)
    if (nearest <= Math.max(spreadsAway * spread, least / 2) || second - nearest > spreadsApart * spread)
      continue
    found.push(index)
    from = index
  }
  return found
}

function slowChanges(series: readonly number[], least: number): number[] {
  if (series.length < 2 * manyNights) return []
  const smoothed = series.map((_, index) => median(series.slice(Math.max(0, index - 1), index + 2)))
  const splits = changePoints(smoothed)
  const kept: number[] = []
  splits.forEach((index, place) => {
    // Only nearby nights: in a slow drift distant nights differ too, without any change point.
    const before = series.slice(Math.max(kept.at(-1) ?? 0, index - nearby), index)
    const after = series.slice(index, Math.min(splits[place + 1] ?? series.length, index + nearby))
    if (before.length < manyNights || after.length < manyNights) return
    if (Math.abs(median(after) - median(before)) < least) return
    if (mannWhitney(before, after).p <= manyP) kept.push(index)
  })
  return kept
}
