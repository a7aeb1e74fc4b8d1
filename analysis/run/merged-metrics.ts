import { keyOf } from '../formats/format-summary.ts'
import { findMetric, type Metric, percentiles, type Summary } from '../formats/summary.ts'
import { number } from '../formats/words.ts'
import { type Distribution, distribution, merge, percentilesOf } from '../numbers/distribution.ts'
import { largest, smallest } from '../numbers/extremes.ts'
import { typeOf } from './metrics.ts'

/** A merged Trend; `dense` where each part has enough percentiles for a value between two of them to be close. */
export type MergedTrend = { readonly of: Distribution; readonly dense: boolean }

type MergedMetrics = {
  readonly metrics: readonly Metric[]
  /** By the name of k6, of each Trend that could be merged. */
  readonly trends: ReadonlyMap<string, MergedTrend>
  readonly notes: readonly string[]
}

/** Fewer percentiles than these are no distribution: k6's own default are four. */
const fewestPercentiles = 50
/** As share of its value, how wide the bound of a percentile may be where the parts have few. */
const widest = 0.05

/** How long the test ran, in ms: k6 divides by it to get a counter's rate. Null where the summary has neither. */
export function durationOf({ durationMs, metrics }: Summary): number | null {
  if (durationMs !== null) return durationMs
  const { values } = metrics.find(({ values: { count, rate } }) => count && rate) ?? {}
  return values?.count && values.rate ? (values.count / values.rate) * 1000 : null
}

/**
 * Every metric of the parts as one: counts and passes are summed, VUs too, other gauges have their least and greatest
 * value, trends their distribution. What can't be merged is left out, and the notes say so.
 * @param durationMs of the whole, for the rates of counters
 */
export function mergedMetrics(summaries: readonly Summary[], durationMs: number | null): MergedMetrics {
  // Without what one part could not say, the sum of the others is not that of all.
  const odd = new Set(summaries.flatMap(({ odd = [] }) => odd))
  const found = new Map<string, Of[]>()
  for (const summary of summaries)
    for (const metric of summary.metrics) {
      const key = keyOf(metric)
      if (odd.has(key)) continue
      const before = found.get(key)
      if (before) before.push({ metric, summary })
      else found.set(key, [{ metric, summary }])
    }
  const trends = new Map<string, MergedTrend>()
  const lost: string[] = [...odd]
  const bounds: string[] = []
  const metrics = [...found].flatMap(([key, of]): Metric[] => {
    const [first] = of as [Of]
    const { name, tags, contains } = first.metric
    const types = new Set(of.map(({ metric }) => typeOf(metric)))
    const type = typeOf(first.metric)
    if (types.size > 1 || !type) {
      lost.push(key)
      return []
    }
    const trend = type === 'trend' ? mergedTrend(of) : null
    if (trend?.merged) trends.set(key, trend.merged)
    if (trend && trend.left.length > 0 && key === 'http_req_duration') bounds.push(trend.left.join(', '))
    else if (trend && !trend.whole) lost.push(key)
    const values = trend?.values ?? merging[type as keyof typeof merging](of, durationMs)
    return values ? [{ name, tags, type, ...(contains && { contains }), values }] : []
  })
  return { metrics, trends, notes: notesOf(lost, bounds) }
}

type Of = { readonly metric: Metric; readonly summary: Summary }
type Values = Metric['values']

const sumOf = (of: readonly Of[], value: string): number | null =>
  of.reduce<number | null>((sum, { metric: { values } }) => {
    const each = values[value]
    return sum === null || each === undefined ? null : sum + each
  }, 0)

const known = (values: Readonly<Record<string, number | null>>): Values =>
  Object.fromEntries(Object.entries(values).filter((each): each is [string, number] => each[1] !== null))

