import { median } from 'simple-statistics'
import { z } from 'zod'
import { numberOrNull } from '../formats/json.ts'
import type { Period, Timeline } from '../formats/timeline.ts'
import { largest, smallest } from '../numbers/extremes.ts'
import { poissonAtMost } from '../numbers/poisson.ts'
import { answered, perSecond, type Stages, segments } from './periods.ts'

export const Stall = z.object({
  fromMs: z.number().describe('start of its first period, from the start of the test'),
  toMs: z.number(),
  collapsed: z.boolean().describe('whether throughput fell too, or only latency jumped'),
  rate: numberOrNull.describe('requests per second in its slowest period'),
  usualRate: numberOrNull.describe(
    'median of its stage; where that does not keep its load, of the periods near it',
  ),
  p99Ms: numberOrNull.describe('the highest of its periods'),
  usualP99Ms: numberOrNull,
  maxMs: numberOrNull.describe('the longest request of its periods'),
})
export type Stall = z.infer<typeof Stall>

/** Below this many deviations a period may be noise; chosen by simulation, see the test. */
const beyond = 6
/** … where two figures must agree. */
const both = 4

/** Fewer neighbours on a side say nothing. */
const fewest = 3

/**
 * The times when a target stalled: periods that answered less than half as many requests as those before and those
 * after; or a fifth less, with a longest request three times as long as theirs; or whose p99 (and, where one slow
 * request alone could move that, p95) or p50 is three times as high, and 10 ms. All beyond six robust deviations (four where two figures must agree) of the
 * logarithms (Hampel's identifier, against medians of up to 30 neighbours on each side, of the same stage where it has
 * three), and of counts beyond what Poisson arrivals vary. Neighbouring periods make one stall. The first periods of a
 * stage are not judged for latency: connections are opened in them.
 * Source: Davies and Gather, "The Identification of Multiple Outliers", Journal of the American Statistical Association
 * 88, 1993.
 * @param flat whether a stage keeps its load, so that one side is enough at the start and end of a run
 */
export function stalls({ periods }: Timeline, stages: Stages, flat: boolean): Stall[] {
  const judged = segments(periods, stages).flatMap(({ periods: these }, segment) =>
    these.map((period, index) => ({ period, segment, first: index === 0 })),
  )
  const near = judged.map(({ segment }, index) => neighbours(judged, index, segment, flat))
  const of = (figure: Figure): Deviant[] =>
    deviants(
      judged.map(({ period }) => figure(period)),
      near,
    )
  const [rate, p50, p95] = [of(perSecond), of(trend('p50')), of(trend('p95'))]
  const [p99, max] = [of(trend('p99')), of(trend('max'))]
  /** The median of its stage, or, where that does not keep its load, of the periods near it. */
  const usual = (index: number, figure: Figure): number | null => {
    const { segment } = judged[index] as Judged
    const around = flat
      ? judged.filter((each) => each.segment === segment)
      : (near[index] ?? []).flat().map((at) => judged[at] as Judged)
    const values = around.flatMap(({ period }) => figure(period) ?? [])
    return values.length > 0 ? median(values) : null
  }
  const found = judged.map(({ period, first }, index) => {
    const [r, top, next] = [rate[index], max[index], max[index + 1]]
    const seconds = (period.toMs - period.fromMs) / 1000
    const rare = r?.known && poissonAtMost(period.requests ?? 0, r.low * seconds) < 1e-6
    const collapsed =
      rare &&
      (r.below(0.5) ||
        (r.below(0.8, both) && ((top?.above(3, both) ?? false) || (next?.above(3, both) ?? false))))
    // Also where it lasts so long that its neighbours are silent as well.
    const silent = period.requests === 0 && poissonAtMost(0, (usual(index, perSecond) ?? 0) * seconds) < 1e-6
    const tail =
      (p99[index]?.above(3) ?? false) && ((period.requests ?? 0) >= 200 || (p95[index]?.above(2) ?? false))
    const jumped = !first && (tail || (p50[index]?.above(3) ?? false))
    return { collapsed: collapsed || silent, jumped }
  })
  return together(found.map(({ collapsed, jumped }) => collapsed || jumped)).map(([from, last]) => {
    const collapsed = found.slice(from, last + 1).some(({ collapsed }) => collapsed)
    // Requests that waited are answered, and counted, after it.
    const lastedMs = (judged[last]?.period.toMs ?? 0) - (judged[from]?.period.fromMs ?? 0)
    const next = judged[last + 1]?.period
    const waited = (next && (trend('max')(next) ?? 0) > lastedMs / 2) || max[last + 1]?.above(2, 1)
    const to = collapsed && waited ? last + 1 : last
    const inside = judged.slice(from, to + 1).map(({ period }) => period)
    const values = (figure: Figure) => inside.flatMap((period) => figure(period) ?? [])
    const orNull = (value: number) => (Number.isFinite(value) ? value : null)
    return {
      fromMs: (inside[0] as Period).fromMs,
      toMs: (inside.at(-1) as Period).toMs,
      collapsed,
      rate: orNull(smallest(values(perSecond))),
      usualRate: usual(from, perSecond),
      p99Ms: orNull(largest(values(trend('p99')))),
      usualP99Ms: usual(from, trend('p99')),
      maxMs: orNull(largest(values(trend('max')))),
    }
  })
}

