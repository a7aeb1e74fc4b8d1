import { Counter, Rate, Trend } from 'k6/metrics'
import type { Settings } from './settings.ts'

type Answer = {
  readonly status: number
  readonly body: unknown
  readonly timings: { readonly duration: number }
}

const expected = 'latency_expected'

/**
 * Judges each answer by its status and its body, instead of k6, which looks at the status alone: it counts failed
 * requests in k6's own `http_req_failed`, and the latencies of the others in a Trend of their own, since k6 has
 * tagged its own samples before a script sees the body. Call it during init.
 */
export function judging({
  expectBody,
  expectedStatuses,
}: Pick<Settings, 'expectBody' | 'expectedStatuses'>): (
  answer: Answer,
  tags?: Record<string, string>,
) => void {
  const failed = new Rate('http_req_failed')
  const unexpected = new Counter('unexpected_bodies')
  const latency = new Trend(expected, true)
  return ({ status, body, timings }, tags) => {
    const known = isExpected(status, expectedStatuses)
    const holds = known && typeof body === 'string' && body.includes(expectBody)
    failed.add(!holds, tags)
    if (holds) latency.add(timings.duration, tags)
    else if (known) unexpected.add(1, tags)
  }
}

const isExpected = (status: number, statuses: Settings['expectedStatuses']): boolean =>
  statuses.some((each) =>
    typeof each === 'number' ? each === status : status >= each.min && status <= each.max,
  )

/** The metrics to ask k6 for where answers are judged here, in place of those that it tags by its own judgement. */
export const judgedMetrics = (
  metrics: readonly string[],
  { expectedStatuses }: Pick<Settings, 'expectedStatuses'>,
  duet: boolean,
): string[] => [
  ...(duet ? ['a', 'b'].map((side) => `unexpected_bodies{side:${side}}`) : []),
  ...metrics.flatMap((metric) => {
    const [, name = metric, list = ''] = /^(.*)\{(.*)\}$/.exec(metric) ?? []
    const all = list.split(',')
    const tags = all.filter((tag) => !tag.startsWith('expected_response:'))
    if (tags.length === all.length) return [metric]
    const [, status] = /^error_code:1([45]\d\d)$/.exec(tags[0] ?? '') ?? []
    if (status && isExpected(Number(status), expectedStatuses)) return []
    return [withTags(name === 'http_req_duration' ? expected : name, tags)]
  }),
]

/** The name that k6 gives such a metric where it judges itself: that of what a reader of the summary looks for. */
export function asJudgedByK6(metric: string): string {
  const [, name = metric, list = ''] = /^(.*)\{(.*)\}$/.exec(metric) ?? []
  return name === expected
    ? withTags('http_req_duration', [...list.split(',').filter(Boolean), 'expected_response:true'])
    : metric
}

const withTags = (name: string, tags: readonly string[]): string =>
  tags.length > 0 ? `${name}{${tags.join(',')}}` : name
