import { z } from 'zod'
import { numberOrNull } from '../formats/json.ts'
import type { Run } from '../formats/run.ts'
import type { Period, Timeline } from '../formats/timeline.ts'
import { largest } from '../numbers/extremes.ts'
import { following } from './autoscale.ts'
import { answered } from './periods.ts'

export const Felt = z.object({
  vus: z.number().describe('of the load that more replicas followed'),
  replicas: z.number(),
  readyMs: z.number().describe('from the change of the load until they were ready'),
  untilP95Ms: z.number().describe('the highest p95 of a period until then'),
  afterP95Ms: numberOrNull.describe('and of one after that; null without periods'),
})
/** What users felt while replicas followed their load. */
export type Felt = z.infer<typeof Felt>

/** One for each change of the load that more replicas followed. */
export const felt = ({ periods }: Timeline, run: Run): Felt[] =>
  following(run).flatMap(({ stage, vus, from, to, readyMs }) => {
    const { startMs, durationMs } = run.load.stages.find((each) => each.stage === stage) ?? {}
    if (startMs === undefined || durationMs === undefined || readyMs === null || to <= from) return []
    const highest = (fromMs: number, toMs: number) => {
      const inside = (period: Period) => period.fromMs >= fromMs && period.toMs <= toMs
      const p95s = periods.filter(inside).flatMap((period) => answered(period)?.p95 ?? [])
      return p95s.length > 0 ? largest(p95s) : null
    }
    const untilP95Ms = highest(startMs, startMs + readyMs)
    const afterP95Ms = highest(startMs + readyMs, startMs + durationMs)
    return untilP95Ms === null ? [] : [{ vus, replicas: to, readyMs, untilP95Ms, afterP95Ms }]
  })
