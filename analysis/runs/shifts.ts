import { median } from 'simple-statistics'
import { largest } from '../numbers/extremes.ts'
import { qn } from '../numbers/qn.ts'

/** Consecutive nights that must agree at least: one or two bad nights are not a change. */
export const inARow = 3

/** A spread needs at least ten nights; those beyond the last sixty say little about it. */
export const fewestBefore = 10

const mostBefore = 60

// These were chosen by simulation: bench/history.ts.
/** How far the nights must be from the earlier median, in spreads (Qn) … */
const spreadsAway = 2.3
/** … times 1 + 0.8 r where nights resemble the night before them: r is that correlation, if it is clear. */
const forCorrelation = 0.8
const clearly = 2.2
const fewestForCorrelation = 30
/** How far apart the two nearest may be, in spreads: unrelated bad nights differ among themselves. */
const spreadsApart = 4
/** Where a greater share of the earlier nights was as far off, it takes more nights, up to fourteen, … */
const usualOutliers = 0.1
/** … until unrelated nights would agree with this probability. */
const byChance = 1e-5
const mostInARow = 14
/** For how many nights a spell is remembered. */
const remembered = 180

/**
 * A shift of the level. `index` is the first night after it, `seen` the night that confirmed it. `returned`:
 * back to the level before the last shift, after fewer nights than a level needs.
 */
export type Shift = { readonly index: number; readonly seen: number; readonly returned: boolean }

/** What came back by itself: its nights, less the level that they left and came back to. */
type Spell = { readonly from: number; readonly off: readonly number[] }

/**
 * The nights on which a series (logarithms, or differences) shifts by `least` or more, ascending, and the
 * nights of each level. Three nights in a row must agree: each is more than 2.3 spreads from the median of the
 * nights before, the two nearest are not far apart, and their median is off by `least`. It takes more nights
 * where many earlier ones were as far off, and more than the longest earlier spell. Before a new level has ten
 * nights, three that are back at the level before make it a spell, and the level before goes on.
 */
export function shiftsIn(
  series: readonly number[],
  least: number,
): { shifts: Shift[]; levels: readonly (readonly number[])[] } {
  const at = (index: number) => series[index] as number
  const shifts: Shift[] = []
  const spells: Spell[] = []
  const levels: number[][] = [[]]
  let level = levels[0] as number[]
  let left: { nights: number[]; middle: number } | null = null
  for (let index = 0; index < series.length; index++) {
    const next = series.slice(index, index + inARow)
    if (left && level.length <= fewestBefore && isBack(next, left.middle, median(level.map(at)), least)) {
      const { nights, middle } = left
      shifts.push({ index, seen: index + inARow - 1, returned: true })
      spells.push({ from: level[0] as number, off: level.map((night) => at(night) - middle) })
      level = nights
      left = null
    } else {
      const before = level.slice(-mostBefore).map(at)
      const recent = spells.filter(({ from }) => from >= index - remembered)
      const nights = nightsShifted(series, index, before, recent, least)
      if (nights !== null) {
        shifts.push({ index, seen: index + nights - 1, returned: false })
        left = { nights: level, middle: median(before) }
        level = []
        levels.push(level)
      }
    }
    level.push(index)
  }
  return { shifts, levels }
}

/** Three nights that are nearer to the level before than to the present one, and within `least` of it. */
const isBack = (next: readonly number[], before: number, now: number, least: number): boolean =>
  next.length === inARow &&
  Math.abs(median([...next]) - before) < least &&
  next.every((value) => Math.abs(value - before) < Math.abs(value - now))

/** How many nights from `index` on it took to confirm a shift there; null if there is none. */
function nightsShifted(
  series: readonly number[],
  index: number,
  before: readonly number[],
  spells: readonly Spell[],
  least: number,
): number | null {
  if (before.length < fewestBefore || index + inARow > series.length) return null
  const middle = median([...before])
  const side = Math.sign((series[index] as number) - middle)
  const off = (value: number) => (value - middle) * side
  const three = series.slice(index, index + inARow).map(off)
  const [nearest, second] = three.sort((a, b) => a - b) as [number, number]
  if (second < least || nearest <= least / 2) return null
  const spread = qn(before)
  const away = spreadsAway * (1 + forCorrelation * correlation(before, middle, spread)) * spread
  // Where figures hardly vary the spread does not say how much bad nights differ.
  if (nearest <= away || second - nearest > Math.max(spreadsApart * spread, nearest, least)) return null
  let closest = nearest
  for (let nights = inARow; nights <= mostInARow && index + nights <= series.length; nights++) {
    closest = Math.min(closest, off(series[index + nights - 1] as number))
    if (closest <= Math.max(away, least / 2)) return null
    const asFar = before.filter((value) => off(value) >= closest).length
    const share = (asFar + 1) / (before.length + 2)
    // A change of twice the size of any spell is not like them.
    const spell = Math.max(0, largest(spells.map((each) => runLength(each.off, side, closest / 2))))
    if ((share <= usualOutliers || share ** nights <= byChance) && nights > spell) return nights
  }
  return null
}

const runLength = (off: readonly number[], side: number, far: number): number =>
  off.filter((value) => value * side >= far).length

/** Of each night with the night before it, outliers drawn in; 0 unless it is clear. */
function correlation(values: readonly number[], middle: number, spread: number): number {
  if (values.length < fewestForCorrelation || spread === 0) return 0
  const drawnIn = values.map((value) => Math.max(-2.5, Math.min(2.5, (value - middle) / spread)))
  const products = drawnIn.map((value, index) => value * (drawnIn[index - 1] ?? 0))
  const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)
  const r = sum(products) / sum(drawnIn.map((value) => value * value))
  return r > clearly / Math.sqrt(values.length) ? r : 0
}
