import { z } from 'zod'
import { numberOrNull } from '../formats/json.ts'
import { type Run, stageTags } from '../formats/run.ts'
import { findMetric, type Summary } from '../formats/summary.ts'
import { number, percent } from '../formats/words.ts'
import { durations, type Figures, type Tags } from './figures.ts'
import type { StageStatistics } from './stages.ts'

/**
 * A part of a mean time; the parts do not overlap. Of the wait for a connection, `blocked` is what is neither
 * connecting nor TLS, and of the wait for the first byte, `network` is what the workload reports neither as queue nor
 * as work. `other` is what is known of no part.
 */
const Part = z.object({
  name: z.enum([
    ...(['blocked', 'connecting', 'TLS', 'sending', 'waiting', 'queue', 'work', 'network'] as const),
    ...(['receiving', 'other'] as const),
  ]),
  meanMs: z.number(),
  share: z.number().describe('of the mean of all parts: they add up to 1'),
})

const Spent = z.object({
  tags: z.record(z.string(), z.string()).describe('of the requests; empty for all'),
  of: z
    .enum(['request', 'latency'])
    .describe('a request begins with the wait for a connection, its latency once it has one'),
  meanMs: z.number(),
  parts: z.array(Part).describe('in the order of time'),
})
export type Spent = z.infer<typeof Spent>

/** Where the mean time of a request went. Means add up; percentiles do not. */
export const TimeSpent = z.object({
  whole: Spent.nullable().describe('of all requests, failed ones too; null where the summary lacks a phase'),
  stages: z
    .array(Spent)
    .describe('of successful requests, as far as the workload says; empty for a single stage'),
  names: z.array(Spent).describe('by request name, where the summary has the phases by name'),
  iterationMs: numberOrNull.describe('mean time of an iteration, with pauses and the script’s own time'),
  perIteration: numberOrNull.describe('requests per iteration'),
  notes: z.array(z.string()).describe('what is not shown, and why'),
})
export type TimeSpent = z.infer<typeof TimeSpent>
export type PartName = z.infer<typeof Part>['name']

/** @param total the figures of all requests */
export function timeSpent(
  run: Run | null,
  summary: Summary,
  total: Figures,
  stages: readonly StageStatistics[],
): TimeSpent {
  const asked = total.requests !== null && total.requests > 0
  const phases = asked ? phasesOf(summary, {}) : null
  // Only the built-in scenarios' Trends of these names are what the workload reports.
  const server = run && !run.script && total.server ? wholeServer(run, summary, stages) : null
  const whole = phases?.kind === 'known' ? split(phases, server, whyWhole(summary, total)) : null
  const reports = stages.length > 1 && server ? stages : []
  const names = new Set(
    summary.metrics.flatMap(({ name, tags }) =>
      name === 'http_req_waiting' && tags.name && Object.keys(tags).length === 1 ? [tags.name] : [],
    ),
  )
  const iterations = findMetric(summary, 'iterations')?.values.count ?? 0
  return {
    whole: whole?.spent ?? null,
    stages: reports.flatMap(({ stage }) => stageSpent(summary, run ? stageTags(run, stage) : { stage })),
    names: [...names].sort().flatMap((name) => {
      const found = phasesOf(summary, { name })
      return found.kind === 'known' ? [split(found, null, null).spent] : []
    }),
    iterationMs: iterations > 0 ? meanOf(summary, 'iteration_duration', {}) : null,
    perIteration: total.requests === null || iterations === 0 ? null : total.requests / iterations,
    notes: [...(phases?.kind === 'unknown' ? [phases.why] : []), ...(whole?.note ? [whole.note] : [])],
  }
}

type Means = { readonly name: PartName; readonly meanMs: number }[]
type Phases =
  | { readonly kind: 'known'; readonly tags: Tags; readonly connection: Means; readonly rest: Means }
  | { readonly kind: 'unknown'; readonly why: string }

/** The mean of a Trend; null without samples. */
function meanOf(summary: Summary, metric: string, tags: Tags): number | null {
  const { avg, count } = findMetric(summary, metric, tags)?.values ?? {}
  return avg === undefined || avg < 0 || count === 0 ? null : avg
}

/**
 * k6's phases as parts that do not overlap: `blocked` includes connecting and TLS, and the request duration is
 * sending, waiting and receiving. Source: k6's lib/netext/httpext/tracer.go, Tracer.Done.
 */
