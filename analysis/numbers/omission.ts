import { type Part, quantile } from './distribution.ts'

// Between two known points the values are taken to rise evenly, in so many steps.
const steps = 4

/**
 * The quantile `q` that users who do not wait for one another would have felt, estimated from a closed load's latencies:
 * whoever took longer than the usual interval between a VU's requests – their median – kept that VU from asking again, and
 * each request that it did not make would have waited for what was left. In ms, as the latencies.
 * Source: the correction with an expected interval of Gil Tene's HdrHistogram (recordValueWithExpectedInterval).
 */
export function withOmitted(latencies: Part, q: number): number {
  const interval = quantile([latencies], 0.5).value
  if (interval <= 0) return quantile([latencies], q).value
  const parts = latencies.points.slice(1).flatMap(([share, value], index) => {
    const [shareBefore, before] = latencies.points[index] ?? [share, value]
    return Array.from({ length: steps }, (_, step) => ({
      weight: (share - shareBefore) / steps,
      value: before + ((value - before) * (step + 0.5)) / steps,
    }))
  })
  // Each value that is longer stands for itself and for those not made: itself less one interval, less two …
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
