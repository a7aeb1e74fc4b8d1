import { mean } from 'simple-statistics'
import { findMetric, type Metric, percentileAt, type Summary } from '../formats/summary.ts'

/** The least growth that is said, and that a search counts: less is seldom more than chance, see the test. */
export const leastQueueGrowth = 0.02

/** The share of an even rise below which a part of the load did not rise: chosen by simulation, see the test. */
const leastShare = 0.2

/**
 * How much faster requests arrived than they were answered, for an open model of one rate: 0.04 is 4 %. When
 * more arrive than are answered, the queue and with it the latency grow linearly with that slope, so it is
 * the difference between the medians of the later and the earlier quarters of the load, divided by half of its
 * length. Medians ignore stalls that affect less than half of a quarter. 0 if the difference may be chance,
 * where the medians' notches – median ± 1.57 × interquartile range ÷ √n – overlap; and 0 if it does not rise
 * from each quarter to the next: latency that steps up once is not a queue that grows. Null if the summary
 * does not separate the quarters. (Older runs have halves, which cannot show a step.)
 * Poisson arrivals come in bunches, so the queue of a busy target wanders without growing: a random walk with a
 * step for each request. For as many arrivals as planned it is a Brownian bridge, whose means over the two
 * halves differ by √(1 ÷ 6n) of a half’s length (standard deviation; n requests in each half); twice that may
 * be chance. Such a queue is not asked to rise evenly.
 * Source of the notches: McGill, Tukey and Larsen, "Variations of Box Plots", The American Statistician 32,
 * 1978.
 * @param durationMs of the load
 */
export function queueGrowth(summary: Summary, durationMs: number, poisson = false): number | null {
  const parts =
    partsOf(summary, 'latency_intended', 'quarter', 4) ??
    partsOf(summary, 'latency_intended', 'half', 2) ??
    // Of somebody's own script, where the time of a whole iteration is known.
    partsOf(summary, 'iteration_intended', 'quarter', 4)
  if (!parts) return null
  const medians = parts.map(({ median }) => median)
  const grown = mean(medians.slice(parts.length / 2)) - mean(medians.slice(0, parts.length / 2))
  const notches = parts.reduce((sum, { notch }) => sum + notch, 0) / (parts.length / 2)
  const rises = medians.slice(1).map((median, index) => median - (medians[index] as number))
  const evenRise = mean(rises)
  const even = poisson || rises.every((rise) => rise / evenRise >= leastShare)
  const requests = parts.reduce((sum, { count }) => sum + count, 0)
  const chance = poisson ? (2 * (durationMs / 2)) / Math.sqrt(3 * requests) : 0
  return even && Math.abs(grown) > Math.max(notches, chance) ? grown / (durationMs / 2) : 0
}

type Middle = { readonly count: number; readonly median: number; readonly notch: number }

/** The middles of the load's parts, in order; null unless all are known. */
function partsOf(summary: Summary, metric: string, tag: string, count: number): Middle[] | null {
  const parts = Array.from({ length: count }, (_, index) =>
    middle(findMetric(summary, metric, { [tag]: String(index + 1) })),
  ).filter((part) => part !== null)
  return parts.length === count ? parts : null
}

function middle(metric: Metric | undefined): Middle | null {
  const count = metric?.values.count ?? 0
  if (!metric || count === 0) return null
  const [lower, median, upper] = [25, 50, 75].map((p) => percentileAt(metric, p))
  if (lower === undefined || median === undefined || upper === undefined) return null
  return { count, median, notch: (1.57 * (upper - lower)) / Math.sqrt(count) }
}
