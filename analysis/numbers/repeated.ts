import { mean, median, sampleStandardDeviation } from 'simple-statistics'
import { z } from 'zod'
import { Interval } from './hodges-lehmann.ts'
import { studentQuantile } from './student.ts'

/** One figure over repeated runs. */
export const Repeated = z.object({
  runs: z.number(),
  median: z.number(),
  mean: z.number(),
  least: z.number(),
  most: z.number(),
  variation: z
    .number()
    .nullable()
    .describe('standard deviation between runs ÷ mean; null for fewer than two runs or a mean of 0'),
  interval: Interval.nullable().describe('of the typical run; null for fewer than 5 runs, which are too few'),
})
export type Repeated = z.infer<typeof Repeated>

/** Fewer runs give a range, but no interval and no verdict. */
export const fewestRuns = 5

/**
 * A figure over runs, each of which is one observation. The interval is for the median: Student's on
 * logarithms, since run-to-run noise is multiplicative; where a value is 0 or less (error rates) that of the
 * order statistics, with the smallest possible confidence that reaches the requested one. Throws a RangeError
 * without values.
 * Source of the latter: David and Nagaraja, Order Statistics, 2003, section 7.1.
 */
export function repeated(values: readonly number[], confidence = 0.95): Repeated {
  const sorted = [...values].sort((a, b) => a - b)
  const [least, most] = [sorted[0], sorted.at(-1)]
  if (least === undefined || most === undefined)
    throw new RangeError('a repeated figure needs at least one run')
  const average = mean(sorted)
  return {
    runs: sorted.length,
    median: median(sorted),
    mean: average,
    least,
    most,
    variation:
      sorted.length > 1 && average !== 0 ? sampleStandardDeviation(sorted) / Math.abs(average) : null,
    interval:
      sorted.length < fewestRuns
        ? null
        : least > 0
          ? logInterval(sorted, confidence)
          : orderInterval(sorted, confidence),
  }
}

function logInterval(values: readonly number[], confidence: number): Interval {
  const logs = values.map(Math.log)
  const half =
    (studentQuantile((1 + confidence) / 2, logs.length - 1) * sampleStandardDeviation(logs)) /
    Math.sqrt(logs.length)
  return { low: Math.exp(mean(logs) - half), high: Math.exp(mean(logs) + half), confidence }
}

function orderInterval(sorted: readonly number[], confidence: number): Interval | null {
  const n = sorted.length
  let [outside, below, each] = [0, 0, 0.5 ** n]
  while (below + each <= (1 - confidence) / 2) {
    below += each
    each *= (n - outside) / (outside + 1)
    outside++
  }
  if (outside === 0) return null
  return {
    low: sorted[outside - 1] as number,
    high: sorted[n - outside] as number,
    confidence: 1 - 2 * below,
  }
}

/**
 * How many runs narrow the interval of `repeated` to ± `within` (0.02: 2 %), if they vary as these do; null
 * for fewer than three runs, values of 0 or less, or more than 1,000 runs.
 */
export function runsFor(values: readonly number[], within: number, confidence = 0.95): number | null {
  if (values.length < 3 || values.some((value) => value <= 0)) return null
  const deviation = sampleStandardDeviation(values.map(Math.log))
  for (let runs = fewestRuns; runs < 1000; runs++) {
    const half = (studentQuantile((1 + confidence) / 2, runs - 1) * deviation) / Math.sqrt(runs)
    if (half <= Math.log1p(within)) return runs
  }
  return null
}
