import { median } from 'simple-statistics'
import { z } from 'zod'
import { numberOrNull } from '../formats/json.ts'
import type { Run } from '../formats/run.ts'
import type { Period, Timeline } from '../formats/timeline.ts'
import { largest, smallest } from '../numbers/extremes.ts'
import { answered, perSecond, segments } from './periods.ts'

export const Recovery = z.object({
  recoveredMs: numberOrNull.describe(
    'from the end of the spike until the figures were back and stayed so; 0 at once, null not by the end of the run',
  ),
  felt: z.boolean().describe('whether the spike itself moved p95 or errors out of their range'),
  observedMs: z.number().describe('how long the run was watched after the spike'),
  beforeP95Ms: z.number().describe('median of the periods before the spike'),
  limitP95Ms: z.number().describe('the most that still counts as before'),
  spikeP95Ms: numberOrNull.describe('the highest of a period during the spike'),
})
/** How a run got over a spike of its load. */
export type Recovery = z.infer<typeof Recovery>

/** Fewer periods before the spike have no range, and fewer after it show nothing. */
const fewest = 3

/**
 * When a run recovered from its spike: the first time after the spike's end from which p95, errors and throughput were
 * in their range of before to the end of the run, single periods aside; at least three periods must follow. The range
 * of before is that of the first stage's periods without the very first: p95 up to 40 % above the highest, and at
 * least up to half above the median; throughput a quarter beyond the lowest and the highest; errors up to a
 * percentage point above the most. Null unless the load went up and back down to where it was, and the stages have the
 * periods.
 */
export function recovery({ periods }: Timeline, { stages }: Run['load']): Recovery | null {
  if (stages.length !== 3) return null
  const [first, middle, last] = stages.map(({ offered, vus }) => offered ?? vus) as [number, number, number]
  if (first !== last || middle <= first) return null
  const [before = [], spike = [], after = []] = segments(periods, stages).map(({ periods: of }) => of)
  const calm = before.slice(1)
  const p95s = calm.flatMap((period) => answered(period)?.p95 ?? [])
  if (p95s.length < fewest || after.length < fewest) return null
  const rates = calm.flatMap((period) => perSecond(period) ?? [])
  const beforeP95Ms = median(p95s)
  const limitP95Ms = Math.max(1.4 * largest(p95s), 1.5 * beforeP95Ms)
  const mostFailed = Math.max(0, largest(calm.map(({ failed }) => failed ?? 0))) + 0.01
  const [least, most] = [smallest(rates) / 1.25, largest(rates) * 1.25]
  const calmly = (period: Period) =>
    (answered(period)?.p95 ?? Infinity) <= limitP95Ms && (period.failed ?? 0) <= mostFailed
  const asBefore = (period: Period) => {
    const rate = perSecond(period)
    return calmly(period) && (rate === null || (rate >= least && rate <= most))
  }
  const off = after.map((period) => !asBefore(period))
  // The last two in a row that were not as before; in the first period alone the spike's own requests end.
  const lastPair = off.findLastIndex((each, index) => each && (index === 0 || off[index - 1]))
  const back = after.slice(lastPair + 1)
  const spikeEndMs = (stages[1]?.startMs ?? 0) + (stages[1]?.durationMs ?? 0)
  const spikeP95s = spike.flatMap((period) => answered(period)?.p95 ?? [])
  return {
    recoveredMs:
      back.length < fewest ? null : lastPair < 0 ? 0 : Math.max(0, (back[0] as Period).fromMs - spikeEndMs),
    felt: spike.filter((period) => !calmly(period)).length > 1,
    observedMs: (after.at(-1) as Period).toMs - spikeEndMs,
    beforeP95Ms,
    limitP95Ms,
    spikeP95Ms: spikeP95s.length > 0 ? largest(spikeP95s) : null,
  }
}
