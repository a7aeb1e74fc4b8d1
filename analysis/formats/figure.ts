/** What a figure may be of, besides the whole run. */
const tags = ['name', 'scenario', 'group', 'check', 'metric'] as const

const latencies = ['mean', 'p50', 'p90', 'p95', 'p99'] as const
export type Latency = (typeof latencies)[number]

/** A figure of all requests with a name, for example. */
export type TaggedFigure = {
  readonly figure: Latency | 'rate' | 'errors'
  readonly tag: (typeof tags)[number]
  readonly value: string
  /** Null for what is usual. */
  readonly better: 'higher' | 'lower' | null
}

const grammar =
  'write p95{name:checkout}, errors{name:pay}, rate{scenario:buy}, mean{group:purchase}, rate{check:paid} or p95{metric:cart_time}, or none'

/**
 * Reads `p50{name:checkout},rate{check:paid}`; `none` is an empty list. After a brace `:higher` or `:lower` says
 * what is better. A string in return is a sentence that says what is wrong.
 */
export function parseFigures(text: string): TaggedFigure[] | string {
  if (text.trim() === 'none') return []
  // A name may have commas and braces, as of http.url: up to the last brace before a comma.
  const parts = text.match(/[^,{}]*\{.*?\}(:\w*)?\s*(?=,|$)|[^,]+/g) ?? []
  if (parts.length === 0) return `no figure is named; ${grammar}`
  const figures: TaggedFigure[] = []
  for (const part of parts.map((each) => each.trim())) {
    const [, figure = '', tag = '', value = '', better] =
      /^([a-z]+\d*)\{([a-z]+):(.+)\}(?::(higher|lower))?$/.exec(part) ?? []
    const found = { figure, tag, value, better: better ?? null } as TaggedFigure
    if (!tags.includes(found.tag)) return `"${part}" is not a figure; ${grammar}`
    const possible = possibleOf(found.tag)
    if (!possible.includes(figure)) return `"${part}": of a ${tag} there are ${possible.join(', ')}`
    if (!figures.some((each) => figureName(each) === figureName(found))) figures.push(found)
  }
  return figures
}

function possibleOf(tag: TaggedFigure['tag']): readonly string[] {
  if (tag === 'check') return ['rate']
  if (tag === 'group') return latencies
  return tag === 'metric' ? [...latencies, 'rate'] : [...latencies, 'rate', 'errors']
}

/** `p95{name:checkout}`: as it is written. */
export const figureName = ({ figure, tag, value }: Omit<TaggedFigure, 'better'>): string =>
  `${figure}{${tag}:${value}}`

/** `shop › pay`, which k6 writes `::shop::pay`. */
export const groupWords = (path: string): string => path.replace(/^::/, '').replaceAll('::', ' › ')

/** `p95 of checkout`, `rate of check paid`; a figure of the whole run stays as it is. */
export function figurePhrase(metric: string): string {
  const [, figure, tag = '', value = ''] = /^([a-z]+\d*)\{([a-z]+):(.+)\}$/.exec(metric) ?? []
  if (figure === undefined) return metric
  const shown = tag === 'group' ? groupWords(value) : value
  return `${figure} of ${tag === 'name' || tag === 'metric' ? '' : `${tag} `}${shown}`
}
