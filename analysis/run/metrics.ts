import { z } from 'zod'
import { numberOrNull } from '../formats/json.ts'
import { type Metric, percentileAt } from '../formats/summary.ts'
import { samplesNeeded } from './figures.ts'

/** In the order in which they are shown. */
export const families = [
  'http',
  'websocket',
  'grpc',
  'web vitals',
  'browser',
  'custom',
  'execution',
  'network',
] as const

const common = {
  name: z.string(),
  tags: z.record(z.string(), z.string()).describe('of a sub-metric; empty for the whole run'),
  family: z.enum(families).describe('as in k6’s own summary'),
  unit: z.enum(['ms', 'bytes']).nullable().describe('null for plain numbers, and where k6 does not say'),
}

/** A metric of a summary, by its type in k6; null is what the summary lacks. */
export const Measure = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('counter'),
    ...common,
    count: numberOrNull,
    rate: numberOrNull.describe(
      'per second, over the time of the load; over the whole test where that is unknown',
    ),
  }),
  z.object({
    type: z.literal('gauge'),
    ...common,
    value: numberOrNull,
    min: numberOrNull,
    max: numberOrNull,
  }),
  z.object({
    type: z.literal('rate'),
    ...common,
    share: numberOrNull.describe('0–1'),
    trues: numberOrNull,
    falses: numberOrNull,
  }),
  z.object({
    type: z.literal('trend'),
    ...common,
    count: numberOrNull,
    mean: numberOrNull,
    min: numberOrNull,
    p50: numberOrNull,
    p90: numberOrNull,
    p95: numberOrNull,
    p99: numberOrNull,
    max: numberOrNull,
  }),
])
export type Measure = z.infer<typeof Measure>

/**
 * Null for a metric whose type can neither be read nor be seen from its values. The rate of a counter is over `durationMs`,
 * as that of requests is; k6's own, over the whole test with the wait for the last answers, if that is null.
 */
export function measureOf(metric: Metric, durationMs: number | null = null): Measure | null {
  const { name, tags, values } = metric
  const type = typeOf(metric)
  if (!type) return null
  const of = (value: string) => values[value] ?? null
  const common = { name, tags, family: familyOf(name), unit: unitOf(metric) }
  switch (type) {
    case 'counter':
      return {
        type,
        ...common,
        count: of('count'),
        rate: durationMs && values.count !== undefined ? (values.count * 1000) / durationMs : of('rate'),
      }
    case 'gauge':
      return { type, ...common, value: of('value'), min: of('min'), max: of('max') }
    case 'rate':
      return { type, ...common, share: of('rate') ?? of('value'), trues: of('passes'), falses: of('fails') }
    case 'trend': {
      const at = (p: number) =>
        (values.count ?? Infinity) < samplesNeeded(p) ? null : (percentileAt(metric, p) ?? null)
      return {
        type,
        ...common,
        count: of('count'),
        mean: of('avg'),
        min: of('min'),
        p50: at(50),
        p90: at(90),
        p95: at(95),
        p99: at(99),
        max: of('max'),
      }
    }
  }
}

/** What a threshold's aggregation – `p(95)`, `avg`, `count`, `rate`, `value` – is of that metric; null where unknown. */
export function aggregated(metric: Metric, aggregation: string): number | null {
  const p = /^p\((.*)\)$/.exec(aggregation)?.[1]
  if (p !== undefined) return percentileAt(metric, Number(p)) ?? null
  // The flat export calls a rate's share its value.
  const share = aggregation === 'rate' && typeOf(metric) === 'rate' ? metric.values.value : undefined
  return new Map(Object.entries(metric.values)).get(aggregation) ?? share ?? null
}

const isType = (type: string | undefined): type is Measure['type'] =>
  type === 'counter' || type === 'gauge' || type === 'rate' || type === 'trend'

/** The flat export does not name types, but each has values that no other has. */
export function typeOf({ type, values }: Metric): Measure['type'] | null {
  if (isType(type)) return type
  if ('passes' in values || 'fails' in values) return 'rate'
  if ('avg' in values || 'med' in values || Object.keys(values).some((name) => name.startsWith('p(')))
    return 'trend'
  if ('count' in values) return 'counter'
  return 'value' in values ? 'gauge' : null
}

function familyOf(name: string): Measure['family'] {
  if (/^(vus|vus_max|iterations|iteration_duration|dropped_iterations|checks|group_duration)$/.test(name))
    return 'execution'
  if (/^data_(sent|received)$/.test(name)) return 'network'
  if (/^http_req(s|_\w+)$/.test(name)) return 'http'
  if (name.startsWith('ws_')) return 'websocket'
  if (name.startsWith('grpc_')) return 'grpc'
  if (name.startsWith('browser_web_vital_')) return 'web vitals'
  return name.startsWith('browser_') ? 'browser' : 'custom'
}

const inMs =
  /^(http_req_(?!failed)\w+|(iteration|group)_duration|ws_(ping|session_duration|connecting)|grpc_req_duration|browser_http_req_duration|browser_web_vital_(fcp|fid|inp|lcp|ttfb))$/

function unitOf({ name, contains }: Metric): Measure['unit'] {
  if (contains === 'time' || (contains === undefined && inMs.test(name))) return 'ms'
  if (contains === 'data' || (contains === undefined && /^(browser_)?data_(sent|received)$/.test(name)))
    return 'bytes'
  return null
}
