import { z } from 'zod'
import type { Run } from '../formats/run.ts'

/** How the replicas followed one change of the load. */
export const Following = z.object({
  stage: z.string().describe('the stage that the load changed with'),
  vus: z.number(),
  from: z.number().describe('replicas wanted when it began'),
  to: z.number().describe('replicas wanted when it ended'),
  firstMs: z.number().nullable().describe('until the number wanted first changed; null when it did not'),
  readyMs: z
    .number()
    .nullable()
    .describe('until as many were ready as were wanted at the end, and stayed so; null when they never were'),
  overshoot: z
    .number()
    .describe('replicas wanted at most beyond the larger, or at least below the smaller, of the two'),
})
export type Following = z.infer<typeof Following>

/** One for each stage after the first, of a run that recorded its replicas; else empty. */
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
    const wrong =
      inside.findLast(({ ready }) => ready !== to) ??
      (at(startMs).ready === to ? undefined : { atMs: startMs })
    const settledAt = wrong
      ? inside.find(({ atMs, ready }) => atMs > wrong.atMs && ready === to)?.atMs
      : startMs
    const changedAt = inside.find((change) => change.wanted !== from)?.atMs
    return {
      stage,
      vus,
      from,
      to,
      firstMs: changedAt === undefined ? null : changedAt - startMs,
      readyMs: settledAt === undefined ? null : settledAt - startMs,
      overshoot: Math.max(
        ...wanted.map((each) => Math.max(each - Math.max(from, to), Math.min(from, to) - each)),
      ),
    }
  })
}
