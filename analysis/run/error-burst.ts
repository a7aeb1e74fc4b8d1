import { sum } from 'simple-statistics'
import { z } from 'zod'
import type { Period, Timeline } from '../formats/timeline.ts'
import { largest } from '../numbers/extremes.ts'

export const ErrorBurst = z.object({
  fromMs: z.number().describe('start of its first period, from the start of the test'),
  toMs: z.number(),
  failed: z.number().describe('requests that failed in it'),
  share: z.number().describe('of all failed requests of the run'),
})
/** A short time that had nearly all failed requests of a run. */
export type ErrorBurst = z.infer<typeof ErrorBurst>

/** Fewer failed requests, or periods, may lie together by chance. */
const fewestFailed = 10
const fewestPeriods = 10
const leastShare = 0.9
const mostOfRun = 0.2

/** The shortest time with 90 % of the failed requests; null where it is more than a fifth of the run, or they are few. */
export function errorBurst({ periods }: Timeline): ErrorBurst | null {
  const failed = periods.map(({ requests, failed }) => Math.round((requests ?? 0) * (failed ?? 0)))
  const all = sum(failed)
  if (all < fewestFailed || periods.length < fewestPeriods) return null
  const longest = Math.floor(mostOfRun * periods.length)
  for (let length = 1; length <= longest; length++) {
    const sums = failed.map((_, from) => sum(failed.slice(from, from + length)))
    const most = largest(sums)
    if (most < leastShare * all) continue
    const from = sums.indexOf(most)
    const [first, last] = [periods[from], periods[Math.min(from + length, periods.length) - 1]] as [
      Period,
      Period,
    ]
    return { fromMs: first.fromMs, toMs: last.toMs, failed: most, share: most / all }
  }
  return null
}
