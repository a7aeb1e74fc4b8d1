import { z } from 'zod'
import { numberOrNull } from '../formats/json.ts'
import { findMetric, type Metric, percentileAt, type Summary } from '../formats/summary.ts'

const ServerTimes = z.object({
  samples: z.number().describe('answers that these were taken from: at high rates a random sample'),
  queueP50Ms: numberOrNull,
  queueP95Ms: numberOrNull,
  workP50Ms: numberOrNull,
  workP95Ms: numberOrNull,
})

const Intended = z.object({
  p50Ms: numberOrNull,
  p95Ms: numberOrNull,
  p99Ms: numberOrNull,
  maxMs: numberOrNull,
})

/** The figures of a run or a stage; null where the summary lacks them or there are too few requests. */
export const Figures = z.object({
  requests: numberOrNull.describe('HTTP requests, including failed ones; null where they were not counted'),
  failed: numberOrNull.describe('null where failures were not counted'),
  errors: numberOrNull.describe(
    'failed ÷ requests; null without requests, or where k6 did not count failures',
  ),
  rate: numberOrNull.describe('requests per second that were answered during the load, not after it'),
  latencyOf: z
    .enum(['successful', 'all'])
    .describe('whose latency this is: refused connections fail quickly and would improve the figures'),
  samples: numberOrNull.describe('requests that the latencies were taken from; null where unknown'),
  meanMs: numberOrNull,
  minMs: numberOrNull,
  p50Ms: numberOrNull,
  p90Ms: numberOrNull,
  p95Ms: numberOrNull,
  p99Ms: numberOrNull,
  p999Ms: numberOrNull.describe('p99.9'),
  maxMs: numberOrNull,
  intended: Intended.nullable().describe(
    'open model: latency from each request’s intended start, which includes time spent waiting behind a stall',
  ),
  server: ServerTimes.nullable().describe(
    'where the time went as the workload reports it: waiting for a thread, and working; null for any other service',
  ),
})
export type Figures = z.infer<typeof Figures>

/** The tags that select a sub-metric; empty for the whole run. */
export type Tags = Readonly<Record<string, string>>

/** The figures of the requests with those tags. The rate is over `durationMs`; k6's own if that is null. */
export function figures(summary: Summary, tags: Tags, durationMs: number | null): Figures {
  const counted = findMetric(summary, 'http_reqs', tags)
  const failures = findMetric(summary, 'http_req_failed', tags)
  const requests = counted?.values.count ?? judged(failures)
  // k6 counts a failed request as a "pass" of the rate http_req_failed.
  const failed = failures?.values.passes ?? null
  const { latencyOf, metric } = durations(summary, tags)
  const samples = samplesOf(metric, latencyOf === 'all' ? requests : difference(requests, failed))
  const at = (p: number) => (metric ? percentile(metric, samples, p) : null)
  const value = (name: string) => (samples === 0 ? null : (metric?.values[name] ?? null))
  return {
    requests,
    failed,
    errors: requests === null || failed === null || requests === 0 ? null : failed / requests,
    rate: durationMs && requests !== null ? (requests * 1000) / durationMs : (counted?.values.rate ?? null),
    latencyOf,
    samples,
    meanMs: value('avg'),
    minMs: value('min'),
    p50Ms: at(50),
    p90Ms: at(90),
    p95Ms: at(95),
    p99Ms: at(99),
    p999Ms: at(99.9),
    maxMs: value('max'),
    intended: intendedTimes(summary, tags),
    server: serverTimes(summary, tags),
  }
}

const difference = (a: number | null, b: number | null) => (a === null || b === null ? null : a - b)

/** How many requests a Trend of durations is of; none where the longest took no time: k6 writes zeros for no samples. */
const samplesOf = (metric: Metric | undefined, counted: number | null): number | null =>
  metric?.values.count ?? (metric && counted === null && metric.values.max === 0 ? 0 : counted)

/** The requests with tags for which only failures were asked, which count both; null where k6 judged none. */
function judged(failures: Metric | undefined): number | null {
  const { passes = 0, fails = 0 } = failures?.values ?? {}
  return passes + fails > 0 ? passes + fails : null
}

function intendedTimes(summary: Summary, tags: Tags): Figures['intended'] {
  const metric = findMetric(summary, 'latency_intended', tags)
  const count = metric?.values.count ?? 0
  if (!metric || count === 0) return null
  const at = (p: number) => percentile(metric, count, p)
  return { p50Ms: at(50), p95Ms: at(95), p99Ms: at(99), maxMs: metric.values.max ?? null }
}

function serverTimes(summary: Summary, tags: Tags): Figures['server'] {
  const [queue, work] = [findMetric(summary, 'server_queue', tags), findMetric(summary, 'server_work', tags)]
  if (!queue?.values.count || !work?.values.count) return null
  const at = (metric: Metric, p: number) => percentile(metric, metric.values.count ?? 0, p)
  return {
    samples: queue.values.count,
    queueP50Ms: at(queue, 50),
    queueP95Ms: at(queue, 95),
    workP50Ms: at(work, 50),
    workP95Ms: at(work, 95),
  }
}

/** The Trend of request durations with those tags: of successful requests where k6 kept them separate. */
export function durations(
  summary: Summary,
  tags: Tags,
): { latencyOf: Figures['latencyOf']; metric: Metric | undefined } {
  const successful = findMetric(summary, 'http_req_duration', { expected_response: 'true', ...tags })
  if (successful) return { latencyOf: 'successful', metric: successful }
  return { latencyOf: 'all', metric: findMetric(summary, 'http_req_duration', tags) }
}

/** The samples a percentile needs for at least one to lie beyond it: 1,000 for p99.9. */
export const samplesNeeded = (p: number): number => Math.round(100 / (100 - p))

/** Null where too few samples lie beyond it. */
export function percentile(metric: Metric, samples: number | null, p: number): number | null {
  if (samples !== null && samples < samplesNeeded(p)) return null
  return percentileAt(metric, p) ?? null
}
