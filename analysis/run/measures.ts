import { z } from 'zod'
import { numberOrNull } from '../formats/json.ts'
import { findMetric, percentileAt, type Summary } from '../formats/summary.ts'
import { nameAndTags } from '../formats/summary-shapes.ts'
import { Figures, figures, samplesNeeded } from './figures.ts'
import { aggregated, families, Measure, measureOf } from './metrics.ts'

const Tags = z.record(z.string(), z.string())

const Check = z.object({
  name: z.string(),
  group: z.string().describe('the groups it is in, as k6 writes them: ::shop::pay; empty outside of all'),
  passes: z.number(),
  fails: z.number(),
})

const Threshold = z.object({
  metric: z.string().describe('with its tags, as in the script'),
  expression: z.string().describe('p(95)<250'),
  passed: z.boolean(),
  observed: numberOrNull.describe('what the expression limits; null where the summary lacks it'),
  unit: z.enum(['ms', 'bytes']).nullable(),
})

const Phase = z.object({
  name: z.enum(['blocked', 'connecting', 'TLS', 'sending', 'waiting', 'receiving']),
  meanMs: numberOrNull,
  p50Ms: numberOrNull,
  p95Ms: numberOrNull,
  p99Ms: numberOrNull,
  maxMs: numberOrNull,
  share: numberOrNull.describe(
    'mean ÷ (mean of blocked + mean of the request duration); blocked includes connecting and TLS',
  ),
})

const Tagged = z.object({
  by: z.array(z.string()).describe('names of the tags, in their order'),
  rows: z.array(Figures.extend({ tags: Tags })).describe('most requests first'),
})

/** Everything a summary says besides the figures of the whole run and its stages, by what people know it by. */
export const Measures = z.object({
  thresholds: z.array(Threshold).describe('of the script; crossed ones first'),
  checks: z.array(Check),
  groups: z.array(z.string()).describe('every group of the script: ::shop, ::shop::pay'),
  phases: z.array(Phase).describe('where the time of an HTTP request went'),
  tagged: z
    .array(Tagged)
    .describe('figures of HTTP requests by request name, group, k6 scenario or any other tags'),
  metrics: z
    .array(Measure)
    .describe('all other metrics and sub-metrics: execution, network, other protocols, custom'),
})
export type Measures = z.infer<typeof Measures>

/** Tags of the built-in scenarios; the figures by stage, by kind and by reason of failure show them. */
const ourTags = new Set(['stage', 'kind', 'half', 'side', 'error_code', 'status', 'expected_response'])
/** Trends of the built-in scenarios; the figures show them. */
const ourMetrics = new Set([
  ...['latency_intended', 'start_lag', 'server_queue', 'server_work'],
  ...['unexpected_bodies', 'iterations_thrown'],
])

/**
 * @param durationMs what the rates are over; null for k6's own
 * @param ours whether a built-in scenario was run, of which only what was added to it is given
 */
export function measures(
  summary: Summary,
  durationMs: number | null,
  { ours = false }: { readonly ours?: boolean } = {},
): Measures {
  const metrics = summary.metrics.flatMap((metric) => {
    const measure = isRequests(metric.name) || isPhase(metric.name) ? null : measureOf(metric, durationMs)
    const known =
      // A search adds it to anybody's script.
      metric.name === 'iteration_intended' ||
      (ours &&
        (ourMetrics.has(metric.name) ||
          (measure?.family !== 'custom' && Object.keys(metric.tags).every((tag) => ourTags.has(tag)))))
    return measure && !known ? [measure] : []
  })
  // A phase with tags is one metric among others.
  const phasesByTag = summary.metrics.flatMap((metric) =>
    isPhase(metric.name) && Object.keys(metric.tags).length > 0 ? (measureOf(metric) ?? []) : [],
  )
  return {
    thresholds: thresholds(summary),
    checks: [...summary.checks],
    groups: [...summary.groups],
    phases: phases(summary),
    tagged: tagged(summary, durationMs, ours),
    metrics: [...phasesByTag, ...metrics].sort(
      (a, b) =>
        families.indexOf(a.family) - families.indexOf(b.family) ||
        inOrder(a.name, b.name) ||
        Object.keys(a.tags).length - Object.keys(b.tags).length ||
        inOrder(JSON.stringify(a.tags), JSON.stringify(b.tags)),
    ),
  }
}

