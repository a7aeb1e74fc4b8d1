import { z } from 'zod'
import { type JsonReading, readJson } from './json.ts'
import { isOpen } from './load.ts'
import type { Run } from './run.ts'
import type { Period, Timeline } from './timeline.ts'

/** What processes have used since some moment; `at` in ms of Unix time. */
export type UsageSample = {
  readonly at: number
  readonly cpuSeconds: number
  readonly memoryMiB: number | null
  /** Only of pods. */
  readonly pods?: PodsSample
}

/** What pods have used since some moment, beside CPU and memory; null is unknown. */
type PodsSample = {
  readonly periods: number | null
  readonly throttledPeriods: number | null
  readonly memoryShare: number | null
  readonly restarts: number | null
  readonly nodeBusy: number | null
  readonly observed?: Readonly<Record<string, number | null>>
}

/** What a recording does not say of its run. */
export type Around = {
  /** From k6's summary; null where it has none. */
  readonly durationMs: number | null
  readonly stages: Readonly<Run['load']['stages']>
  readonly generator: readonly UsageSample[]
  /** None where nobody can read it. */
  readonly target: readonly UsageSample[]
}

/**
 * About how many seconds of CPU k6 spends on a recording: in each period it sorts all values so far of nine metrics of a
 * request. Measured with k6 2.2.0: 30 periods took 7.8 µs more of each request, beside the 45 of the load itself
 * (bench/scenarios.ts).
 */
export const recordingSeconds = (requests: number, periods: number): number => requests * periods * 0.26e-6

/** A value at one moment: null of a metric without samples, or that nobody has seen so far. */
type Values = (metric: string, aggregate: string) => number | null

type Moment = {
  readonly at: number
  /** Since the outputs started. */
  readonly total: Values
  /** Of the period that ends here; null of the last one where the test ended before the period did. */
  period: Values | null
}

/** What the recorder of k6's web dashboard wrote (`--out web-dashboard=record=FILE`), as the timeline of its run. */
export function timelineOf(text: string, around: Around): JsonReading<Timeline> {
  const reading = readRecording(text)
  if (reading.kind === 'unreadable') return reading
  const { periodMs, outputsAt, stoppedAt, moments } = reading.value
  const last = moments.at(-1)
  if (!last) return { kind: 'unreadable', reason: 'no period in it' }
  // The outputs start before the VUs are made, and stop as soon as the test has.
  const startedAt =
    around.durationMs === null || stoppedAt === null
      ? outputsAt
      : Math.max(outputsAt, Math.round(stoppedAt - around.durationMs))
  const seen = (metric: string) => last.total(metric, 'count') !== null
  const [requests, iterations] = [seen('http_reqs'), seen('iterations')]
  // k6 has this metric only where some were dropped.
  const dropped = isOpen(around.stages) || seen('dropped_iterations')
  const periods = moments.map(({ at, total, period }, index): Period => {
    const before = moments[index - 1]
    const from = Math.max(before?.at ?? startedAt, startedAt)
    const counted = (metric: string) => (total(metric, 'count') ?? 0) - (before?.total(metric, 'count') ?? 0)
    return {
      fromMs: from - startedAt,
      toMs: at - startedAt,
      vus: total('vus', 'value'),
      requests: requests ? counted('http_reqs') : null,
      failed: period?.('http_req_failed', 'rate') ?? null,
      iterations: iterations ? counted('iterations') : null,
      dropped: dropped ? counted('dropped_iterations') : null,
      checks: period?.('checks', 'rate') ?? null,
      durationMs: allOf(durations, (name) => period?.('http_req_duration', name) ?? null),
      phasesMs: allOf(phases, (name) => period?.(`http_req_${name}`, 'avg') ?? null),
      generatorCores: coresBetween(around.generator, from, at),
      targetCores: coresBetween(around.target, from, at),
      targetMemoryMiB:
        around.target.findLast((sample) => sample.at > from && sample.at <= at)?.memoryMiB ?? null,
      ...podsIn(around.target, from, at),
    }
  })
  return {
    kind: 'ok',
    value: {
      schema: 1,
      startedAt: new Date(startedAt).toISOString(),
      periodMs,
      periods: periods.filter(({ fromMs, toMs }) => toMs > fromMs),
    },
  }
}

/** Our names, and k6's. */
const durations = { avg: 'avg', min: 'min', p50: 'med', p90: 'p(90)', p95: 'p(95)', p99: 'p(99)', max: 'max' }
const phases = {
  blocked: 'blocked',
  connecting: 'connecting',
  tls: 'tls_handshaking',
  sending: 'sending',
  waiting: 'waiting',
  receiving: 'receiving',
}

/** The values of all these names, or null where one has none. */
function allOf<Name extends string>(
  names: Readonly<Record<Name, string>>,
  value: (name: string) => number | null,
): Record<Name, number> | null {
  const found = Object.entries<string>(names).map(([name, theirs]) => [name, value(theirs)] as const)
  return found.every(([, each]) => each !== null) ? (Object.fromEntries(found) as Record<Name, number>) : null
}

