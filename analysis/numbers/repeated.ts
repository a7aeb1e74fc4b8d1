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
 * A figure over runs, each of which is one observation. The interval is for the median, between two order
 * statistics: the closest whose confidence reaches the requested one whatever the distribution, or the whole
 * range, which five runs cover with 93.75 %. (Student's is for the mean: it holds the median of skewed runs, or
 * of runs of two kinds, far less often than it says.) Throws a RangeError without values.
 * Source: David and Nagaraja, Order Statistics, 2003, section 7.1.
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
    interval: sorted.length < fewestRuns ? null : orderInterval(sorted, confidence),
  }
}

function orderInterval(sorted: readonly number[], confidence: number): Interval {
  const n = sorted.length
  // The probabilities that fewer than `outside` values, and that exactly so many, are below the median; the latter as a
  // logarithm, since 0.5ⁿ is 0 for a thousand runs.
  let [outside, below, each] = [1, 0.5 ** n, Math.log(n) - n * Math.LN2]
  while (below + Math.exp(each) <= (1 - confidence) / 2) {
    below += Math.exp(each)
    each += Math.log((n - outside) / (outside + 1))
    outside++
  }
  return {
    low: sorted[outside - 1] as number,
    high: sorted[n - outside] as number,
    confidence: 1 - 2 * below,
  }
}

/**
 * How many runs narrow the interval of `repeated` to about ± `within` (0.02: 2 %), if they vary as these do:
 * what Student's interval on logarithms would take, times π/2 because the median of normal values varies that
 * much more than their mean. Null for fewer than three runs, values of 0 or less, or more than 1,000 runs.
 * Source: Lehmann, Theory of Point Estimation, 1983, section 5.3.
 */
export function runsFor(values: readonly number[], within: number, confidence = 0.95): number | null {
  if (values.length < 3 || values.some((value) => value <= 0)) return null
  const deviation = sampleStandardDeviation(values.map(Math.log))
  for (let runs = fewestRuns; runs * (Math.PI / 2) < 1000; runs++) {
    const half = (studentQuantile((1 + confidence) / 2, runs - 1) * deviation) / Math.sqrt(runs)
    if (half <= Math.log1p(within)) return Math.ceil((runs * Math.PI) / 2)
  }
  return null
}
