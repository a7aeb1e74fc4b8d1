import { findMetric, type Metric, percentileAt, type Summary } from '../formats/summary.ts'

/**
 * By how much requests came faster than they were answered, of an open load of one rate: 0.04 is 4 %. Where more comes
 * than is answered the queue, and with it the latency, grows as a straight line whose slope is just that, so it is the
 * difference of the medians of the load's halves, over half of its length. Medians, so that a stall is none that less than
 * half of a half feels, with what queues behind it. 0 where they differ by no more than chance: where their notches,
 * median ± 1.57 × interquartile range ÷ √n, overlap. Null where the summary does not tell the halves apart.
 * Source: McGill, Tukey and Larsen, "Variations of Box Plots", The American Statistician 32, 1978.
 * @param durationMs of the load
 */
export function queueGrowth(summary: Summary, durationMs: number): number | null {
  const [first, second] = ['1', '2'].map((half) => middle(findMetric(summary, 'latency_intended', { half })))
  if (!first || !second) return null
  const grown = second.median - first.median
  return Math.abs(grown) > first.notch + second.notch ? grown / (durationMs / 2) : 0
}

function middle(metric: Metric | undefined): { median: number; notch: number } | null {
  const count = metric?.values.count ?? 0
  if (!metric || count === 0) return null
  const [lower, median, upper] = [25, 50, 75].map((p) => percentileAt(metric, p))
  if (lower === undefined || median === undefined || upper === undefined) return null
  return { median, notch: (1.57 * (upper - lower)) / Math.sqrt(count) }
}
