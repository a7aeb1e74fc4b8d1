import { z } from 'zod'
import { numberOrNull } from '../formats/json.ts'
import type { Source } from '../formats/read.ts'
import { Run, Verdict } from '../formats/run.ts'
import type { Summary } from '../formats/summary.ts'
import { Following, following } from './autoscale.ts'
import { podFairness } from './balance.ts'
import { Figures, figures } from './figures.ts'
import { queueGrowth } from './queue-growth.ts'
import { remarks } from './remarks.ts'
import { serverTimesOfAll } from './server-times.ts'
import { curve, knee, loadMs, Percentiles, StageStatistics, stageStatistics } from './stages.ts'
import { failureKinds, judge } from './verdict.ts'

export const RunStatistics = z.object({
  name: z.string().describe('of the result folder, or of the summary file'),
  run: Run.nullable().describe('run.json; null for a summary without it'),
  verdict: Verdict,
  durationMs: numberOrNull.describe('of the whole test, with the wait for the last answers'),
  total: Figures,
  percentiles: Percentiles.describe(
    'of the request duration: the whole distribution where k6 was asked for it',
  ),
  stages: z.array(StageStatistics),
  requests: z
    .array(Figures.extend({ name: z.string().describe('the value of the k6 tag `kind` or `name`') }))
    .describe('by kind or name of request, where a run tagged several'),
  knee: numberOrNull.describe(
    'VUs of the stage with the most throughput for its latency; null for fewer than three stages',
  ),
  queueGrowth: numberOrNull.describe(
    'how much faster requests arrived than they were answered: 0.04 is 4 %, 0 if it may be chance; null unless an open model of one rate',
  ),
  fairness: numberOrNull.describe(
    'Jain’s index of the requests per pod: 1 is even; null for fewer than two known pods',
  ),
  following: z.array(Following).describe('how the replicas followed the load, where they were watched'),
  failures: z.array(z.object({ count: z.number(), what: z.string() })).describe('why requests failed'),
  remarks: z.array(z.string()).describe('what to know before trusting the figures'),
})
export type RunStatistics = z.infer<typeof RunStatistics>

const empty: Summary = { shape: 'handleSummary', durationMs: null, metrics: [], thresholds: [] }

/** All figures of one run; of an unreadable summary there are none, and the verdict is invalid. */
export function runStatistics({ name, run, summary: reading }: Source): RunStatistics {
  const summary = reading.kind === 'summary' ? reading.summary : empty
  const rateMs = loadMs(run, summary)
  const [first] = run?.load.stages ?? []
  const stages = reading.kind === 'summary' ? stageStatistics(run, summary) : []
  const all = figures(summary, {}, rateMs)
  const total = { ...all, server: serverTimesOfAll(run, summary, all, stages) }
  const statistics = {
    name,
    run,
    verdict: judge(run, reading, total),
    durationMs: summary.durationMs,
    total,
    percentiles: curve(summary, {}, total.samples),
    stages,
    requests: byKind(summary, rateMs),
    knee: knee(stages),
    queueGrowth: first ? queueGrowth(summary, first.durationMs, first.poissonSeed !== undefined) : null,
    fairness: podFairness(run),
    following: following(run),
    failures: failureKinds(summary),
  }
  return { ...statistics, remarks: reading.kind === 'summary' ? remarks(statistics, summary) : [] }
}

/** The figures by what a script calls its requests: the sub-metrics by one tag alone, `kind` or `name`. */
function byKind(summary: Summary, rateMs: number | null): RunStatistics['requests'] {
  const selected = summary.metrics.flatMap(({ name, tags }) => {
    const [[tag = '', value = ''] = [], ...more] = Object.entries(tags)
    // Of names only failures are asked for, which count the requests too.
    const counts = name === 'http_reqs' || (name === 'http_req_failed' && tag === 'name')
    return counts && (tag === 'kind' || tag === 'name') && more.length === 0 ? [`${tag}:${value}`] : []
  })
  return [...new Set(selected)]
    .map((each) => {
      const [tag, name] = [each.slice(0, 4), each.slice(5)]
      return { name, ...figures(summary, { [tag]: name }, rateMs) }
    })
    .sort((a, b) => b.requests - a.requests)
}
