import { z } from 'zod'
import type { Run } from '../formats/run.ts'
import type { Timeline } from '../formats/timeline.ts'
import { ErrorBurst, errorBurst } from './error-burst.ts'
import { Felt, felt } from './felt.ts'
import { Growth, growth } from './growth.ts'
import { Recovery, recovery } from './recovery.ts'
import { Stall, stalls } from './stalls.ts'

export const Time = z.object({
  file: z.literal('timeline.ndjson').describe('has the figures of each period'),
  stalls: z.array(Stall),
  errorBurst: ErrorBurst.nullable().describe('null where errors were few, or spread over the run'),
  recovery: Recovery.nullable().describe('of a spike of its load; null for other loads'),
  growth: Growth.nullable().describe('of a soak; null for other loads'),
  felt: z.array(Felt).describe('what users felt while replicas followed, where these were watched'),
})
/** What a run shows over time. */
export type Time = z.infer<typeof Time>

/** What the timeline of a run shows. */
export function inTime(timeline: Timeline, run: Run): Time {
  const { load, script, scenario } = run
  return {
    file: 'timeline.ndjson',
    stalls: stalls(timeline, load.stages, script === undefined),
    errorBurst: errorBurst(timeline),
    recovery: script ? null : recovery(timeline, load),
    growth: scenario === 'soak' && !script ? growth(timeline, load.stages) : null,
    felt: felt(timeline, run),
  }
}
