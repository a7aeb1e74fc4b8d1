import { requestMetrics } from '../../analysis/formats/slo.ts'
import type { Row } from './rows.ts'
import { type PlannedRequest, placeholdersOf } from './template.ts'

/** Each name has two sub-metrics of k6, which cost request rate. */
const most = 20

/**
 * By which name the results have the request of each row: its column `name`, unless the request sends that column; else
 * its path, without a query and without what looks like an id. Where all would have the same, none has. Of more than
 * 20 names the rarer ones are one, which says how many they are.
 */
export function requestNames(rows: readonly Row[], request: PlannedRequest): (string | undefined)[] {
  const sent = placeholdersOf(request).has('name')
  const names = rows.map(
    (row) => (!sent && selectable(row.name ?? '')) || selectable(ofPath(request.path, row)),
  )
  const rowsOf = new Map<string, number>()
  for (const name of names) rowsOf.set(name, (rowsOf.get(name) ?? 0) + 1)
  if (rowsOf.size < 2) return rows.map(() => undefined)
  if (rowsOf.size <= most) return names
  const frequent = [...rowsOf].sort(([, a], [, b]) => b - a).slice(0, most - 1)
  const kept = new Set(frequent.map(([name]) => name))
  return names.map((name) => (kept.has(name) ? name : `${rowsOf.size - kept.size} other names`))
}

/** The sub-metrics that a run asks k6 for. */
export const metricsOfNames = (names: readonly string[]): string[] =>
  names.flatMap((name) => requestMetrics(`name:${name}`))

/**
 * A name as a k6 threshold can select it: it splits tags at commas and takes quotes and blanks off the ends of a value
 * (k6, metrics.ParseMetricName). A name may be a URL, whose user and query values are secrets.
 */
const selectable = (name: string): string =>
  name
    .replace(/\/\/[^/\s]*@/g, '//')
    .replace(/\?\S*=\S*/g, '')
    .replace(/[\s\p{Cc}\p{Cs}]+/gu, ' ')
    .replaceAll(',', ';')
    .replace(/^(.{100}).*$/u, '$1…')
    .replace(/^[ "'`]+|[ "'`]+$/g, '')

/** The template of a path; a placeholder at its beginning stands for a whole path and is filled in. */
function ofPath(template: string, row: Row): string {
  const [, column, rest = template] = /^\{\{([^{}]+)\}\}(.*)$/s.exec(template) ?? []
  if (column === undefined) return withoutQuery(template)
  return withoutQuery(masked(row[column.trim()] ?? '') + rest)
}

const withoutQuery = (path: string) => path.replace(/[?#].*$/s, '')

/** Data may hold tokens and ids: only segments of letters are shown, and versions. */
const masked = (path: string) =>
  path.replace(/[^/?#]+/g, (segment) => (/^([a-z._-]{1,40}|v\d+)$/i.test(segment) ? segment : '…'))
