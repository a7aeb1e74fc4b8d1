import { z } from 'zod'
import { benjaminiHochberg } from '../numbers/false-discovery.ts'
import { hodgesLehmann, Interval } from '../numbers/hodges-lehmann.ts'
import { cliffsDelta, mannWhitney } from '../numbers/mann-whitney.ts'
import { fewestRuns, Repeated, repeated, runsToDetect } from '../numbers/repeated.ts'
import type { RunStatistics } from '../run/statistics.ts'

export const Judgement = z.enum(['worse', 'better', 'no difference', 'cannot tell'])
export type Judgement = z.infer<typeof Judgement>

export const Compared = z.object({
  metric: z.string(),
  unit: z.string(),
  better: z.enum(['higher', 'lower']),
  baseline: Repeated,
  candidate: Repeated,
  scale: z
    .enum(['ratio', 'difference'])
    .describe('the change is candidate ÷ baseline, or candidate − baseline for shares that may be 0'),
  change: z.number().describe('Hodges–Lehmann'),
  interval: Interval.nullable().describe('of the change; null for too few runs'),
  p: z.number().describe('two-sided Mann–Whitney, exact up to 100 runs'),
  adjusted: z
    .number()
    .describe('p adjusted by Benjamini and Hochberg over the figures of speed; p itself for errors'),
  delta: z.number().describe('Cliff’s δ: −1 to 1, above 0 where the candidate’s values are greater'),
  judgement: Judgement,
  runsNeeded: z
    .number()
    .nullable()
    .describe('runs per side that would show the smallest change that matters, where these cannot'),
})
export type Compared = z.infer<typeof Compared>

/** Smaller changes of an error rate do not matter. */
const leastErrors = 0.001
// Both chosen by simulation (bench/statistics.ts). With a p of 0.05 and no margin, figures that vary much,
// such as p99, raised twice as many false alarms as the promised 0.5 %, and no more real changes were found.
const significance = 0.032
/** How far the interval must be from no change, as a share of the smallest change that matters. */
const margin = 0.4

/** The figures by which runs are compared. */
export const figuresCompared = [
  { metric: 'rate', unit: 'requests/s', better: 'higher', of: (run) => run.total.rate },
  { metric: 'errors', unit: 'share', better: 'lower', of: (run) => run.total.errors },
  { metric: 'mean', unit: 'ms', better: 'lower', of: (run) => run.total.meanMs },
  { metric: 'p50', unit: 'ms', better: 'lower', of: (run) => run.total.p50Ms },
  { metric: 'p95', unit: 'ms', better: 'lower', of: (run) => run.total.p95Ms },
  { metric: 'p99', unit: 'ms', better: 'lower', of: (run) => run.total.p99Ms },
] as const satisfies {
  metric: string
  unit: string
  better: Compared['better']
  of: (run: RunStatistics) => number | null
}[]

/**
 * Judges every figure that all runs have and that is not the same in all of them. `effect` is the smallest
 * change that matters (0.05: 5 %; for error rates it is always 0.001). *Worse* and *better* need an adjusted
 * p below 0.032, a change beyond `effect` and an interval at least 0.4 `effect` from no change. *No
 * difference* needs an interval within ± `effect`. Everything else, and fewer than five runs on a side, is
 * *cannot tell*.
 */
export function judged(a: readonly RunStatistics[], b: readonly RunStatistics[], effect: number): Compared[] {
  const measured = figuresCompared.flatMap(({ metric, unit, better, of }) => {
    const x = a.flatMap((run) => of(run) ?? [])
    const y = b.flatMap((run) => of(run) ?? [])
    const same = new Set([...x, ...y]).size < 2
    // A figure that some runs lack would describe only a selection of them.
    if (x.length < a.length || y.length < b.length || x.length === 0 || y.length === 0 || same) return []
    const scale = [...x, ...y].every((value) => value > 0) && metric !== 'errors' ? 'ratio' : 'difference'
    return [{ metric, unit, better, scale, x, y, ...measure(x, y, scale) } as const]
  })
  // Errors are another question than speed, so neither counts as one more test of the other.
  const family = measured.filter(({ metric }) => metric !== 'errors')
  const adjustedPs = benjaminiHochberg(family.map(({ p }) => p))
  return measured.map((each) => {
    const { x, y, ...rest } = each
    const adjusted = adjustedPs[family.indexOf(each)] ?? rest.p
    const enough = x.length >= fewestRuns && y.length >= fewestRuns
    const judgement = enough ? judge({ ...rest, adjusted }, effect) : 'cannot tell'
    return {
      ...rest,
      baseline: repeated(x),
      candidate: repeated(y),
      adjusted,
      delta: cliffsDelta(x, y),
      judgement,
      runsNeeded: judgement === 'cannot tell' ? moreRuns(x, y, effect) : null,
    }
  })
}

/** Always more than there were; null where unknown. */
function moreRuns(x: readonly number[], y: readonly number[], effect: number): number | null {
  const had = Math.min(x.length, y.length)
  const needed = runsToDetect(x, y, effect) ?? (had < fewestRuns ? fewestRuns : null)
  return needed === null ? null : Math.max(needed, had + 1)
}

function measure(
  x: readonly number[],
  y: readonly number[],
  scale: Compared['scale'],
): Pick<Compared, 'change' | 'interval' | 'p'> {
  const { p } = mannWhitney(x, y)
  if (scale === 'difference') {
    const { shift, interval } = hodgesLehmann(x, y)
    return { change: shift, interval, p }
  }
  const { shift, interval } = hodgesLehmann(x.map(Math.log), y.map(Math.log))
  return {
    change: Math.exp(shift),
    interval: interval && { ...interval, low: Math.exp(interval.low), high: Math.exp(interval.high) },
    p,
  }
}

function judge(
  {
    better,
    scale,
    change,
    interval,
    adjusted,
  }: Pick<Compared, 'better' | 'scale' | 'change' | 'interval' | 'adjusted'>,
  effect: number,
): Judgement {
  if (!interval) return 'cannot tell'
  /** What lies `share` of the smallest change that matters on each side of no change. */
  const around = (share: number) =>
    scale === 'ratio'
      ? { low: 1 / (1 + share * effect), high: 1 + share * effect }
      : { low: -share * leastErrors, high: share * leastErrors }
  const [least, clear] = [around(1), around(margin)]
  const shown = interval.low > clear.high || interval.high < clear.low
  if (adjusted < significance && shown && (change > least.high || change < least.low))
    return change > least.high === (better === 'higher') ? 'better' : 'worse'
  return interval.low >= least.low && interval.high <= least.high ? 'no difference' : 'cannot tell'
}
