import exec from 'k6/execution'
import { Trend } from 'k6/metrics'
import type { Options, Scenario } from 'k6/options'
import { summaryTrendStats } from './percentiles.ts'
import { errorCodes } from './summary.ts'

type Metric = { readonly type: string; readonly values: Readonly<Record<string, number>> }
type Data = { readonly metrics: Readonly<Record<string, Metric>> }

declare const console: { error(text: string): void }

/** What a script of somebody's own exports that k6 reads by name. */
type Exports = {
  readonly options?: Options
  readonly handleSummary?: (data: Data) => Record<string, unknown> | undefined
  readonly [name: string]: unknown
}

/** What the runner adds to the options of a script, as JSON in LAS_OPTIONS. */
type Added = {
  /** Replace the script's own; null takes one away. */
  readonly options?: Readonly<Record<string, unknown>> & { readonly scenarios?: Record<string, Scenario> }
  /** Sub-metrics to report. */
  readonly submetrics?: readonly string[]
  /** Whether iterations start at fixed rates, to search for the highest that holds. */
  readonly search?: boolean
  /** Whether it makes HTTP requests. Counters of what it does not do would look like zeros that were measured. */
  readonly http?: boolean
}

const added: Added = JSON.parse(__ENV.LAS_OPTIONS || '{}')

// Time from the intended start to the end of an iteration, by quarters of the load: a growing queue shows in it.
const intended = added.search ? new Trend('iteration_intended', true) : null
const quarters = ['1', '2', '3', '4'].map((quarter) => ({ quarter }))

/**
 * Iterations of a search: those of the function that the k6 scenario names in LAS_EXEC, and the time from their intended
 * start, which follows from their number and the scenario's LAS_PER_SECOND and LAS_LENGTH_MS.
 */
export const searching =
  (script: Exports) =>
  (data: unknown): unknown => {
    // Known only while a k6 scenario runs.
    const { LAS_EXEC: name = 'default', LAS_PER_SECOND: rate, LAS_LENGTH_MS: lengthMs } = __ENV
    const { startTime, iterationInTest } = exec.scenario
    const sinceStart = (iterationInTest * 1000) / Number(rate)
    const record = () =>
      intended?.add(
        Math.max(0, Date.now() - startTime - sinceStart),
        quarters[Math.min(3, Math.floor((4 * sinceStart) / Number(lengthMs)))],
      )
    const result = (script[name] as (data: unknown) => unknown)(data)
    if (result instanceof Promise) return result.then(record)
    record()
    return undefined
  }

/**
 * The script's options with the percentiles of the full distribution, why requests failed, and the sub-metrics that the
 * runner asks for.
 */
export function optionsOf({ options: own = {} }: Exports): Options {
  // k6 reads them only before the first VU.
  if (__VU > 0) return {}
  const { http = true } = added
  const tags = own.systemTags
  const has = (...names: string[]) => !tags || names.every((name) => (tags as string[]).includes(name))
  const submetrics = [
    // Without a threshold k6 leaves out a counter that stayed at zero, as if nobody had counted.
    'dropped_iterations',
    ...(http && has('expected_response') ? [k6Own] : []),
    ...(http && has('expected_response', 'error_code')
      ? errorCodes.map((code) => `http_reqs{error_code:${code},expected_response:false}`)
      : []),
    ...(added.search ? quarters.map(({ quarter }) => `iteration_intended{quarter:${quarter}}`) : []),
    ...(added.submetrics ?? []),
  ]
  for (const name of submetrics) ours.add(name)
  return {
    ...own,
    summaryTrendStats: [...new Set([...summaryTrendStats(), ...(own.summaryTrendStats ?? [])])],
    // An empty list of thresholds makes k6 report a sub-metric without judging it.
    thresholds: { ...Object.fromEntries(submetrics.map((metric) => [metric, []])), ...own.thresholds },
    ...added.options,
  }
}

/** What we asked for. */
const ours = new Set<string>(['iteration_intended'])
/** What k6 adds to every summary. */
const k6Own = 'http_req_duration{expected_response:true}'

/**
 * Writes k6's summary, its names without the target's URL, to the file that LAS_SUMMARY_PATH names, then calls the script's own `handleSummary`, whose files go
 * into the folder LAS_FILES_PATH. What it throws is logged, as k6 does.
 */
export const summaryOf =
  (script: Exports) =>
  (data: Data): Record<string, unknown> => {
    const files: Record<string, unknown> = {
      [__ENV.LAS_SUMMARY_PATH || 'summary.json']: JSON.stringify(withoutBase(data)),
    }
    const folder = __ENV.LAS_FILES_PATH
    if (!script.handleSummary || !folder) return files
    try {
      const own = script.handleSummary(withoutAdded(data, script.options)) ?? {}
      for (const [name, content] of Object.entries(own)) files[`${folder}/${plainName(name)}`] = content
    } catch (error) {
      console.error(`handleSummary: ${error}`)
    }
    return files
  }

/** k6's streams become files too; folders of a path are no folders of the result. */
const plainName = (name: string): string =>
  name === 'stdout' || name === 'stderr'
    ? `${name}.txt`
    : name.replace(/^[./\\]+/, '').replace(/[/\\:]+/g, '-') || 'unnamed'

/** Names that we asked for without the URL of the target, which differs between the sides of a comparison. */
function withoutBase(data: Data): Data {
  const base = `name:${(__ENV.BASE_URL || '?').replace(/\/+$/, '')}/`
  const metrics = Object.entries(data.metrics).map(([name, metric]): [string, Metric] => [
    ours.has(name) ? name.replace(base, 'name:/') : name,
    metric,
  ])
  return { ...data, metrics: Object.fromEntries(metrics) }
}

/** The summary as the script would have it without what the runner added. */
function withoutAdded(data: Data, options: Options = {}): Data {
  const wanted = new Set(options.summaryTrendStats ?? ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'])
  const metrics = Object.entries(data.metrics)
    .filter(([name]) => !ours.has(name) || name === k6Own || name in (options.thresholds ?? {}))
    .map(([name, metric]): [string, Metric] =>
      metric.type === 'trend'
        ? [
            name,
            {
              ...metric,
              values: Object.fromEntries(Object.entries(metric.values).filter(([each]) => wanted.has(each))),
            },
          ]
        : [name, metric],
    )
  return { ...data, metrics: Object.fromEntries(metrics) }
}
