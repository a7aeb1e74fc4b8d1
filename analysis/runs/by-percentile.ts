import { median } from 'simple-statistics'
import { z } from 'zod'
import { numberOrNull } from '../formats/json.ts'
import { fewestRuns } from '../numbers/repeated.ts'
import { shiftFunction } from '../numbers/shift-function.ts'
import { samplesNeeded } from '../run/figures.ts'
import { comparedPercentiles } from '../run/kept.ts'
import type { RunStatistics } from '../run/statistics.ts'

const Shifts = z.object({
  confidence: numberOrNull.describe(
    'that the band contains the change at every percentile; null for too few runs for a band',
  ),
  points: z.array(
    z.object({
      p: z.number().describe('0–100'),
      change: z.number().describe('Hodges–Lehmann, of the percentiles of the runs'),
      low: numberOrNull.describe('of the band'),
      high: numberOrNull,
    }),
  ),
})
/** A change at each percentile, ascending, and the band around it. */
type Shifts = z.infer<typeof Shifts>

export const ByPercentile = z.object({
  ratio: Shifts.describe('candidate ÷ baseline'),
  difference: Shifts.describe('candidate − baseline, in ms'),
  baseline: z
    .array(z.number())
    .describe('the median of the baseline’s runs at each of these percentiles, in ms'),
})
/** How latency changed at each percentile of the requests: the shift function. */
export type ByPercentile = z.infer<typeof ByPercentile>

/** With fewer percentiles there is no curve to see. */
const fewestPercentiles = 3

/**
 * The shift function of latency over runs of two sides, at the percentiles that every run has requests for; null for
 * fewer than three.
 * @param share the part of the permitted error that this look may spend
 */
export function byPercentile(
  a: readonly RunStatistics[],
  b: readonly RunStatistics[],
  { inTurns, share = 1 }: { readonly inTurns: boolean; readonly share?: number },
): ByPercentile | null {
  const [left, right] = [a.map(known), b.map(known)]
  const percentiles = comparedPercentiles.filter((p) => [...left, ...right].every((run) => run.has(p)))
  if (a.length === 0 || b.length === 0 || percentiles.length < fewestPercentiles) return null
  const at = (runs: typeof left, p: number) => runs.map((run) => run.get(p) as number)
  const few = Math.min(a.length, b.length) < fewestRuns
  const shifts = (scale: (ms: number) => number, shown: (shift: number) => number): Shifts => {
    const sides = percentiles.map((p) => ({ x: at(left, p).map(scale), y: at(right, p).map(scale) }))
    const found = shiftFunction(sides, { confidence: 1 - 0.05 * share, perBlock: inTurns ? 2 : null })
    const banded = !few && found.confidence !== null
    return {
      confidence: banded ? found.confidence : null,
      points: found.shifts.map(({ shift, interval }, index) => ({
        p: percentiles[index] as number,
        change: shown(shift),
        low: banded && interval ? shown(interval.low) : null,
        high: banded && interval ? shown(interval.high) : null,
      })),
    }
  }
  return {
    ratio: shifts(Math.log, Math.exp),
    difference: shifts(
      (ms) => ms,
      (shift) => shift,
    ),
    baseline: percentiles.map((p) => median(at(left, p))),
  }
}

/** The percentiles that at least one request lies beyond, at both ends; a ratio to no time is none. */
const known = ({ percentiles, total: { samples } }: RunStatistics): ReadonlyMap<number, number> =>
  new Map(
    percentiles.filter(
      ([p, ms]) => ms > 0 && (samples ?? Infinity) >= Math.max(samplesNeeded(p), samplesNeeded(100 - p)),
    ),
  )
