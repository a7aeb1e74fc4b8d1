import { isOpen } from '../formats/load.ts'
import type { Run } from '../formats/run.ts'
import { findMetric, type Summary } from '../formats/summary.ts'
import type { Period, Timeline } from '../formats/timeline.ts'

/** Means of fewer iterations say little. */
const fewest = 100

/**
 * The mean time of a request in the first and in the second half of a closed plateau, without the period in the middle.
 * Null where there were other stages, or a half has fewer than a hundred requests.
 */
export function halvesOf(
  { periods }: Timeline,
  { load: { stages } }: Pick<Run, 'load'>,
): Run['halves'] | null {
  const [stage] = stages
  if (!stage || stages.length > 1 || isOpen(stages)) return null
  const halfAt = stage.startMs + stage.durationMs / 2
  const mean = (each: readonly Period[]): number | null => {
    const known = each.flatMap(({ requests, durationMs }) =>
      requests && durationMs ? [{ requests, sumMs: requests * durationMs.avg }] : [],
    )
    const count = known.reduce((sum, { requests }) => sum + requests, 0)
    return count < fewest ? null : known.reduce((sum, { sumMs }) => sum + sumMs, 0) / count
  }
  const firstMs = mean(periods.filter(({ toMs }) => toMs <= halfAt))
  const secondMs = mean(periods.filter(({ fromMs }) => fromMs >= halfAt))
  return firstMs === null || secondMs === null ? null : { firstMs, secondMs }
}

/**
 * The mean time of an iteration in the first and in the second half of a plateau, in ms; of a request, where VUs
 * paused in their iterations or the timeline tells. Null where neither that does nor the script tagged the second half,
 * or a half has fewer than a hundred.
 */
export function halves(
  summary: Summary,
  run: Pick<Run, 'halves'> | null,
): { readonly of: string; readonly firstMs: number; readonly secondMs: number } | null {
  if (run?.halves) return { of: 'a request', ...run.halves }
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
