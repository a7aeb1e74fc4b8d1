import { median } from 'simple-statistics'
import { changePoints } from '../numbers/change-points.ts'
import { mannWhitney } from '../numbers/mann-whitney.ts'
import { mannKendall, theilSen } from '../numbers/trend.ts'
import { leastErrors } from './judgement.ts'
import { shiftsIn } from './shifts.ts'
import { withoutWeekends } from './weekends.ts'

export type Change = {
  /** Index of the first point after the change; of a trend, of the point from which it rises or falls. */
  readonly index: number
  /** Index of the point that confirmed it. */
  readonly seen: number
  /** Medians of the nights on each side, as far as the neighbouring changes; of a trend, its ends. */
  readonly before: number
  readonly after: number
  readonly scale: Scale
  /** after ÷ before; for shares (`points`) and figures that may be 0 after − before. */
  readonly by: number
  readonly direction: 'worse' | 'better'
  readonly how: 'nights in a row' | 'many nights' | 'slow trend' | 'bad runs'
  /** Back at the level before the last change, which was a spell. */
  readonly returned: boolean
}

export type Scale = 'ratio' | 'points' | 'difference'

/** The smallest change that matters, unless the plan of the night names another: 5 %. */
export const usualEffect = 0.05

/** Slow changes: nights needed on each side, nights looked at on each side, and the p-value needed. */
const manyNights = 8

const nearby = 25

const manyP = 1e-5

/** Slow trends: of medians of seven nights, over so many weeks. */
const week = 7

const trendWeeks = [8, 13, 26]

const trendP = 0.001

/** How much greater than `effect` a trend must be, since its estimate is that uncertain. */
const trendMargin = 1.25

/** How values are compared: on which scale, as numbers whose differences count, and the least that matters. */
export function scaleOf(values: readonly number[], { effect = usualEffect, share = false } = {}) {
  const ratio = !share && values.every((value) => value > 0)
  // So the least change of an error rate weighs at 0 what `effect` weighs at a share of 1.
  const shift = leastErrors / effect
  const logarithmic = ratio || share
  return {
    scale: (ratio ? 'ratio' : share ? 'points' : 'difference') satisfies Scale as Scale,
    of: share ? (value: number) => Math.log1p(value / shift) : ratio ? Math.log : same,
    back: share ? (value: number) => shift * Math.expm1(value) : ratio ? Math.exp : same,
    least: logarithmic ? Math.log(1 + effect) : effect * Math.abs(median([...values])),
  }
}

const same = (value: number) => value

export const byOf = (scale: Scale, before: number, after: number): number =>
  scale === 'ratio' ? after / before : after - before

export type ChangeOptions = {
  /** The smallest change that matters (0.05: 5 %). */
  readonly effect?: number
  readonly share?: boolean
  /** Whether each night is one of a weekend, which may differ from weekdays. */
  readonly weekend?: readonly boolean[]
}

/**
 * The lasting changes of a series of nights, ascending. First the shifts on which three nights in a row agree
 * (shiftsIn). Then, within each level, what E-divisive with the t test (changePoints) finds in a running
 * median of three, which no single bad night moves, if many nights on both sides differ by `effect` and in the
 * Mann–Whitney test. Then slow trends of the medians of weeks: significant by Mann–Kendall, and by Theil–Sen
 * greater than `effect` over 8, 13 or 26 weeks. Ratios where every value is above 0; a `share` in points.
 */
export function changesIn(
  values: readonly number[],
  better: 'higher' | 'lower',
  { weekend, ...options }: ChangeOptions = {},
): Change[] {
  if (values.length === 0) return []
  const { scale, of, back, least } = scaleOf(values, options)
  const series = weekend ? withoutWeekends(values.map(of), weekend) : values.map(of)
  const at = (night: number) => series[night] as number
  const { shifts, levels } = shiftsIn(series, least)
  const found: Pick<Change, 'index' | 'seen' | 'how' | 'returned'>[] = shifts.map((shift) => {
    return { ...shift, how: 'nights in a row' }
  })
  const parts = levels.flatMap((level) => {
    const splits = slowChanges(level.map(at), least)
    for (const split of splits) {
      const index = level[split] as number
      const seen = level[Math.min(level.length, split + manyNights) - 1] as number
      found.push({ index, seen, how: 'many nights', returned: false })
    }
    return [0, ...splits].map((from, place) => level.slice(from, splits[place]))
  })
  const middleAt = new Map(
    parts.flatMap((part) => {
      const middle = median(part.map(at))
      return part.map((night) => [night, middle] as const)
    }),
  )
  const ends = (from: number, to: number) => {
    const [before, after] = [back(from), back(to)]
    const direction = to > from === (better === 'higher') ? 'better' : 'worse'
    return { scale, before, after, by: byOf(scale, before, after), direction } as const
  }
  const steps = found.map((change): Change => {
    const { index } = change
    return { ...change, ...ends(middleAt.get(index - 1) as number, middleAt.get(index) as number) }
  })
  const trends = parts.flatMap((part) =>
    trendsIn(part.map(at), least).map(({ from, to, before, after }): Change => {
      const [index, seen] = [part[from] as number, part[to] as number]
      return { index, seen, how: 'slow trend', returned: false, ...ends(before, after) }
    }),
  )
  return [...steps, ...trends].sort((a, b) => a.index - b.index)
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

/** Trends that do not overlap, each as soon as its weeks show it. Weeks count from the first night. */
function trendsIn(series: readonly number[], least: number) {
  const found: { from: number; to: number; before: number; after: number }[] = []
  const weeks = Array.from({ length: Math.floor(series.length / week) }, (_, index) =>
    median(series.slice(index * week, (index + 1) * week)),
  )
  let start = 0
  for (let end = 1; end <= weeks.length; end++)
    for (const length of trendWeeks) {
      if (end - length < start) continue
      const window = weeks.slice(end - length, end)
      if (mannKendall(window).p > trendP) continue
      const { slope, intercept } = theilSen(window)
      const rise = slope * (length - 1)
      if (Math.abs(rise) < trendMargin * least) continue
      found.push({
        from: (end - length) * week,
        to: end * week - 1,
        before: intercept,
        after: intercept + rise,
      })
      start = end
      break
    }
  return found
}
