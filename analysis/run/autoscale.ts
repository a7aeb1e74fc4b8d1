import { z } from 'zod'
import { numberOrNull } from '../formats/json.ts'
import type { Run } from '../formats/run.ts'
import { largest } from '../numbers/extremes.ts'

export const Following = z.object({
  stage: z.string().describe('the stage that changed the load'),
  vus: z.number(),
  from: z.number().describe('replicas wanted when the stage began'),
  to: z.number().describe('replicas wanted when it ended'),
  firstMs: numberOrNull.describe('until the wanted number first changed; null if it did not'),
  readyMs: numberOrNull.describe(
    'until the number wanted at the end was ready and stayed so; null if it never was',
  ),
  overshoot: z
    .number()
    .describe('by how many replicas the wanted number went beyond the range between the two'),
})
/** How the replicas followed one change of the load. */
export type Following = z.infer<typeof Following>

/** One per stage after the first; empty for a run that did not record its replicas. */
export function following(run: Run | null): Following[] {
  const changes = run?.target.cluster?.scaling ?? []
  const [first] = changes
  if (!run || !first) return []
  const at = (ms: number) => changes.findLast(({ atMs }) => atMs <= ms) ?? first
  return run.load.stages.slice(1).map(({ stage, vus, startMs, durationMs }) => {
    const endMs = startMs + durationMs
    const [from, to] = [at(startMs).wanted, at(endMs).wanted]
    const inside = changes.filter(({ atMs }) => atMs > startMs && atMs <= endMs)
    const wanted = [from, ...inside.map((change) => change.wanted)]
    const lastOff =
      inside.findLast(({ ready }) => ready !== to) ??
      (at(startMs).ready === to ? undefined : { atMs: startMs })
    const settledAt = lastOff
      ? inside.find(({ atMs, ready }) => atMs > lastOff.atMs && ready === to)?.atMs
      : startMs
    const changedAt = inside.find((change) => change.wanted !== from)?.atMs
    return {
      stage,
      vus,
      from,
      to,
      firstMs: changedAt === undefined ? null : changedAt - startMs,
      readyMs: settledAt === undefined ? null : settledAt - startMs,
      overshoot: largest(
        wanted.map((each) => Math.max(each - Math.max(from, to), Math.min(from, to) - each)),
      ),
    }
  })
}
