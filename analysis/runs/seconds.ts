import type { RunStatistics } from '../run/statistics.ts'

/** How long runs took, added up, in seconds; null where that is unknown of one. */
export function secondsTogether(runs: readonly Pick<RunStatistics, 'durationMs'>[]): number | null {
  const known = runs.flatMap(({ durationMs }) => durationMs ?? [])
  return known.length === runs.length ? known.reduce((sum, each) => sum + each, 0) / 1000 : null
}
