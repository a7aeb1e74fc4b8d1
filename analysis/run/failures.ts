import { findMetric, type Summary } from '../formats/summary.ts'
import { number, quantity } from '../formats/words.ts'

const failures: Record<string, string> = {
  'error_code:1000': 'failed for a reason that k6 does not name',
  'error_code:1050': 'timed out',
  'error_code:1101': 'could not resolve the host name',
  'error_code:1201': 'lost the connection while sending',
  'error_code:1210': 'could not connect',
  'error_code:1211': 'timed out connecting',
  'error_code:1212': 'were refused the connection',
  'error_code:1213': 'could not connect (the system’s reason is in k6.log)',
  'error_code:1220': 'had the connection reset',
  'error_code:1300': 'failed in TLS',
  'error_code:1310': 'met a certificate of an unknown authority',
  'error_code:1311': 'met a certificate for another host',
}

/** Why requests failed, most frequent first; what our own summaries do not name comes last, so that the counts add up. */
export function failureKinds(summary: Summary): { count: number; what: string }[] {
  const kinds = summary.metrics.flatMap(({ name, tags: { expected_response: _, ...tags }, values }) => {
    const [tag, ...more] = Object.entries(tags)
    const count = values.count ?? 0
    if (name === 'unexpected_bodies' && !tag && count > 0)
      return [{ count, what: 'were answered without the expected text' }]
    if (name !== 'http_reqs' || !tag || more.length > 0 || count === 0) return []
    const [key, value] = tag
    const status = key === 'status' ? value : /^error_code:1([45]\d\d)$/.exec(`${key}:${value}`)?.[1]
    // A script may count every status; k6 takes 200 to 399 as success unless told otherwise.
    if (status) return /^[23]/.test(status) ? [] : [{ count, what: `were answered ${status}` }]
    const what = failures[`${key}:${value}`]
    return what ? [{ count, what }] : []
  })
  kinds.sort((a, b) => b.count - a.count || a.what.localeCompare(b.what))
  const { passes: failed = 0 } = findMetric(summary, 'http_req_failed')?.values ?? {}
  const other = failed - kinds.reduce((sum, { count }) => sum + count, 0)
  const named = summary.metrics.some(({ name, tags }) => name === 'http_reqs' && tags.error_code)
  return named && other > 0
    ? [...kinds, { count: other, what: 'failed for other reasons (see k6.log)' }]
    : kinds
}

/** The most frequent ones, in brackets. */
export const because = (summary: Summary) => {
  const kinds = failureKinds(summary).slice(0, 3)
  return kinds.length > 0 ? ` (${kinds.map(({ count, what }) => `${number(count)} ${what}`).join(', ')})` : ''
}

/** Which requests failed, where a script names them. */
export function blamed(summary: Summary): string {
  const { passes: failed = 0 } = findMetric(summary, 'http_req_failed')?.values ?? {}
  const named = summary.metrics
    .flatMap(({ name, tags, values: { passes = 0 } }) =>
      name === 'http_req_failed' && tags.name && Object.keys(tags).length === 1 && passes > 0
        ? [{ name: tags.name, passes }]
        : [],
    )
    .sort((a, b) => b.passes - a.passes)
    .slice(0, 3)
    .map(({ name, passes }, index) =>
      index > 0
        ? `, ${number(passes)} for ${name}`
        : `; ${number(passes)} of ${quantity(failed, 'failed request')} were for ${name}`,
    )
  return named.join('')
}