const merging = {
  counter(of: readonly Of[], durationMs: number | null): Values {
    const count = sumOf(of, 'count')
    return known({ count, rate: count !== null && durationMs ? (count * 1000) / durationMs : null })
  },
  rate(of: readonly Of[]): Values {
    const [passes, fails] = [sumOf(of, 'passes'), sumOf(of, 'fails')]
    if (passes === null || fails === null) return {}
    return { passes, fails, rate: passes + fails > 0 ? passes / (passes + fails) : 0 }
  },
  gauge(of: readonly Of[]): Values {
    // Of the other gauges nobody knows which part set its value last.
    const isSum = /^vus(_max)?$/.test(of[0]?.metric.name ?? '')
    if (isSum) return known({ value: sumOf(of, 'value'), min: sumOf(of, 'min'), max: sumOf(of, 'max') })
    const all = (name: string) => of.flatMap(({ metric: { values } }) => values[name] ?? [])
    const [value, min, max] = [all('value'), all('min'), all('max')]
    return known({
      value: value.length === of.length && new Set(value).size === 1 ? (value[0] ?? null) : null,
      min: min.length === of.length ? smallest(min) : null,
      max: max.length === of.length ? largest(max) : null,
    })
  },
}

function mergedTrend(all: readonly Of[]): {
  values: Values
  merged: MergedTrend | null
  /** Percentiles that are only known within wide bounds, in words. */
  left: readonly string[]
  whole: boolean
} {
  const counted = all.map((each) => ({ ...each, count: countOf(each) }))
  // k6 writes zeros for no samples.
  const of = counted.filter(({ count }) => count !== 0)
  const [first] = of
  if (!first) return { values: { ...all[0]?.metric.values, count: 0 }, merged: null, left: [], whole: true }
  const value = (name: string) => of.flatMap(({ metric: { values } }) => values[name] ?? [])
  const [min, max] = [value('min'), value('max')]
  const ends = known({
    min: min.length === of.length ? smallest(min) : null,
    max: max.length === of.length ? largest(max) : null,
  })
  const parts = of.map(({ metric, count }) => distribution(metric, count ?? undefined))
  const made = parts.flatMap((each) => (typeof each === 'string' ? [] : [each]))
  if (made.length < parts.length) return { values: ends, merged: null, left: [], whole: false }
  const merged = merge(made)
  const dense = of.every(({ metric }) => percentiles(metric).length >= fewestPercentiles)
  const at = percentilesOf(merged)
  const count = of.reduce((sum, each) => sum + (each.count ?? 0), 0)
  const mean = of.reduce((sum, each) => sum + (each.count ?? 0) * (each.metric.values.avg ?? Number.NaN), 0)
  const values: Record<string, number> = known({
    avg: Number.isNaN(mean) ? null : mean / count,
    ...ends,
    count,
  })
  const left: string[] = []
  for (const name of new Set(of.flatMap(({ metric }) => Object.keys(metric.values)))) {
    const p = name === 'med' ? 50 : name.startsWith('p(') ? Number(name.slice(2, -1)) : Number.NaN
    if (!(p >= 0 && p <= 100)) continue
    const { value, least, most } = at(p)
    if (dense || most - least <= widest * value) values[name] = value
    else left.push(`${name === 'med' ? 'p50' : `p${p}`} from ${number(least)} to ${number(most)}`)
  }
  return { values, merged: { of: merged, dense }, left, whole: left.length === 0 }
}

/** How many values a Trend has: its own count, else that of the requests or iterations it is of; null where unknown. */
function countOf({ metric: { name, tags, values }, summary }: Of): number | null {
  if (values.count !== undefined) return values.count
  if (name === 'iteration_duration') return findMetric(summary, 'iterations', tags)?.values.count ?? null
  if (!/^http_req_/.test(name)) return null
  const { expected_response: expected, ...others } = tags
  const { passes: failed, fails: good } = findMetric(summary, 'http_req_failed', others)?.values ?? {}
  if (expected !== undefined) return (expected === 'true' ? good : failed) ?? null
  const requests = findMetric(summary, 'http_reqs', tags)?.values.count
  return requests ?? (failed !== undefined && good !== undefined ? failed + good : null)
}

function notesOf(lost: readonly string[], bounds: readonly string[]): string[] {
  if (lost.length + bounds.length === 0) return []
  const shown = lost.slice(0, 5).join(', ') + (lost.length > 5 ? ` and ${lost.length - 5} more` : '')
  return [
    ...bounds.map((each) => `http_req_duration of all generators, in ms: ${each}`),
    ...(lost.length > 0 ? [`not merged, or only in part: ${shown}`] : []),
    'where the summaries have too few percentiles or no counts, let k6 write the whole distribution (summaryTrendStats)',
  ]
}
