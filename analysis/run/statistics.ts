import { z } from 'zod'
import { numberOrNull } from '../formats/json.ts'
import type { Source } from '../formats/read.ts'
import { Run, Verdict } from '../formats/run.ts'
import type { Summary } from '../formats/summary.ts'
import { Following, following } from './autoscale.ts'
import { podFairness } from './balance.ts'
import { Cause, causeOf } from './cause.ts'
import { failureKinds } from './failures.ts'
import { Figures, figures } from './figures.ts'
import { Measures, measures } from './measures.ts'
import { queueGrowth } from './queue-growth.ts'
import { loadMs } from './rates.ts'
import { Caveat, remarks } from './remarks.ts'
import { serverTimesOfAll } from './server-times.ts'
import { curve, knee, Percentiles, StageStatistics, stageStatistics } from './stages.ts'
import { TimeSpent, timeSpent } from './time-spent.ts'
import { judge } from './verdict.ts'

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
    .array(Figures.extend({ name: z.string().describe('the value of the k6 tag `kind`') }))
    .describe('by kind of request, where a run tagged several kinds'),
  measures: Measures.describe('all else that the summary says'),
  timeSpent: TimeSpent.describe('where the mean time of an HTTP request went'),
  knee: numberOrNull.describe(
    'VUs of the stage with the most throughput for its latency; null for fewer than three stages',
  ),
  queueGrowth: numberOrNull.describe(
    'how much faster requests arrived than they were answered: 0.04 is 4 %, 0 if it may be chance; null unless an open model of one rate',
  ),
  fairness: numberOrNull.describe(
    'Jain’s index of the requests per pod: 1 is even; null for fewer than two known pods',
  ),
  cause: Cause.nullable().describe(
    'what limited the run, of pods on a cluster; null where nothing did, or where it is unknown',
  ),
  following: z.array(Following).describe('how the replicas followed the load, where they were watched'),
  failures: z.array(z.object({ count: z.number(), what: z.string() })).describe('why requests failed'),
  remarks: z.array(z.string()).describe('what to know before trusting the figures, what matters most first'),
  caveats: z.array(Caveat).describe('the remarks that matter most, at most three, in a few words'),
})
export type RunStatistics = z.infer<typeof RunStatistics>

const empty: Summary = {
  shape: 'handleSummary',
  durationMs: null,
  metrics: [],
  thresholds: [],
  groups: [],
  checks: [],
}

/** All figures of one run; of an unreadable summary there are none, and the verdict is invalid. */
export function runStatistics({ name, run, summary: reading }: Source): RunStatistics {
  const summary = reading.kind === 'summary' ? reading.summary : empty
  const rateMs = loadMs(run, summary)
  const [first] = run?.load.stages ?? []
  const stages = reading.kind === 'summary' ? stageStatistics(run, summary) : []
  const all = figures(summary, {}, rateMs)
  const total = { ...all, server: serverTimesOfAll(run, summary, all, stages) }
  const limits = {
    verdict: judge(run, reading, total),
    // The k6 scenarios of a script are no plateaus.
    knee: run?.script ? null : knee(stages),
    queueGrowth: first ? queueGrowth(summary, first.durationMs, first.poissonSeed !== undefined) : null,
    stages,
  }
  const statistics = {
    name,
    run,
    ...limits,
    durationMs: summary.durationMs,
    total,
    percentiles: curve(summary, {}, total.samples),
    requests: byKind(summary, rateMs),
    measures: ofRun(measures(summary, rateMs, { ours: run !== null && !run.script }), run),
    timeSpent: timeSpent(run, summary, total, stages),
    fairness: podFairness(run),
    cause: causeOf(run, limits),
    following: following(run),
    failures: failureKinds(summary),
  }
  const known = reading.kind === 'summary' ? remarks(statistics, summary) : { remarks: [], caveats: [] }
  return { ...statistics, ...known }
}

/** The measures of a script's run, not again by k6 scenario, which its stages are, or by reason of failure. */
function ofRun(found: Measures, run: Run | null): Measures {
  if (!run?.script) return found
  const known = ['scenario', 'error_code,expected_response']
  return { ...found, tagged: found.tagged.filter(({ by }) => !known.includes(by.join())) }
}

function byKind(summary: Summary, rateMs: number | null): RunStatistics['requests'] {
  const names = summary.metrics.flatMap(({ name, tags }) =>
    name === 'http_reqs' && tags.kind && Object.keys(tags).length === 1 ? [tags.kind] : [],
  )
  return [...new Set(names)]
    .map((name) => ({ name, ...figures(summary, { kind: name }, rateMs) }))
    .sort((a, b) => (b.requests ?? 0) - (a.requests ?? 0))
}
