import { findMetric, type Summary } from '../formats/summary.ts'

/** Means of fewer iterations say little. */
const fewest = 100

/**
 * The mean time of an iteration in the first and in the second half of a plateau, in ms; of a request, where VUs
 * paused in their iterations. Null where the script did not tag the second half, or a half has fewer than a hundred.
 */
export function halves(
  summary: Summary,
): { readonly of: string; readonly firstMs: number; readonly secondMs: number } | null {
  const paused = findMetric(summary, 'http_req_duration', { half: '2' })
  const name = paused ? 'http_req_duration' : 'iteration_duration'
  const [all, second] = [{}, { half: '2' }].map((tags) => {
    const { count, avg } = findMetric(summary, name, tags)?.values ?? {}
    return count === undefined || avg === undefined ? null : { count, avg }
  })
  if (!all || !second || second.count < fewest || all.count - second.count < fewest) return null
  const firstMs = (all.count * all.avg - second.count * second.avg) / (all.count - second.count)
  return { of: paused ? 'a request' : 'an iteration', firstMs, secondMs: second.avg }
}
