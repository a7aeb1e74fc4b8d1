import { findMetric, type Summary } from '../formats/summary.ts'

/** Means of fewer iterations say little. */
const fewest = 100

/**
 * The mean time of an iteration in the first and in the second half of a plateau, in ms; null where the script
 * did not tag the second half, or a half has fewer than a hundred iterations.
 */
export function halves(summary: Summary): { readonly firstMs: number; readonly secondMs: number } | null {
  const [all, second] = [{}, { half: '2' }].map((tags) => {
    const { count, avg } = findMetric(summary, 'iteration_duration', tags)?.values ?? {}
    return count === undefined || avg === undefined ? null : { count, avg }
  })
  if (!all || !second || second.count < fewest || all.count - second.count < fewest) return null
  const firstMs = (all.count * all.avg - second.count * second.avg) / (all.count - second.count)
  return { firstMs, secondMs: second.avg }
}
