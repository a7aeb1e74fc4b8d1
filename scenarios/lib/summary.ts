import { asJudgedByK6 } from './expected-body.ts'

// Why requests fail, by k6's error codes (k6 documentation, "Error codes"); 1000 + the status for a response. Not by
// status: k6 compares the tags of every request with each sub-metric, tags in the order of their names, and a request
// without an error_code is ruled out by the first.
// The report gives the rest as one number.
export const errorCodes = [
  1000, 1050, 1101, 1201, 1210, 1211, 1212, 1213, 1220, 1300, 1310, 1311, 1400, 1401, 1403, 1404, 1422, 1429,
  1500, 1502, 1503, 1504,
]

type Summary = { readonly metrics: Readonly<Record<string, unknown>> }

/**
 * Writes k6's summary to the file that LAS_SUMMARY_PATH names; of a duet, each side's to a file of its own. No figure is
 * changed; what the script measured in place of k6 goes by the name that k6 has for it.
 */
export function handleSummary(given: Summary): Record<string, string> {
  const metrics = Object.entries(given.metrics).map(([name, metric]) => [asJudgedByK6(name), metric])
  const data = { ...given, metrics: Object.fromEntries(metrics) }
  const [a, b] = [__ENV.LAS_SUMMARY_PATH, __ENV.LAS_DUET_SUMMARY_PATH]
  if (a && b) return { [a]: JSON.stringify(sideOf(data, 'a')), [b]: JSON.stringify(sideOf(data, 'b')) }
  return { [__ENV.LAS_SUMMARY_PATH || 'summary.json']: JSON.stringify(data) }
}

/** The metrics of one side of a duet, without its tag: as if it had run alone. */
const sideOf = (data: Summary, side: string): Summary => ({
  ...data,
  metrics: Object.fromEntries(
    Object.entries(data.metrics).flatMap(([name, metric]) => {
      const [, plain, tags = ''] = /^(.*)\{(.*)\}$/.exec(name) ?? []
      const all = tags.split(',')
      const others = all.filter((tag) => tag !== `side:${side}`)
      if (others.length === all.length) return []
      return [[others.length > 0 ? `${plain}{${others.join(',')}}` : plain, metric]]
    }),
  ),
})
