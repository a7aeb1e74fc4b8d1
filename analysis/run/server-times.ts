import { type Run, stageTags } from '../formats/run.ts'
import { findMetric, type Summary } from '../formats/summary.ts'
import { distribution, merge, percentilesOf } from '../numbers/distribution.ts'
import { largest, smallest } from '../numbers/extremes.ts'
import { type Figures, samplesNeeded } from './figures.ts'
import type { StageStatistics } from './stages.ts'

/** Shares of answers read that differ by less are one share that chance and the last answers moved. */
const alike = 0.9

/**
 * The server times of a whole run. Where a script read one share of the answers in a slow stage and a smaller one in a
 * fast stage, k6's totals have too much of the slow one: then each stage's distribution counts with all its answers.
 */
export function serverTimesOfAll(
  run: Run | null,
  summary: Summary,
  total: Figures,
  stages: readonly StageStatistics[],
): Figures['server'] {
  const shares = stages.map(({ server, samples }) => (server && samples ? server.samples / samples : 0))
  const least = smallest(shares)
  if (!total.server || stages.length < 2 || least === 0 || least >= alike * largest(shares))
    return total.server
  const at = (metric: string) => {
    const parts = stages.map(({ stage, samples }) => {
      const found = findMetric(summary, metric, run ? stageTags(run, stage) : { stage })
      return found ? distribution(found, samples ?? undefined) : 'missing'
    })
    const known = parts.filter((part) => typeof part !== 'string')
    const read = known.length === parts.length ? percentilesOf(merge(known)) : null
    return (p: number) => (read && (total.server?.samples ?? 0) >= samplesNeeded(p) ? read(p).value : null)
  }
  const [queue, work] = [at('server_queue'), at('server_work')]
  return {
    samples: total.server.samples,
    queueP50Ms: queue(50),
    queueP95Ms: queue(95),
    workP50Ms: work(50),
    workP95Ms: work(95),
  }
}
