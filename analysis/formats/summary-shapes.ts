import { z } from 'zod'
import { groupsAndChecks } from './checks.ts'
import type { Metric, Summary } from './summary.ts'

// A file holds thousands of numbers, and there may be thousands of files: zod's own record is too slow.
const Numbers = z.custom<Record<string, number | null>>((values) => {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return false
  for (const name in values) {
    const value = (values as Record<string, unknown>)[name]
    if (value !== null && typeof value !== 'number') return false
  }
  return true
}, 'expected numbers by name')

/** The data of `handleSummary`. */
export const HandleSummary = z.object({
  root_group: z.unknown().optional(),
  state: z.object({ testRunDurationMs: z.number().nonnegative() }).optional(),
  metrics: z.record(
    z.string(),
    z.object({
      type: z.string().optional().catch(undefined),
      contains: z.string().optional().catch(undefined),
      values: Numbers,
      thresholds: z.record(z.string(), z.object({ ok: z.boolean() })).optional(),
    }),
  ),
})

/** The flat file of `--summary-export`. */
export const Export = z.object({
  root_group: z.unknown().optional(),
  metrics: z.record(
    z.string(),
    z.object({ thresholds: z.record(z.string(), z.boolean()).optional() }).catchall(z.number().nullable()),
  ),
})

export function fromHandleSummary({ state, metrics, root_group }: z.infer<typeof HandleSummary>): Summary {
  const entries = Object.entries(metrics)
  return {
    shape: 'handleSummary',
    durationMs: state?.testRunDurationMs ?? null,
    metrics: entries.map(([key, { values, type, contains }]) => ({
      ...metric(key, values),
      ...(type && { type }),
      ...(contains && { contains }),
    })),
    thresholds: entries.flatMap(([metric, { thresholds = {} }]) =>
      Object.entries(thresholds).map(([expression, { ok }]) => ({ metric, expression, passed: ok })),
    ),
    ...groupsAndChecks(root_group),
  }
}

export function fromExport({ metrics, root_group }: z.infer<typeof Export>): Summary {
  const entries = Object.entries(metrics)
  return {
    shape: 'export',
    durationMs: null,
    metrics: entries.map(([key, { thresholds: _, ...values }]) => metric(key, values)),
    thresholds: entries.flatMap(([metric, { thresholds = {} }]) =>
      Object.entries(thresholds).map(([expression, crossed]) => ({ metric, expression, passed: !crossed })),
    ),
    ...groupsAndChecks(root_group),
  }
}

const metric = (key: string, values: Record<string, number | null>): Metric => ({
  ...nameAndTags(key),
  values: finite(values),
})

/** Of "name{tag:value,other:value}"; a value may contain colons, as URLs do. */
export function nameAndTags(key: string): Pick<Metric, 'name' | 'tags'> {
  const [, name = key, inside = ''] = /^([^{]*)\{(.*)\}$/.exec(key) ?? []
  const tags = inside
    .split(',')
    .filter((tag) => tag.includes(':'))
    .map((tag) => [bare(tag.slice(0, tag.indexOf(':'))), bare(tag.slice(tag.indexOf(':') + 1))])
  return { name, tags: Object.fromEntries(tags) }
}

// Quotes around a tag or its value are k6's own habit, and no part of it.
const bare = (text: string) => text.trim().replace(/^["']+|["']+$/g, '')

/** Drops nulls. Most metrics have none and are not copied, which would take most of the time. */
function finite(values: Record<string, number | null>): Record<string, number> {
  for (const name in values)
    if (values[name] === null)
      return Object.fromEntries(
        Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== null),
      )
  return values as Record<string, number>
}