type Figure = (period: Period) => number | null

const trend =
  (figure: 'p50' | 'p95' | 'p99' | 'max'): Figure =>
  (period) =>
    answered(period)?.[figure] ?? null

type Judged = { readonly period: Period; readonly segment: number }

/** Indexes of the periods before and after; of one side only at the ends of a flat load; null where too few. */
function neighbours(
  judged: readonly Judged[],
  index: number,
  segment: number,
  flat: boolean,
): number[][] | null {
  const width = Math.min(30, Math.max(5, Math.floor(judged.length / 6)))
  const side = (step: 1 | -1): number[] => {
    const all = Array.from({ length: width }, (_, by) => index + step * (by + 1)).filter((at) => judged[at])
    const same = all.filter((at) => judged[at]?.segment === segment)
    return same.length >= fewest ? same : all
  }
  const sides = [side(-1), side(1)]
  const enough = sides.filter((at) => at.length >= fewest)
  if (enough.length === 2) return sides
  const [only] = enough
  return flat && only && only.length >= 5 ? [only] : null
}

/** How a period's figure compares with those around it; `low` and `high` are the medians of both sides. */
type Deviant = {
  readonly known: boolean
  readonly low: number
  readonly below: (factor: number, deviations?: number) => boolean
  /** By the factor, and beyond that many deviations. */
  readonly above: (factor: number, deviations?: number) => boolean
}

const unknown: Deviant = { known: false, low: 0, below: () => false, above: () => false }

/** A difference in latency that no user feels is none. */
const leastMs = 10

function deviants(values: readonly (number | null)[], near: readonly (number[][] | null)[]): Deviant[] {
  const medians = near.map((sides) =>
    sides
      ?.map((side) => side.flatMap((at) => values[at] ?? []))
      .flatMap((known) => (known.length > 0 ? median(known) : [])),
  )
  const off = values.map((value, index) => {
    const sides = medians[index] ?? []
    return value === null || value <= 0 || sides.length === 0 ? null : Math.log(value / mean(sides))
  })
  const overall = deviation(off)
  return values.map((value, index) => {
    const sides = medians[index] ?? []
    if (sides.length === 0) return unknown
    const local = deviation((near[index] ?? []).flat().map((at) => off[at] ?? null))
    const noise = (deviations: number) => Math.exp(deviations * Math.max(overall, local))
    const [low, high] = [smallest(sides), largest(sides)]
    return {
      known: true,
      low,
      below: (factor, deviations = beyond) =>
        value !== null && value < low * Math.min(factor, 1 / noise(deviations)),
      above: (factor, deviations = beyond) =>
        value !== null && value > high * Math.max(factor, noise(deviations)) && value - high > leastMs,
    }
  })
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** The median absolute deviation from zero, as a standard deviation of normal values; 0 where nothing is known. */
function deviation(values: readonly (number | null)[]): number {
  const known = values.flatMap((value) => (value === null ? [] : Math.abs(value)))
  return known.length === 0 ? 0 : 1.4826 * median(known)
}

/** First and last index of each group of set flags; one that is not set does not part them. */
function together(flags: readonly boolean[]): [from: number, to: number][] {
  const groups: [number, number][] = []
  for (const [index, flag] of flags.entries()) {
    if (!flag) continue
    const last = groups.at(-1)
    if (last && index - last[1] <= 2) last[1] = index
    else groups.push([index, index])
  }
  return groups
}
