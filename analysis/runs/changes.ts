import { median } from 'simple-statistics'
import { changePoints, segmentsOf } from '../numbers/change-points.ts'
import { mannWhitney } from '../numbers/mann-whitney.ts'
import { qn } from '../numbers/spread.ts'
export type Change = {
  /** Of the first night after it, among the series' points. */
  readonly index: number
  /** Medians of the nights on both sides, up to the changes next to it. */
  readonly before: number
  readonly after: number
  /** after ÷ before; after − before for what may be 0. */
  readonly by: number
  readonly direction: 'worse' | 'better'
  readonly how: 'three nights in a row' | 'many nights'
}

/** Nights that must agree: one bad night is no change, and neither are two. */
export const inARow = 3

/** How far beyond the nights before, in their own spread (Qn). By simulation: bench/history.ts. */
const spreads = 2.3

/** How far apart the two nearest of them may be: bad nights are each bad in their own way. */
const apart = 4

/** A spread is not known from fewer nights, and older ones than so many say little of it. */
export const fewestBefore = 10

const mostBefore = 60

/** What many nights must show where no three in a row stood out. */
const manyNights = 8

const nearby = 25

const manyP = 1e-5

/**
 * The lasting changes of a series of nights, ascending. First those that three nights in a row agree on: each beyond the
 * median of the nights before by 2.3 of their spreads, the two nearest not far apart, and the three together
 * by `effect` (0.05: 5 %). Then, between those, what E-divisive with the t test (changePoints) finds in a running median
 * of three, which no single bad night moves, where many nights on both sides differ by `effect` and by Mann–Whitney.
 * Ratios where every value is above 0; else differences beyond `leastDifference`.
 */
export function changesIn(
  values: readonly number[],
  better: 'higher' | 'lower',
  { effect = 0.05, leastDifference = 0.001 } = {},
): Change[] {
  const ratio = values.every((value) => value > 0)
  const series = ratio ? values.map(Math.log) : [...values]
  const least = ratio ? Math.log(1 + effect) : leastDifference
  const quick = rowsIn(series, least)
  const found: { index: number; how: Change['how'] }[] = quick.map((index) => ({
    index,
    how: 'three nights in a row',
  }))
  segmentsOf(series.length, quick).forEach(([from, to]) => {
    for (const index of slow(series.slice(from, to), least))
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

function rowsIn(series: readonly number[], least: number): number[] {
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
    if (nearest <= Math.max(spreads * spread, least / 2) || second - nearest > apart * spread) continue
    found.push(index)
    from = index
  }
  return found
}

function slow(series: readonly number[], least: number): number[] {
  if (series.length < 2 * manyNights) return []
  const calm = series.map((_, index) => median(series.slice(Math.max(0, index - 1), index + 2)))
  const splits = changePoints(calm)
  const kept: number[] = []
  splits.forEach((index, place) => {
    // The nights next to it: of a slow drift those far away differ too, and no night is to blame.
    const before = series.slice(Math.max(kept.at(-1) ?? 0, index - nearby), index)
    const after = series.slice(index, Math.min(splits[place + 1] ?? series.length, index + nearby))
    if (before.length < manyNights || after.length < manyNights) return
    if (Math.abs(median(after) - median(before)) < least) return
    if (mannWhitney(before, after).p <= manyP) kept.push(index)
  })
  return kept
}
