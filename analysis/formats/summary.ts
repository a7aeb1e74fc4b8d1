import { z } from 'zod'
import { issueWords, parseJson } from './json.ts'

/** One metric of a k6 summary; a sub-metric is a metric with tags. */
export type Metric = {
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  /** Named as in k6: `count`, `rate`, `avg`, `p(95)` …; times in ms. */
  readonly values: Readonly<Record<string, number>>
}

type Threshold = { readonly metric: string; readonly expression: string; readonly passed: boolean }

export type Summary = {
  /** Which of k6's formats this was; only `handleSummary` says how long the test ran. */
  readonly shape: 'handleSummary' | 'export'
  readonly durationMs: number | null
  readonly metrics: readonly Metric[]
  readonly thresholds: readonly Threshold[]
  /** Names of metrics that could not be read; the others could. */
  readonly odd?: readonly string[]
}

export type SummaryReading =
  | { readonly kind: 'summary'; readonly summary: Summary }
  | { readonly kind: 'unreadable'; readonly reason: string }

const unreadable = (reason: string): SummaryReading => ({ kind: 'unreadable', reason })

// A file holds thousands of numbers, and there may be thousands of files: zod's own record is too slow.
const Numbers = z.custom<Record<string, number | null>>((values) => {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return false
  for (const name in values) {
    const value = (values as Record<string, unknown>)[name]
    if (value !== null && typeof value !== 'number') return false
  }
  return true
}, 'expected numbers by name')

const HandleSummary = z.object({
  state: z.object({ testRunDurationMs: z.number().nonnegative() }).optional(),
  metrics: z.record(
    z.string(),
    z.object({
      values: Numbers,
      thresholds: z.record(z.string(), z.object({ ok: z.boolean() })).optional(),
    }),
  ),
})

const Export = z.object({
  metrics: z.record(
    z.string(),
    z.object({ thresholds: z.record(z.string(), z.boolean()).optional() }).catchall(z.number().nullable()),
  ),
})

/**
 * Reads what k6 wrote at the end of a test: the data of `handleSummary` (k6 0.5x to 2.x) or the flat file of
 * `--summary-export`, whose thresholds are `true` when crossed. Anything else is `unreadable`, with a reason
 * that completes the sentence "<file>: …".
 */
export function parseSummary(text: string): SummaryReading {
  const reading = parseJson(text)
  if (reading.kind === 'unreadable') return reading
  const json = reading.value
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return unreadable('not a k6 summary')
  if ('results' in json && 'metadata' in json) {
    return unreadable(
      'k6’s machine-readable summary, which lacks counts and custom percentiles; ' +
        'handleSummary and --summary-export have them',
    )
  }
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

function fromHandleSummary({ state, metrics }: z.infer<typeof HandleSummary>): Summary {
  const entries = Object.entries(metrics)
  return {
    shape: 'handleSummary',
    durationMs: state?.testRunDurationMs ?? null,
    metrics: entries.map(([key, { values }]) => metric(key, values)),
    thresholds: entries.flatMap(([metric, { thresholds = {} }]) =>
      Object.entries(thresholds).map(([expression, { ok }]) => ({ metric, expression, passed: ok })),
    ),
  }
}

function fromExport({ metrics }: z.infer<typeof Export>): Summary {
  const entries = Object.entries(metrics)
  return {
    shape: 'export',
    durationMs: null,
    metrics: entries.map(([key, { thresholds: _, ...values }]) => metric(key, values)),
    thresholds: entries.flatMap(([metric, { thresholds = {} }]) =>
      Object.entries(thresholds).map(([expression, crossed]) => ({ metric, expression, passed: !crossed })),
    ),
  }
}

// "name{tag:value,other:value}"; a value may contain colons, as URLs do.
function metric(key: string, values: Record<string, number | null>): Metric {
  const [, name = key, inside = ''] = /^([^{]*)\{(.*)\}$/.exec(key) ?? []
  const tags = inside
    .split(',')
    .filter((tag) => tag.includes(':'))
    .map((tag) => [tag.slice(0, tag.indexOf(':')).trim(), tag.slice(tag.indexOf(':') + 1).trim()])
  return { name, tags: Object.fromEntries(tags), values: finite(values) }
}

/** Drops nulls. Most metrics have none and are not copied, which would take most of the time. */
function finite(values: Record<string, number | null>): Record<string, number> {
  for (const name in values)
    if (values[name] === null)
      return Object.fromEntries(
        Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== null),
      )
  return values as Record<string, number>
}

/** The metric with that name and exactly those tags. */
export function findMetric(
  summary: Summary,
  name: string,
  tags: Readonly<Record<string, string>> = {},
): Metric | undefined {
  const wanted = Object.entries(tags)
  return summary.metrics.find(
    (metric) =>
      metric.name === name &&
      Object.keys(metric.tags).length === wanted.length &&
      wanted.every(([tag, value]) => metric.tags[tag] === value),
  )
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
