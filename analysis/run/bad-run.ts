import type { RunStatistics } from './statistics.ts'
import { measuredGenerator } from './verdict.ts'

/** The figure that is 1 for a bad run and 0 for any other. */
export const badRuns = 'bad runs'

/** A run with more errors is bad even without an SLO. */
const mostErrors = 0.01

/**
 * Whether a run failed, measured nothing, or had more than 1 % of errors; null where its own generator or an
 * interruption spoilt it, which says nothing about the target.
 */
export function isBad({ run, verdict, total }: RunStatistics): boolean | null {
  if (run && (run.interrupted || measuredGenerator(run))) return null
  return verdict.kind === 'fail' || verdict.kind === 'invalid' || (total.errors ?? 0) > mostErrors
}
