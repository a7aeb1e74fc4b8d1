import { z } from 'zod'
import { type JsonReading, numberOrNull, parseJson, readJson } from './json.ts'

const Trend = z.object({
  avg: z.number(),
  min: z.number(),
  p50: z.number(),
  p90: z.number(),
  p95: z.number(),
  p99: z.number(),
  max: z.number(),
})

const Header = z.object({
  schema: z.literal(1),
  startedAt: z.string().describe('of the test, in UTC'),
  periodMs: z.number().describe('the wanted length of a period; the last one may be shorter'),
  bucketsMs: z
    .array(z.number())
    .optional()
    .describe('upper limits of the buckets of `counts`; there where raw points were kept'),
})

/**
 * What k6 and the runner saw in one period; null where nothing is known, never 0. Where the test ended within a period,
 * k6 only tells the counts of that last one.
 */
const Period = z.object({
  fromMs: z.number().describe('from the start of the test'),
  toMs: z.number(),
  vus: numberOrNull.describe('virtual users near its end; k6 looks once a second'),
  requests: numberOrNull.describe(
    'HTTP requests that ended in it; those of its last 50 ms or so may be in the next one',
  ),
  failed: numberOrNull.describe('share of these that failed, 0 to 1'),
  iterations: numberOrNull.describe('that ended in it'),
  dropped: numberOrNull.describe('open model: iterations that could not start'),
  checks: numberOrNull.describe('share of checks that passed, 0 to 1'),
  durationMs: Trend.nullable().describe('http_req_duration'),
  phasesMs: z
    .object({
      blocked: z.number(),
      connecting: z.number(),
      tls: z.number(),
      sending: z.number(),
      waiting: z.number(),
      receiving: z.number(),
    })
    .nullable()
    .describe('means of the phases of an HTTP request'),
  generatorCores: numberOrNull.describe('CPU that k6 used'),
  targetCores: numberOrNull.describe('CPU that the target used, where the runner can read it'),
  targetMemoryMiB: numberOrNull.describe('at its end'),
  throttled: numberOrNull
    .optional()
    .describe('share of the periods of the scheduler in which a CPU limit stopped the pods, 0 to 1'),
  memoryShare: numberOrNull
    .optional()
    .describe('of the container that is nearest to its memory limit: 1 is the limit'),
  restarts: numberOrNull.optional().describe('of the pods’ containers since the load began'),
  nodeBusy: numberOrNull.optional().describe('share of the CPU in use, of the busiest node of the pods'),
  observed: z.record(z.string(), numberOrNull).optional().describe('queries of a Prometheus, by name'),
  counts: z
    .array(z.number())
    .optional()
    .describe('requests by bucket of `bucketsMs`, one more for those above'),
})

export type Period = z.infer<typeof Period>

export const Timeline = Header.extend({ periods: z.array(Period) })

/** What `timeline.ndjson` holds: a line about the whole, then one for each period, in order. */
export type Timeline = z.infer<typeof Timeline>

/** The only reader of `timeline.ndjson`. A last line that was cut short is left out. */
export function parseTimeline(text: string): JsonReading<Timeline> {
  const [first = '', ...lines] = text.trimEnd().split('\n')
  const header = readJson(first, Header, 'a timeline')
  if (header.kind === 'unreadable') return header
  const periods: Period[] = []
  for (const [index, line] of lines.entries()) {
    const whole = index < lines.length - 1 || parseJson(line).kind === 'ok'
    if (!whole) break
    const period = readJson(line, Period, 'a period')
    if (period.kind === 'unreadable') return { ...period, reason: `line ${index + 2}: ${period.reason}` }
    periods.push(period.value)
  }
  return { kind: 'ok', value: { ...header.value, periods } }
}

/** The only writer of `timeline.ndjson`. */
export const formatTimeline = ({ periods, ...header }: Timeline): string =>
  [header, ...periods].map((line) => `${JSON.stringify(line)}\n`).join('')
