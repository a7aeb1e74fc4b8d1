import { z } from 'zod'
import type { Check } from './checks.ts'
import { issueWords, parseJson } from './json.ts'
import { fromMachineReadable, isMachineReadable } from './machine-readable.ts'
import { Export, fromExport, fromHandleSummary, HandleSummary } from './summary-shapes.ts'

/** One metric of a k6 summary; a sub-metric is a metric with tags. */
export type Metric = {
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  /** Named as in k6: `count`, `rate`, `avg`, `p(95)` …; times in ms. */
  readonly values: Readonly<Record<string, number>>
  /** As the file says: `counter`, `gauge`, `rate` or `trend`; the flat export does not. */
  readonly type?: string
  /** As the file says: `time`, `data` or `default`. */
  readonly contains?: string
}

type Threshold = { readonly metric: string; readonly expression: string; readonly passed: boolean }

export type Summary = {
  /** Which of k6's formats this was: `export` does not say how long the test ran, `machine-readable` has no thresholds. */
  readonly shape: 'handleSummary' | 'export' | 'machine-readable'
  readonly durationMs: number | null
  readonly metrics: readonly Metric[]
  readonly thresholds: readonly Threshold[]
  readonly groups: readonly string[]
  readonly checks: readonly Check[]
  /** Names of metrics that could not be read; the others could. */
  readonly odd?: readonly string[]
}

export type SummaryReading =
  | { readonly kind: 'summary'; readonly summary: Summary }
  | { readonly kind: 'unreadable'; readonly reason: string }

const unreadable = (reason: string): SummaryReading => ({ kind: 'unreadable', reason })

/**
 * Reads what k6 wrote at the end of a test: the data of `handleSummary` (k6 0.5x to 2.x), the flat file of
 * `--summary-export`, whose thresholds are `true` when crossed, or the newer machine-readable summary. Anything
 * else is `unreadable`, with a reason that completes the sentence "<file>: …".
 */
export function parseSummary(text: string): SummaryReading {
  const reading = parseJson(text)
  if (reading.kind === 'unreadable') return reading
  const json = reading.value
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return unreadable('not a k6 summary')
  if (isMachineReadable(json)) {
    const older = fromMachineReadable(json)
    if (older instanceof z.ZodError) return unreadable(`not a k6 summary (${issueWords(older)})`)
    const reading = ofMetrics(older)
    return reading.kind === 'summary'
      ? { ...reading, summary: { ...reading.summary, shape: 'machine-readable' } }
      : reading
  }
  return ofMetrics(json)
}

function ofMetrics(json: object): SummaryReading {
  if (!('metrics' in json)) return unreadable('not a k6 summary (no "metrics"); was the run interrupted?')
  // zod leaves that member out, and with it a threshold that was crossed.
  if (hasThresholds(Object.getOwnPropertyDescriptor(json.metrics ?? {}, '__proto__')?.value))
    return unreadable(
      'a metric with thresholds is called __proto__, which cannot be read; give it another name',
    )
  const full = HandleSummary.safeParse(json)
  if (full.success) return { kind: 'summary', summary: fromHandleSummary(full.data) }
  const flat = Export.safeParse(json)
  if (flat.success) return { kind: 'summary', summary: fromExport(flat.data) }
  // "values" shows which shape was meant, so report what that schema rejects.
  const looksFull = Object.values(json.metrics ?? {}).some(
    (metric) => metric && typeof metric === 'object' && 'values' in metric,
  )
  if (looksFull) {
    const odd = oddMetrics(full.error)
    const metrics = Object.entries(json.metrics ?? {}).filter(([name]) => !odd.includes(name))
    const rest = HandleSummary.safeParse({ ...json, metrics: Object.fromEntries(metrics) })
    const judged = odd.some((name) => hasThresholds((json.metrics as Record<string, unknown>)[name]))
    if (
      rest.success &&
      odd.length > 0 &&
      !judged &&
      !odd.some((name) => /^(http_reqs|iterations)\b/.test(name))
    )
      return { kind: 'summary', summary: { ...fromHandleSummary(rest.data), odd } }
  }
  return unreadable(`not a k6 summary (${issueWords((looksFull ? full : flat).error)})`)
}

const oddMetrics = ({ issues }: z.ZodError): string[] => [
  ...new Set(issues.flatMap(({ path: [at, name] }) => (at === 'metrics' && name ? [String(name)] : []))),
]

/** Whether a metric has thresholds, so that leaving it out could turn a fail into a pass. */
const hasThresholds = (metric: unknown): boolean => {
  const { thresholds = {} } = (metric ?? {}) as { thresholds?: unknown }
  return typeof thresholds !== 'object' || thresholds === null || Object.keys(thresholds).length > 0
}

/** The metric with that name and exactly those tags. */
export function findMetric(
  summary: Summary,
  name: string,
  tags: Readonly<Record<string, string>> = {},
): Metric | undefined {
  let found = byKey.get(summary.metrics)
  if (!found) {
    found = new Map()
    for (const metric of summary.metrics) {
      const key = keyOf(metric.name, metric.tags)
      if (!found.has(key)) found.set(key, metric)
    }
    byKey.set(summary.metrics, found)
  }
  return found.get(keyOf(name, tags))
}

// Where a script names requests by their URL, a summary has thousands of sub-metrics.
const byKey = new WeakMap<Summary['metrics'], Map<string, Metric>>()

function keyOf(name: string, tags: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(tags)
  return pairs.length === 0 ? name : JSON.stringify([name, ...pairs.sort(([a], [b]) => (a < b ? -1 : 1))])
}

const named = new Map<string, number | null>([
  ['min', 0],
  ['med', 50],
  ['max', 100],
])

/** The percentile that a value's name stands for, or null. Cached, since all summaries share the names. */
function percentileOf(name: string): number | null {
  const before = named.get(name)
  if (before !== undefined) return before
  const p = name.startsWith('p(') ? Number(name.slice(2, -1)) : Number.NaN
  const found = Number.isNaN(p) ? null : p
  if (named.size < 10_000) named.set(name, found)
  return found
}

const known = new WeakMap<Metric, [p: number, value: number][]>()

/** A Trend's percentiles, ascending: `[p in 0–100, value]`, with min, median and max where k6 gave them. */
export function percentiles(metric: Metric): readonly [p: number, value: number][] {
  const before = known.get(metric)
  if (before) return before
  const found = new Map<number, number>()
  for (const name in metric.values) {
    const p = percentileOf(name)
    if (p !== null) found.set(p, metric.values[name] as number)
  }
  const sorted = [...found].sort(([a], [b]) => a - b)
  known.set(metric, sorted)
  return sorted
}

/** The percentile `p` (0–100) of a Trend; undefined where k6 did not give it. */
export const percentileAt = (metric: Metric, p: number): number | undefined =>
  percentiles(metric).find(([each]) => each === p)?.[1]