/** Cores used on average, with what was used between two samples spread evenly; null where less than half is known. */
function coresBetween(samples: readonly UsageSample[], from: number, to: number): number | null {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last) return null
  const [start, end] = [Math.max(from, first.at), Math.min(to, last.at)]
  if (end - start < (to - from) / 2) return null
  const cores = ((usedAt(samples, end) - usedAt(samples, start)) * 1000) / (end - start)
  // A process that ended takes what it used with it.
  return cores < 0 ? null : Math.round(cores * 1000) / 1000
}

/** What pods did in a period; nothing of any other target. */
function podsIn(samples: readonly UsageSample[], from: number, to: number): Partial<Period> {
  if (!samples.some(({ pods }) => pods)) return {}
  const last = samples.findLast(({ at }) => at > from && at <= to)?.pods
  const before = samples.findLast(({ at }) => at <= from)?.pods ?? samples[0]?.pods
  const grown = (of: 'periods' | 'throttledPeriods') => {
    const [a, b] = [before?.[of] ?? null, last?.[of] ?? null]
    return a === null || b === null ? null : b - a
  }
  const [periods, throttled] = [grown('periods'), grown('throttledPeriods')]
  return {
    // Pods that do nothing have no period.
    throttled: periods === null || throttled === null || periods <= 0 ? null : throttled / periods,
    memoryShare: last?.memoryShare ?? null,
    restarts: last?.restarts ?? null,
    nodeBusy: last?.nodeBusy ?? null,
    ...(last?.observed && { observed: last.observed }),
  }
}

/** CPU seconds at a moment between the first sample and the last. */
function usedAt(samples: readonly UsageSample[], at: number): number {
  const index = samples.findIndex((sample) => sample.at >= at)
  const [before, after] = [samples[Math.max(0, index - 1)], samples[index]] as [UsageSample, UsageSample]
  if (after.at === before.at) return after.cpuSeconds
  return (
    before.cpuSeconds + ((after.cpuSeconds - before.cpuSeconds) * (at - before.at)) / (after.at - before.at)
  )
}

type Recording = {
  readonly periodMs: number
  readonly outputsAt: number
  /** null where k6 was killed. */
  readonly stoppedAt: number | null
  readonly moments: readonly Moment[]
}

const Event = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('param'),
    data: z.object({ period: z.number(), aggregates: z.record(z.string(), z.array(z.string())) }),
  }),
  z.object({ event: z.literal('metric'), data: z.record(z.string(), z.object({ type: z.string() })) }),
  z.object({ event: z.enum(['start', 'stop']), data: z.tuple([z.tuple([z.number()])]) }),
  z.object({ event: z.enum(['cumulative', 'snapshot']), data: z.array(z.array(z.number())) }),
  z.object({ event: z.enum(['config', 'threshold']) }),
])

/** The events of a recording; a last line that was cut short is left out. */
function readRecording(text: string): JsonReading<Recording> {
  let aggregates: Readonly<Record<string, readonly string[]>> = {}
  const types: Record<string, string> = {}
  let names: string[] = []
  let [periodMs, outputsAt, stoppedAt]: [number, number | null, number | null] = [0, null, null]
  const moments: Moment[] = []
  for (const [index, line] of text.split('\n').slice(0, -1).entries()) {
    const read = readJson(line, Event, 'an event of k6’s recorder')
    if (read.kind === 'unreadable') return { ...read, reason: `line ${index + 1}: ${read.reason}` }
    const { value } = read
    if (value.event === 'param') {
      aggregates = value.data.aggregates
      periodMs = value.data.period
    } else if (value.event === 'metric') {
      for (const [name, { type }] of Object.entries(value.data)) types[name] = type
      names = Object.keys(types).sort(byBytes)
    } else if (value.event === 'start' || value.event === 'stop') {
      const [[at]] = value.data
      if (value.event === 'start') outputsAt = at
      else stoppedAt = at
    } else if ('data' in value) {
      if (value.data.length !== names.length)
        return {
          kind: 'unreadable',
          reason: `line ${index + 1}: values of ${value.data.length} metrics, and ${names.length} are known`,
        }
      const { data } = value
      const places = new Map(names.map((name, place) => [name, place]))
      const values: Values = (metric, aggregate) =>
        data[places.get(metric) ?? -1]?.[aggregates[types[metric] ?? '']?.indexOf(aggregate) ?? -1] ?? null
      const at = values('time', 'value') ?? 0
      if (value.event === 'cumulative') moments.push({ at, total: values, period: null })
      const now = moments.at(-1)
      if (value.event === 'snapshot' && now?.at === at) now.period = values
    }
  }
  if (outputsAt === null) return { kind: 'unreadable', reason: 'no start in it' }
  return { kind: 'ok', value: { periodMs, outputsAt, stoppedAt, moments } }
}

// Each list of values is in the order of the names of all metrics so far, by their bytes, as Go sorts them: a metric
// that appears later moves those behind it.
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
