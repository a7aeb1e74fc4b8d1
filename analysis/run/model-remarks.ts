import type { Run } from '../formats/run.ts'
import { findMetric, percentileAt, type Summary } from '../formats/summary.ts'
import { number, orDash } from '../formats/words.ts'
import { distribution, type Part } from '../numbers/distribution.ts'
import { smallest } from '../numbers/extremes.ts'
import { atMostFrom, withOmitted } from '../numbers/omission.ts'
import { durations, type Figures } from './figures.ts'

// What a load in the open or closed model says of latency.

export function openRemark({ load }: Run, summary: Summary, { intended, p99Ms }: Figures): string {
  const lag = findMetric(summary, 'start_lag')
  const lateMs = lag && percentileAt(lag, 99)
  const late = lateMs === undefined ? '' : `, 99 % of them at most ${number(lateMs)} ms late`
  const random = load.stages[0]?.poissonSeed === undefined ? '' : ', at random times (Poisson)'
  return `Open model: requests started at their own rate${random}${late}. p99 is ${orDash(p99Ms)} ms from the actual start of a request, and ${orDash(intended?.p99Ms ?? null)} ms from its intended start.`
}

export function closedRemark(
  summary: Summary,
  { samples, p99Ms }: Figures,
  { load: { stages, thinkMs } }: Run,
): string {
  const { metric } = durations(summary, {})
  const known = metric ? distribution(metric, samples ?? undefined) : ''
  const [part] = typeof known === 'string' ? [] : known
  const fewest = smallest(stages.map(({ vus }) => vus))
  // The estimate is for VUs that send again at once.
  const estimate = part && p99Ms !== null && thinkMs === undefined ? omitted(part, p99Ms, fewest) : ''
  return `Closed model: each VU waits for an answer before its next request, so while the target stalls fewer requests are made, and the latencies understate what independent users would see (coordinated omission).${estimate}`
}

/** Begins an estimate of what was left out. */
export const estimated = 'with the requests that were not made would be about'

/** What the requests that were not made would add, unless the long latencies were too few to be everybody’s. */
function omitted(latencies: Part, p99Ms: number, vus: number): string {
  const estimateMs = withOmitted(latencies, 0.99)
  const longestMs = latencies.points.at(-1)?.[1] ?? 0
  if (estimateMs < p99Ms * 1.1 || atMostFrom(latencies, longestMs / 2) < Math.min(vus, Math.max(3, vus / 2)))
    return ''
  return ` If the longest responses (up to ${number(longestMs)} ms) were stalls that everybody met, p99 ${estimated} ${number(estimateMs)} ms instead of ${number(p99Ms)}; if they were slow on their own, it would not. An open model would measure it.`
}

/** What a script of somebody's own does between its requests is unknown, so nothing is estimated. */
export function scriptRemark({ load: { stages } }: Run): string {
  if (stages.length === 0) return ''
  const open = stages.filter(({ offered }) => offered !== null).map(({ stage }) => stage)
  if (open.length === stages.length)
    return 'Open model: iterations started at their own rate. Latencies are from the actual start of each request, so what waited for a free VU is not in them.'
  const which =
    open.length > 0 ? `${open.join(', ')} started iterations at a rate; elsewhere` : 'Closed model:'
  return `${which} each VU waits for an answer before its next request, so while the target stalls fewer requests are made, and the latencies understate what independent users would see (coordinated omission).`
}
