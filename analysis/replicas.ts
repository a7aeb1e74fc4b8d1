import { max, median, min } from 'simple-statistics'
import { z } from 'zod'
import type { RunStatistics } from './statistics.ts'

const Spread = z.object({ median: z.number(), least: z.number(), most: z.number() })

/** What the runs with one number of replicas came to. */
export const Level = z.object({
  replicas: z.number(),
  runs: z.number().describe('valid ones; each is one observation'),
  rate: Spread.describe('requests per second: median and range over the runs'),
  p95Ms: Spread.nullable(),
  speedUp: z.number().describe('median rate ÷ that of the fewest replicas'),
  efficiency: z.number().describe('speed-up ÷ how many times as many replicas: 1 is linear'),
})
export type Level = z.infer<typeof Level>

/**
 * Throughput and p95 against the number of replicas, ascending, over all runs that are not invalid and say how many
 * there were; empty for fewer than two different numbers. Medians and ranges only: what lies beyond is a matter of
 * repeats and of a model.
 */
export function byReplicas(runs: readonly RunStatistics[]): Level[] {
  const levels = new Map<number, RunStatistics[]>()
  for (const each of runs) {
    const replicas = each.run?.target.replicas
    if (!replicas || each.verdict.kind === 'invalid' || each.total.rate === null) continue
    levels.set(replicas, [...(levels.get(replicas) ?? []), each])
  }
  if (levels.size < 2) return []
  const ascending = [...levels].sort(([a], [b]) => a - b)
  const rates = (of: readonly RunStatistics[]) => of.flatMap(({ total }) => total.rate ?? [])
  const [fewest, first] = ascending[0] as [number, RunStatistics[]]
  const base = median(rates(first))
  return ascending.map(([replicas, these]) => {
    const rate = spread(rates(these))
    const latencies = these.flatMap(({ total }) => total.p95Ms ?? [])
    const speedUp = rate.median / base
    return {
      replicas,
      runs: these.length,
      rate,
      p95Ms: latencies.length > 0 ? spread(latencies) : null,
      speedUp,
      efficiency: (speedUp * fewest) / replicas,
    }
  })
}

const spread = (values: number[]) => ({ median: median(values), least: min(values), most: max(values) })
