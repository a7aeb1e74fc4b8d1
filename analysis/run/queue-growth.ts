import { findMetric, type Metric, percentileAt, type Summary } from '../formats/summary.ts'

/**
 * How much faster requests arrived than they were answered, for an open model of one rate: 0.04 is 4 %. When
 * more arrive than are answered, the queue and with it the latency grow linearly with that slope, so it is
 * the difference of the medians of the load's two halves, divided by half of its length. Medians ignore
 * stalls that affect less than half of either half. 0 if the difference may be chance: if the medians'
 * notches, median ± 1.57 × interquartile range ÷ √n, overlap. Null if the summary does not separate the
 * halves.
 * Poisson arrivals come in bunches, so the queue of a busy target wanders without growing: a random walk with a step for
 * each request. For as many arrivals as planned it is a Brownian bridge, whose means over the two halves differ by
 * √(1 ÷ 6n) of a half’s length (standard deviation; n requests in each half); twice that may be chance.
 * Source: McGill, Tukey and Larsen, "Variations of Box Plots", The American Statistician 32, 1978.
 * @param durationMs of the load
 */
export function queueGrowth(summary: Summary, durationMs: number, poisson = false): number | null {
  const [first, second] = ['1', '2'].map((half) => middle(findMetric(summary, 'latency_intended', { half })))
  if (!first || !second) return null
  const grown = second.median - first.median
  const chance = poisson ? (2 * (durationMs / 2)) / Math.sqrt(3 * (first.count + second.count)) : 0
  return Math.abs(grown) > Math.max(first.notch + second.notch, chance) ? grown / (durationMs / 2) : 0
}

function middle(metric: Metric | undefined): { count: number; median: number; notch: number } | null {
  const count = metric?.values.count ?? 0
  if (!metric || count === 0) return null
  const [lower, median, upper] = [25, 50, 75].map((p) => percentileAt(metric, p))
  if (lower === undefined || median === undefined || upper === undefined) return null
  return { count, median, notch: (1.57 * (upper - lower)) / Math.sqrt(count) }
}
