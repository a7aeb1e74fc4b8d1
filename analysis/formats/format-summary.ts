import type { Metric, Summary } from './summary.ts'

/**
 * A summary as k6 hands it to `handleSummary`; its only reader, `parseSummary`, makes the same of it. (k6 itself writes
 * all other summaries.)
 */
export function formatSummary({ durationMs, metrics, thresholds, groups, checks }: Summary): string {
  const judged = new Map<string, Record<string, { ok: boolean }>>()
  for (const { metric, expression, passed } of thresholds)
    judged.set(metric, { ...judged.get(metric), [expression]: { ok: passed } })
  const named = metrics.map((metric) => {
    const { type, contains, values } = metric
    const key = keyOf(metric)
    const found = judged.get(key)
    return [key, { type, contains, values, ...(found && { thresholds: found }) }] as const
  })
  return JSON.stringify({
    root_group: groupAt('', { groups, checks }),
    ...(durationMs !== null && { state: { testRunDurationMs: durationMs } }),
    metrics: Object.fromEntries(named),
  })
}

/** `http_reqs{name:pay,status:200}`, as k6 names a sub-metric. */
export function keyOf({ name, tags }: Pick<Metric, 'name' | 'tags'>): string {
  const pairs = Object.entries(tags).map(([tag, value]) => `${tag}:${value}`)
  return pairs.length > 0 ? `${name}{${pairs.join(',')}}` : name
}

function groupAt(at: string, of: Pick<Summary, 'groups' | 'checks'>): object {
  const inside = of.groups.filter((each) => each.startsWith(`${at}::`) && parentOf(each) === at)
  return {
    name: at.slice(at.lastIndexOf('::') + 2) || '',
    path: at,
    groups: inside.map((each) => groupAt(each, of)),
    checks: of.checks
      .filter(({ group }) => group === at)
      .map(({ name, passes, fails }) => ({ name, path: `${at}::${name}`, passes, fails })),
  }
}

/** k6 refuses a name of a group with `::` in it. */
const parentOf = (group: string): string => group.slice(0, group.lastIndexOf('::'))
