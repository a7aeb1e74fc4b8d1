import { z } from 'zod'
import { numberOrNull } from '../formats/json.ts'
import { type Slo, sloPercentile } from '../formats/slo.ts'
import { findMetric, type Metric, percentileAt, type Summary } from '../formats/summary.ts'

const ServerTimes = z.object({
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
  requests: z.number().describe('all, including failed ones'),
  failed: z.number(),
  errors: numberOrNull.describe(
    'failed ÷ requests; null without requests, or where k6 did not count failures',
  ),
  rate: numberOrNull.describe(
    'requests per second, over the time of the load: without the wait for the last answers',
  ),
  latencyOf: z
    .enum(['successful', 'all'])
    .describe('whose latency this is: refused connections fail quickly and would improve the figures'),
  samples: z.number().describe('requests that the latencies were taken from'),
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
  const requests = counted?.values.count ?? 0
  // k6 counts a failed request as a "pass" of the rate http_req_failed.
  const failed = failures?.values.passes ?? 0
  const { latencyOf, metric } = durations(summary, tags)
  const samples = metric?.values.count ?? (latencyOf === 'successful' ? requests - failed : requests)
  const at = (p: number) => (metric ? percentile(metric, samples, p) : null)
  const value = (name: string) => (samples > 0 ? (metric?.values[name] ?? null) : null)
  return {
    requests,
    failed,
    errors: requests > 0 && failures ? failed / requests : null,
    rate: durationMs ? (requests * 1000) / durationMs : (counted?.values.rate ?? null),
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
  const successful = findMetric(summary, 'http_req_duration', { ...tags, expected_response: 'true' })
  if (successful) return { latencyOf: 'successful', metric: successful }
  return { latencyOf: 'all', metric: findMetric(summary, 'http_req_duration', tags) }
}

/** The samples a percentile needs for at least one to lie beyond it: 1,000 for p99.9. */
export const samplesNeeded = (p: number): number => Math.round(100 / (100 - p))

function percentile(metric: Metric, samples: number, p: number): number | null {
  if (samples < samplesNeeded(p)) return null
  return percentileAt(metric, p) ?? null
}

/** The figure that an SLO limits; null where unknown, with `needs` where more requests would give it. */
export function sloFigure(
  { figure }: Slo,
  summary: Summary,
  total: Figures,
  tags: Tags = {},
): { value: number | null; needs?: number } {
  const p = sloPercentile(figure)
  if (p !== undefined) {
    const { metric } = durations(summary, tags)
    const value = metric ? percentile(metric, total.samples, p) : null
    return total.samples < samplesNeeded(p) ? { value, needs: samplesNeeded(p) } : { value }
  }
  const named: Record<string, number | null> = {
    errors: total.errors,
    rate: total.rate,
    mean: total.meanMs,
    max: total.maxMs,
  }
  return { value: Object.hasOwn(named, figure) ? (named[figure] ?? null) : null }
}

/** Whether a figure is within its limit: a minimum for a rate, a maximum for everything else. */
export const holds = ({ figure, limit }: Slo, value: number): boolean =>
  figure === 'rate' ? value >= limit : value <= limit
