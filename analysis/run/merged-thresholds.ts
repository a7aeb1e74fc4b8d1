import { keyOf } from '../formats/format-summary.ts'
import type { Metric, Summary } from '../formats/summary.ts'
import { nameAndTags } from '../formats/summary-shapes.ts'
import { percentile } from '../numbers/distribution.ts'
import type { MergedTrend } from './merged-metrics.ts'
import { aggregated } from './metrics.ts'

/** k6's grammar of a threshold (https://grafana.com/docs/k6/latest/using-k6/thresholds/#threshold-syntax). */
const grammar =
  /^\s*(avg|min|max|med|count|rate|value|p\(\s*([\d.]+)\s*\))\s*(<=|>=|===|==|!=|<|>)\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*$/i

const comparisons: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
  '==': (value, limit) => value === limit,
  '===': (value, limit) => value === limit,
  '!=': (value, limit) => value !== limit,
}

/**
 * The thresholds of all parts, judged on what was merged: what a part said of its own share does not count. Where the
 * merged value is only known within bounds on both sides of the limit, a sentence in `problems` says so.
 */
export function mergedThresholds(
  summaries: readonly Summary[],
  metrics: readonly Metric[],
  trends: ReadonlyMap<string, MergedTrend>,
): { judged: Summary['thresholds']; problems: string[] } {
  const byKey = new Map(metrics.map((metric) => [keyOf(metric), metric]))
  const wanted = new Map(
    summaries.flatMap(({ thresholds }) =>
      thresholds.map(({ metric, expression }) => [
        JSON.stringify([metric, expression]),
        { metric, expression },
      ]),
    ),
  )
  const judged: { metric: string; expression: string; passed: boolean }[] = []
  const problems: string[] = []
  for (const { metric: named, expression } of wanted.values()) {
    const key = keyOf(nameAndTags(named))
    const passed = judge(expression, byKey.get(key), trends.get(key))
    if (passed === null)
      problems.push(
        `the threshold ${named} ${expression} cannot be judged from the summaries of the generators`,
      )
    // Under the key of the metric, since that is where it is written.
    else judged.push({ metric: key, expression, passed })
  }
  return { judged, problems }
}

/** Null where it can't be known. */
function judge(
  expression: string,
  metric: Metric | undefined,
  trend: MergedTrend | undefined,
): boolean | null {
  const [, aggregation = '', p, operator = '', limit] = grammar.exec(expression) ?? []
  const holds = comparisons[operator]
  if (!holds) return null
  // k6 counts a threshold without samples as passed.
  if (!metric || isEmpty(metric)) return true
  const at = aggregation.toLowerCase() === 'med' ? 50 : p === undefined ? null : Number(p)
  if (at !== null && trend) {
    const { value, least, most } = percentile(trend.of, at)
    const [low, high] = [holds(least, Number(limit)), holds(most, Number(limit))]
    if (low === high && (operator.startsWith('<') || operator.startsWith('>') || least === most)) return low
    return trend.dense ? holds(value, Number(limit)) : null
  }
  const value = aggregated(metric, aggregation.replaceAll(' ', ''))
  return value === null ? null : holds(value, Number(limit))
}

const isEmpty = ({ values: { passes, fails, count, avg } }: Metric): boolean =>
  (passes !== undefined && passes + (fails ?? 0) === 0) || (avg !== undefined && count === 0)