function phasesOf(summary: Summary, tags: Tags): Phases {
  const mean = (phase: string) => meanOf(summary, `http_req_${phase}`, tags)
  const [blocked, sending, waiting, receiving] = ['blocked', 'sending', 'waiting', 'receiving'].map(mean)
  const unknown = (why: string): Phases => ({ kind: 'unknown', why })
  if (blocked == null || sending == null || waiting == null || receiving == null) {
    const all = { blocked, sending, waiting, receiving }
    const missing = Object.entries(all).flatMap(([name, value]) =>
      value == null ? [`http_req_${name}`] : [],
    )
    return unknown(
      `Where the time of a request went is unknown: the summary has no mean of ${missing.join(', ')}.`,
    )
  }
  const latency = sending + waiting + receiving
  const duration = mean('duration')
  // k6 rounds each mean to six digits.
  if (duration !== null && Math.abs(duration - latency) > 0.01 * duration + 1e-3)
    return unknown(
      `Where the time of a request went is not shown: sending, waiting and receiving are ${number(latency)} ms together, but the request duration is ${number(duration)} ms.`,
    )
  if (blocked + latency === 0)
    return unknown('Where the time of a request went is unknown: all phases are 0 ms.')
  const [connecting, tls] = [mean('connecting'), mean('tls_handshaking')]
  const free = blocked - (connecting ?? 0) - (tls ?? 0)
  return {
    kind: 'known',
    tags,
    // Where k6 dialled and then took a connection that had become free, connecting can exceed the wait.
    connection:
      connecting === null || tls === null || free < -1e-3
        ? [{ name: 'blocked', meanMs: blocked }]
        : [
            { name: 'blocked', meanMs: Math.max(0, free) },
            { name: 'connecting', meanMs: connecting },
            { name: 'TLS', meanMs: tls },
          ],
    rest: [
      { name: 'sending', meanMs: sending },
      { name: 'waiting', meanMs: waiting },
      { name: 'receiving', meanMs: receiving },
    ],
  }
}

type Server = { readonly queueMs: number; readonly workMs: number }

/** With the wait for the first byte as queue, work and the rest, where that is known. */
function split(
  { tags, connection, rest }: Phases & { kind: 'known' },
  server: Server | null,
  why: string | null,
): { readonly spent: Spent; readonly note: string | null } {
  const parts = (waiting: (ms: number) => Means) =>
    spentOf(tags, 'request', [
      ...connection,
      ...rest.flatMap((part) => (part.name === 'waiting' ? waiting(part.meanMs) : [part])),
    ])
  const unsplit = (ms: number): Means => [{ name: 'waiting', meanMs: ms }]
  if (!server) return { spent: parts(unsplit), note: null }
  const waitingMs = rest.find(({ name }) => name === 'waiting')?.meanMs ?? 0
  const reason = why ?? tooMuch(server, waitingMs)
  if (reason) return { spent: parts(unsplit), note: `Waiting is not split into queue and work: ${reason}.` }
  return { spent: parts((ms) => inside(server, ms, 'network')), note: null }
}

const tooMuch = ({ queueMs, workMs }: Server, ofMs: number): string | null =>
  queueMs + workMs > ofMs
    ? `the workload reports ${number(queueMs + workMs)} ms, more than the ${number(ofMs)} ms of waiting`
    : null

const inside = ({ queueMs, workMs }: Server, ofMs: number, rest: PartName): Means => [
  { name: 'queue', meanMs: queueMs },
  { name: 'work', meanMs: workMs },
  // Their sum may round to the whole where the difference does not.
  { name: rest, meanMs: Math.max(0, ofMs - queueMs - workMs) },
]

/** Why what the workload reports of the answers that were read is not of all requests; null if it is. */
function whyWhole(summary: Summary, { errors }: Figures): string | null {
  if (summary.metrics.some(({ name, tags }) => name === 'http_reqs' && tags.kind))
    return 'only some kinds of request report them'
  if (errors === null) return 'failed requests report none, and how many failed is unknown'
  return errors > 0.01 ? `failed requests report none, and ${percent(errors)} failed` : null
}

const serverOf = (summary: Summary, tags: Tags): Server | null => {
  const [queueMs, workMs] = [meanOf(summary, 'server_queue', tags), meanOf(summary, 'server_work', tags)]
  return queueMs === null || workMs === null ? null : { queueMs, workMs }
}

/** Of all answers: each stage counts with its answers, not with those that were read, whose share differs. */
function wholeServer(run: Run, summary: Summary, stages: readonly StageStatistics[]): Server | null {
  const each = stages.map(({ stage, samples }) => ({
    samples: samples ?? 0,
    server: samples ? serverOf(summary, stageTags(run, stage)) : null,
  }))
  const answers = each.reduce((sum, { samples }) => sum + samples, 0)
  if (stages.length < 2 || answers === 0 || each.some(({ samples, server }) => samples > 0 && !server))
    return serverOf(summary, {})
  const mean = (figure: keyof Server) =>
    each.reduce((sum, { samples, server }) => sum + samples * (server?.[figure] ?? 0), 0) / answers
  return { queueMs: mean('queueMs'), workMs: mean('workMs') }
}

/** k6 has no phases by stage, but the workload's times and the latency. */
function stageSpent(summary: Summary, tags: Tags): Spent[] {
  const server = serverOf(summary, tags)
  const { metric } = durations(summary, tags)
  const meanMs = metric?.values.count === 0 ? 0 : (metric?.values.avg ?? 0)
  return server && meanMs > 0 && !tooMuch(server, meanMs)
    ? [spentOf(tags, 'latency', inside(server, meanMs, 'other'))]
    : []
}

function spentOf(tags: Tags, of: Spent['of'], means: Means): Spent {
  const meanMs = means.reduce((sum, part) => sum + part.meanMs, 0)
  return { tags, of, meanMs, parts: means.map((part) => ({ ...part, share: part.meanMs / meanMs })) }
}
