import { type Part, quantile } from './distribution.ts'

// Values between two known points are assumed to rise linearly, in this many steps.
const steps = 4

/**
 * At most how many of the latencies are `limit` or longer. A stall that everybody met is as long a latency for
 * every VU; where fewer could be, the long ones were slow on their own, and `withOmitted` does not apply.
 */
export function atMostFrom({ count, points }: Part, limit: number): number {
  const below = points.findLast(([, value]) => value < limit)?.[0] ?? 0
  // `ofPercentiles` puts the value of rank r at the share (r + 0.5) ÷ count.
  return Math.min(count, count - 1 - Math.floor(below * count - 0.5 + 1e-9))
}

/**
 * The quantile `q` corrected for coordinated omission: what independent users would have seen, estimated from
 * the latencies of a closed model, in their unit. A latency longer than the expected interval between a VU's
 * requests (the median latency) kept the VU from making more requests; each of those would have waited for
 * the rest of the stall. That assumes that everybody would have met it: a request that was slow on its own
 * delays nobody else.
 * Source: the correction with an expected interval of Gil Tene's HdrHistogram
 * (recordValueWithExpectedInterval).
 */
export function withOmitted(latencies: Part, q: number): number {
  const interval = quantile([latencies], 0.5)
  if (interval <= 0) return quantile([latencies], q)
  const parts = latencies.points.slice(1).flatMap(([share, value], index) => {
    const [shareBefore, before] = latencies.points[index] ?? [share, value]
    return Array.from({ length: steps }, (_, step) => ({
      weight: (share - shareBefore) / steps,
      value: before + ((value - before) * (step + 0.5)) / steps,
    }))
  })
  // A long latency also stands for the omitted ones: itself minus one interval, minus two …
  const missed = (value: number) => Math.max(0, Math.floor(value / interval) - 1)
  const beyond = (limit: number) =>
    parts.reduce((sum, { weight, value }) => {
      if (value <= limit) return sum
      return (
        sum + weight * (1 + Math.min(missed(value), Math.max(0, Math.ceil((value - limit) / interval) - 1)))
      )
    }, 0)
  const wanted = (1 - q) * parts.reduce((sum, { weight, value }) => sum + weight * (1 + missed(value)), 0)
  let [low, high] = [0, parts.at(-1)?.value ?? 0]
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2
    if (beyond(middle) > wanted) low = middle
    else high = middle
  }
  return high
}
