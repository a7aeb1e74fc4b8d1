import { z } from 'zod'
import { benjaminiHochberg } from '../numbers/false-discovery.ts'
import { hodgesLehmann, Interval } from '../numbers/hodges-lehmann.ts'
import { cliffsDelta, mannWhitney } from '../numbers/mann-whitney.ts'
import { fewestRuns, Repeated, repeated, runsToTell } from '../numbers/repeated.ts'
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
    .describe(
      'how the change is told: candidate ÷ baseline, or candidate − baseline for shares that may be 0',
    ),
  change: z.number().describe('Hodges–Lehmann'),
  interval: Interval.nullable().describe('of the change; null where there are too few runs for one'),
  p: z.number().describe('two-sided Mann–Whitney, exact up to 100 runs'),
  adjusted: z
    .number()
    .describe('p after Benjamini and Hochberg over the figures of speed; p itself for errors'),
  delta: z.number().describe('Cliff’s δ: −1 to 1, above 0 where the candidate’s values are the greater'),
  judgement: Judgement,
  runsNeeded: z
    .number()
    .nullable()
    .describe('runs a side that would tell the least change that matters, where this many cannot'),
})

export type Compared = z.infer<typeof Compared>

/** Changes of an error rate smaller than this do not matter. */
const leastErrors = 0.001

// Both by simulation (bench/statistics.ts): with 0.05 and an interval clear of none by nothing, figures that vary much, as
// p99 does, raised twice as many false alarms as the half per cent that is promised, and no real change more was found.
const significance = 0.032

const clearBy = 0.4

/** The figures that runs are compared by. */
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

export function judged(a: readonly RunStatistics[], b: readonly RunStatistics[], effect: number): Compared[] {
  const measured = figuresCompared.flatMap(({ metric, unit, better, of }) => {
    const x = a.flatMap((run) => of(run) ?? [])
    const y = b.flatMap((run) => of(run) ?? [])
    const same = new Set([...x, ...y]).size < 2
    // A figure that some runs could not give would be compared over a selection of them.
    if (x.length < a.length || y.length < b.length || x.length === 0 || y.length === 0 || same) return []
    const scale = [...x, ...y].every((value) => value > 0) && metric !== 'errors' ? 'ratio' : 'difference'
    return [{ metric, unit, better, scale, x, y, ...measure(x, y, scale) } as const]
  })
  // Whether it fails is another question than how fast it is: one does not dilute the other.
  const family = measured.filter(({ metric }) => metric !== 'errors')
  const adjusted = benjaminiHochberg(family.map(({ p }) => p))
  return measured.map((each) => {
    const { metric, unit, better, scale, x, y, change, interval, p } = each
    const q = adjusted[family.indexOf(each)] ?? p
    const enough = x.length >= fewestRuns && y.length >= fewestRuns
    const judgement = enough ? judge(better, scale, change, interval, q, effect) : 'cannot tell'
    return {
      metric,
      unit,
      better,
      baseline: repeated(x),
      candidate: repeated(y),
      scale,
      change,
      interval,
      p,
      adjusted: q,
      delta: cliffsDelta(x, y),
      judgement,
      runsNeeded: judgement === 'cannot tell' ? moreRuns(x, y, effect) : null,
    }
  })
}

/** A number only where it is more than there were. */
function moreRuns(x: readonly number[], y: readonly number[], effect: number): number | null {
  const had = Math.min(x.length, y.length)
  const needed = runsToTell(x, y, effect) ?? (had < fewestRuns ? fewestRuns : null)
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
  better: Compared['better'],
  scale: Compared['scale'],
  change: number,
  interval: Interval | null,
  adjusted: number,
  effect: number,
): Judgement {
  const none = scale === 'ratio' ? 1 : 0
  const [low, high] = scale === 'ratio' ? [1 / (1 + effect), 1 + effect] : [-leastErrors, leastErrors]
  if (!interval) return 'cannot tell'
  const clear =
    scale === 'ratio'
      ? interval.low > 1 + clearBy * effect || interval.high < 1 / (1 + clearBy * effect)
      : interval.low > clearBy * leastErrors || interval.high < -clearBy * leastErrors
  if (adjusted < significance && clear && (change > high || change < low))
    return change > none === (better === 'higher') ? 'better' : 'worse'
  return interval.low >= low && interval.high <= high ? 'no difference' : 'cannot tell'
}