const isRequests = (name: string) => /^http_req(s|_failed|_duration)$/.test(name)

const phaseNames: Readonly<Record<string, z.infer<typeof Phase>['name']>> = {
  http_req_blocked: 'blocked',
  http_req_connecting: 'connecting',
  http_req_tls_handshaking: 'TLS',
  http_req_sending: 'sending',
  http_req_waiting: 'waiting',
  http_req_receiving: 'receiving',
}
const isPhase = (name: string) => Object.hasOwn(phaseNames, name)

/**
 * k6's clock: a request is blocked from asking for a connection until it has one, so that this includes making it;
 * its duration is sending, waiting and receiving. Source: k6's lib/netext/httpext/tracer.go, Tracer.Done.
 */
function phases(summary: Summary): Measures['phases'] {
  const requests = findMetric(summary, 'http_reqs')?.values.count
  const blocked = findMetric(summary, 'http_req_blocked')?.values.avg
  const duration = findMetric(summary, 'http_req_duration')?.values.avg
  const wholeMs = blocked === undefined || duration === undefined ? 0 : blocked + duration
  return Object.entries(phaseNames).flatMap(([metricName, name]) => {
    const metric = findMetric(summary, metricName)
    if (!metric) return []
    const samples = metric.values.count ?? requests
    const at = (p: number) =>
      samples !== undefined && samples < samplesNeeded(p) ? null : (percentileAt(metric, p) ?? null)
    const mean = metric.values.avg
    return {
      name,
      meanMs: mean ?? null,
      p50Ms: at(50),
      p95Ms: at(95),
      p99Ms: at(99),
      maxMs: metric.values.max ?? null,
      share: wholeMs > 0 && mean !== undefined ? mean / wholeMs : null,
    }
  })
}

function thresholds(summary: Summary): Measures['thresholds'] {
  return summary.thresholds
    .map(({ metric: key, expression, passed }) => {
      const { name, tags } = nameAndTags(key)
      const metric = findMetric(summary, name, tags)
      // Of k6's grammar, "aggregation operator limit".
      const [, aggregation = ''] = /^\s*([a-z]+(?:\([\d.]+\))?)\s*[<>=!]/.exec(expression) ?? []
      const measure = metric ? measureOf(metric) : null
      return {
        metric: key,
        expression,
        passed,
        observed: metric ? aggregated(metric, aggregation) : null,
        unit: measure?.unit ?? null,
      }
    })
    .sort((a, b) => Number(a.passed) - Number(b.passed) || inOrder(a.metric, b.metric))
}

/** k6 writes metrics in random order. */
const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Tags that people know requests by come first. */
const rank = (by: readonly string[]) =>
  (by.length - 1) * 4 + ['name', 'group', 'scenario', by[0]].indexOf(by[0])

/** The figures of the HTTP requests with each set of tags that the summary has, a list for each set of names. */
function tagged(summary: Summary, durationMs: number | null, ours: boolean): Measures['tagged'] {
  const sets = new Map<string, Map<string, Record<string, string>>>()
  for (const { name, tags } of summary.metrics) {
    if (!isRequests(name)) continue
    // Figures are of expected responses where there are any; k6 itself adds that sub-metric.
    const { expected_response: expected, ...others } = tags
    const these = expected === undefined || expected === 'true' ? others : { ...tags }
    const by = Object.keys(these).sort()
    if (by.length === 0 || (by.length === 1 && (by[0] === 'stage' || by[0] === 'kind'))) continue
    if (ours && by.every((tag) => ourTags.has(tag))) continue
    const key = JSON.stringify(by)
    const rows = sets.get(key) ?? new Map()
    sets.set(key, rows.set(JSON.stringify(by.map((tag) => these[tag])), these))
  }
  return [...sets]
    .map(([key, rows]) => ({
      by: JSON.parse(key) as string[],
      rows: [...rows]
        .sort(([a], [b]) => inOrder(a, b))
        .map(([, tags]) => ({ tags, ...figures(summary, tags, durationMs) }))
        .sort((a, b) => (b.requests ?? -1) - (a.requests ?? -1)),
    }))
    .sort((a, b) => rank(a.by) - rank(b.by) || inOrder(a.by.join(), b.by.join()))
}
