import { plannedMs } from '../formats/load.ts'
import type { Run } from '../formats/run.ts'
import type { Period } from '../formats/timeline.ts'

export type Stages = readonly Pick<Run['load']['stages'][number], 'startMs' | 'durationMs'>[]

/** How much of a period may lie outside of its stage. */
const tolerance = 0.25

/** The periods within each part of the load between two starts or ends of stages; all of them without stages. */
export function segments(
  periods: readonly Period[],
  stages: Stages,
): { readonly fromMs: number; readonly toMs: number; readonly periods: readonly Period[] }[] {
  const endMs = stages.length > 0 ? plannedMs(stages) : (periods.at(-1)?.toMs ?? 0)
  const edges = stages.flatMap(({ startMs, durationMs }) => [startMs, startMs + durationMs])
  const sorted = [...new Set([0, ...edges, endMs])].sort((a, b) => a - b)
  return sorted.slice(1).map((toMs, index) => {
    const fromMs = sorted[index] as number
    const inside = (period: Period) => {
      const loose = tolerance * (period.toMs - period.fromMs)
      return period.fromMs >= fromMs - loose && period.toMs <= toMs + loose
    }
    return { fromMs, toMs, periods: periods.filter(inside) }
  })
}

/** Requests per second. */
export const perSecond = ({ requests, fromMs, toMs }: Period): number | null =>
  requests === null || toMs <= fromMs ? null : (requests * 1000) / (toMs - fromMs)

/** Its latencies; null where no request ended in it. */
export const answered = ({ requests, durationMs }: Period): Period['durationMs'] =>
  requests === 0 ? null : durationMs
