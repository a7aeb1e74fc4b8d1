/**
 * What a run must achieve. `limit` is a maximum in ms or a share; for `rate`, a minimum per second, or of the tag `check`
 * a share of its checks. With `tags` it is about what has them; the tag `metric` names a custom metric, whose unit the
 * limit has.
 */
export type Slo = {
  readonly figure: string
  readonly limit: number
  readonly tags?: Readonly<Record<string, string>> | undefined
}

/** The default: a run fails when more than one request in a hundred does. */
export const defaultSlos: readonly Slo[] = [{ figure: 'errors', limit: 0.01 }]

/** Reads `p95=250,errors{name:/checkout}=0.01`; a string in return is a sentence that says what is wrong. */
export function parseSlos(text: string): Slo[] | string {
  const slos: Slo[] = []
  for (const part of parts(text)) {
    const [, figure = '', , inside, number = '', unit = ''] =
      /^([a-z]+[\d.]*)\s*(\{(.*)\})?\s*=\s*(\d+(?:\.\d+)?)\s*(\S*)$/s.exec(part) ?? []
    const tags = inside === undefined ? {} : tagsIn(inside)
    if (!tags) return `"${part}": tags are written as in p95{name:/checkout}=250`
    const ofCheck = tags.check !== undefined
    if (ofCheck && figure !== 'rate')
      return `"${part}": of a check only the share that succeeded has a limit: rate{check:paid}=0.99`
    if (tags.metric !== undefined && Object.keys(tags).length > 1)
      return `"${part}": a custom metric is limited as a whole: p95{metric:cart_time}=300`
    if (!units(figure, tags)?.includes(unit)) {
      return `"${part}" is not an SLO; write p95=250 (ms), mean=, max=, errors=0.01 (a share, or 1%) or rate=100 (per second), with tags as p95{name:/checkout}=250`
    }
    const limit = Number(number) / (unit === '%' ? 100 : 1)
    if ((figure === 'errors' || ofCheck) && limit > 1)
      return `"${part}": ${figure} is a share from 0 to 1 (or write ${figure === 'errors' ? 'errors=1%' : '99%'})`
    slos.push(inside === undefined ? { figure, limit } : { figure, limit, tags })
  }
  return slos
}

/** Split at commas, except those between braces, which may be nested: a name may be `/items/{{id}}`. */
function parts(text: string): string[] {
  const found = ['']
  let depth = 0
  for (const character of text) {
    depth += character === '{' ? 1 : character === '}' ? -1 : 0
    if (character === ',' && depth === 0) found.push('')
    else found.push((found.pop() ?? '') + character)
  }
  return found.map((each) => each.trim())
}

/** `name:/checkout,method:POST`; null for anything else. A value may have colons. */
function tagsIn(text: string): Record<string, string> | null {
  const pairs = text.split(',').map((part) => /^\s*(\w+)\s*:\s*(.*\S)\s*$/s.exec(part))
  return pairs.every((pair) => pair !== null)
    ? Object.fromEntries(pairs.map(([, tag = '', value = '']) => [tag, value]))
    : null
}

/** The sub-metrics of k6 that an SLO with tags is judged by; those of one without, and custom metrics, are there anyway. */
export function sloMetrics({ figure, tags }: Slo): string[] {
  if (!tags || tags.metric !== undefined) return []
  const selector = tagWords(tags)
  if (tags.check !== undefined) return [`checks{${selector}}`]
  const [counts, durations] = requestMetrics(selector)
  return isLatency(figure) ? [counts, durations] : [counts]
}

/**
 * The sub-metrics of k6 for the requests with those tags: failures, which count the requests too, and durations, of
 * successful requests unless k6 is not to tag which those are.
 */
export const requestMetrics = (
  selector: string,
  { judged = true } = {},
): [counts: string, durations: string] => [
  `http_req_failed{${selector}}`,
  `http_req_duration{${selector}${judged ? ',expected_response:true' : ''}}`,
]

/** `name:/checkout,method:POST` */
export const tagWords = (tags: Slo['tags'] = {}): string =>
  Object.entries(tags)
    .map(([tag, value]) => `${tag}:${value}`)
    .join(',')

/** The figures of a custom metric that an SLO can limit, by its type in k6; p95 stands for any percentile. */
export const figuresOfType: Readonly<Record<string, readonly string[]>> = {
  trend: ['p95', 'mean', 'max'],
  rate: ['rate', 'errors'],
  counter: ['rate'],
  gauge: ['max'],
}

/** Whether an SLO can limit that figure of a custom metric of a type. */
export function hasFigure(type: string, figure: string): boolean {
  const figures = figuresOfType[type] ?? []
  return figures.includes(figure) || (figures.includes('p95') && sloPercentile(figure) !== undefined)
}

/** The units allowed with a figure; undefined for an unknown figure. */
function units(figure: string, { check, metric }: Record<string, string>): string[] | undefined {
  if (figure === 'errors' || check !== undefined) return ['', '%']
  if (figure === 'rate') return metric === undefined ? ['', '/s'] : ['', '/s', '%']
  return isLatency(figure) ? ['', 'ms'] : undefined
}

export const isLatency = (figure: string): boolean =>
  figure === 'mean' || figure === 'max' || (sloPercentile(figure) ?? 0) > 0

/** 95 for `p95`, undefined for other figures. */
export function sloPercentile(figure: string): number | undefined {
  const p = /^p(\d{1,2}(?:\.\d+)?)$/.exec(figure)?.[1]
  return p === undefined ? undefined : Number(p)
}

/** `p95 ≤ 250 ms`, `errors{name:/checkout} ≤ 1 %` */
export function sloWords({ figure, limit, tags }: Slo): string {
  const what = tags ? `${figure}{${tagWords(tags)}}` : figure
  const share = `${Number((limit * 100).toPrecision(6))} %`
  if (figure === 'errors') return `${what} ≤ ${share}`
  // What the unit of a custom metric is, only a summary says.
  if (tags?.metric !== undefined) return `${what} ${figure === 'rate' ? '≥' : '≤'} ${limit}`
  if (figure === 'rate') return `${what} ≥ ${tags?.check === undefined ? `${limit} requests/s` : share}`
  return `${what} ≤ ${limit} ms`
}
