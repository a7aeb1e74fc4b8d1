import { z } from 'zod'
import type { Source } from '../formats/read.ts'
import { Run, Verdict } from '../formats/run.ts'
import type { Summary } from '../formats/summary.ts'
import { Following, following } from './autoscale.ts'
import { podFairness } from './balance.ts'
import { Figures, figures } from './figures.ts'
import { queueGrowth } from './queue-growth.ts'
import { growthWords, kneeWords, remarks, unsteady } from './remarks.ts'
import { curve, knee, Percentile, StageStatistics, stageStatistics } from './stages.ts'
import { failureKinds, judge } from './verdict.ts'
/** What one run came to. */
export const RunStatistics = z.object({
  name: z.string().describe('of the result folder, or of the summary file'),
  run: Run.nullable().describe('run.json; null for a bare summary'),
  verdict: Verdict,
  durationMs: z.number().nullable(),
  total: Figures,
  percentiles: z
    .array(Percentile)
    .describe('of the request duration: the whole distribution where k6 was asked for it'),
  stages: z.array(StageStatistics),
  requests: z
    .array(Figures.extend({ name: z.string().describe('the value of the k6 tag `kind`') }))
    .describe('by kind of request, where a run made several that were told apart'),
  knee: z
    .number()
    .nullable()
    .describe('VUs of the stage with the most throughput for its latency; null for fewer than three stages'),
  queueGrowth: z
    .number()
    .nullable()
    .describe(
      'by how much requests came faster than they were answered: 0.04 is 4 %, and 0 also what may be chance; null but for an open load of one rate',
    ),
  fairness: z
    .number()
    .nullable()
    .describe(
      'Jain’s index of how requests fell on the pods: 1 is even; null where less than two pods are known',
    ),
  following: z.array(Following).describe('how the replicas followed the load, where they were watched'),
  failures: z.array(z.object({ count: z.number(), what: z.string() })).describe('what requests failed of'),
  remarks: z.array(z.string()).describe('what to know before trusting the figures'),
})

export type RunStatistics = z.infer<typeof RunStatistics>

/** The figures of one run. */
export function runStatistics({ name, run, summary: reading }: Source): RunStatistics {
  const summary = reading.kind === 'summary' ? reading.summary : empty
  const total = figures(summary, {}, summary.durationMs)
  const stages = reading.kind === 'summary' ? stageStatistics(run, summary) : []
  const [stage] = run?.load.stages ?? []
  const grown = stage ? queueGrowth(summary, stage.durationMs) : null
  return {
    name,
    run,
    verdict: judge(run, reading, total),
    durationMs: summary.durationMs,
    total,
    percentiles: curve(summary, {}, total.samples),
    stages,
    requests: named(summary),
    knee: knee(stages),
    queueGrowth: grown,
    fairness: podFairness(run),
    following: following(run),
    failures: failureKinds(summary),
    remarks:
      reading.kind === 'summary'
        ? [...remarks(run, summary, total), ...growthWords(grown), ...kneeWords(stages), ...unsteady(stages)]
        : [],
  }
}

const empty: Summary = { shape: 'handleSummary', durationMs: null, metrics: [], thresholds: [] }

function named(summary: Summary): RunStatistics['requests'] {
  const names = summary.metrics.flatMap(({ name, tags }) =>
    name === 'http_reqs' && tags.kind && Object.keys(tags).length === 1 ? [tags.kind] : [],
  )
  return [...new Set(names)]
    .map((name) => ({ name, ...figures(summary, { kind: name }, summary.durationMs) }))
    .sort((a, b) => b.requests - a.requests)
}
