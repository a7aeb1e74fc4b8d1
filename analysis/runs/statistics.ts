import { z } from 'zod'
import type { Source } from '../formats/read.ts'
import { type Slo, sloWords } from '../formats/slo.ts'
import { Scaling, scaling } from '../numbers/scaling-model.ts'
import { RunStatistics, runStatistics } from '../run/statistics.ts'
import { Breakpoint, breakpoint, type Search } from './breakpoint.ts'
import { Comparison, compare } from './compare.ts'
import { byReplicas, ReplicaLevel as Level, observed, recommendation } from './replicas.ts'

/** What `statistics.json` holds. */
export const Statistics = z.object({
  schema: z.literal('load-and-stress statistics 1'),
  runs: z.array(RunStatistics),
  replicas: z
    .array(Level)
    .describe('throughput against replicas, where the runs had different numbers of them'),
  scaling: Scaling.nullable().describe(
    'the fitted law of growth; null with fewer than four numbers of replicas',
  ),
  recommendation: z.string().nullable().describe('how many replicas to take, or why none can be said'),
  breakpoint: Breakpoint.nullable().describe('where the target breaks, of the probes of a search'),
  comparison: Comparison.nullable().describe('of a baseline and a candidate, where two sides were given'),
})

export type Statistics = z.infer<typeof Statistics>
/** What a report is asked for beside the runs themselves. */
export type Asked = {
  /** Load that a recommended number of replicas must hold, in requests per second. */
  readonly wanted?: number | null
}

/** The figures of runs that belong together, those of one sweep for instance. */
export function statistics(sources: readonly Source[], asked: Asked = {}): Statistics {
  return ofRuns(sources.map(runStatistics), asked)
}

/** Of runs whose figures were taken one by one, so that their summaries need not all be held. */
export function ofRuns(runs: readonly RunStatistics[], { wanted = null }: Asked = {}): Statistics {
  const levels = byReplicas(runs)
  const grown = scaling(observed(runs))
  return {
    schema: 'load-and-stress statistics 1',
    runs: [...runs],
    replicas: levels,
    scaling: grown,
    recommendation: recommendation(levels, commonSlos(runs), grown, wanted),
    breakpoint: null,
    comparison: null,
  }
}

/** The probes of a search for the rate at which a target breaks, in their order. */
export const searched = (runs: readonly RunStatistics[], search: Search): Statistics => ({
  ...ofRuns(runs),
  breakpoint: breakpoint(runs, search),
})

/** Baseline and candidate; the runs are those of the baseline, then those of the candidate. */
export function comparison(
  baseline: readonly RunStatistics[],
  candidate: readonly RunStatistics[],
  options: Parameters<typeof compare>[2] = {},
): Statistics {
  return {
    schema: 'load-and-stress statistics 1',
    runs: [...baseline, ...candidate],
    replicas: [],
    scaling: null,
    recommendation: null,
    breakpoint: null,
    comparison: compare(baseline, candidate, options),
  }
}

/** The SLOs that every run was told to hold. */
function commonSlos(runs: readonly RunStatistics[]): Slo[] {
  const [first, ...others] = runs.map(({ run }) => run?.slos ?? [])
  return (first ?? []).filter((slo) =>
    others.every((slos) => slos.some((each) => sloWords(each) === sloWords(slo))),
  )
}
