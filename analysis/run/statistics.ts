import { z } from 'zod'
import { Run, stageTags, Verdict } from '../formats/run.ts'
import type { Slo } from '../formats/slo.ts'
import {
  findMetric,
  percentileAt,
  percentiles,
  type Summary,
  type SummaryReading,
} from '../formats/summary.ts'
import { number, orDash, percent } from '../formats/words.ts'
import { distribution } from '../numbers/distribution.ts'
import { withOmitted } from '../numbers/omission.ts'
import { Following, following } from './autoscale.ts'
import { podFairness } from './balance.ts'
import { durations, Figures, figures, holds, sloFigure } from './figures.ts'
import { queueGrowth } from './queue-growth.ts'
import { failureKinds, judge } from './verdict.ts'

const Percentile = z.tuple([z.number().describe('p, 0–100'), z.number().describe('ms')])

const StageStatistics = Figures.extend({
  stage: z.string(),
  vus: z.number().nullable(),
  offered: z.number().nullable().describe('requests that were to begin a second; null for a closed load'),
  startMs: z.number().nullable().describe('from the start of the test'),
  durationMs: z.number().nullable().describe('as far as it was run'),
  holds: z
    .boolean()
    .nullable()
    .describe('whether the SLOs hold on this stage alone; null when that cannot be told'),
  inFlight: z
    .number()
    .nullable()
    .describe(
      'requests per second × mean time of an iteration: VUs, if the plateau was steady (Little’s law)',
    ),
  percentiles: z.array(Percentile),
})

/** What one run came to. */
export const RunStatistics = z.object({
  name: z.string().describe('of the result folder, or of the summary file'),
  run: Run.nullable().describe('run.json; null for a bare summary'),
  verdict: Verdict,
  durationMs: z.number().nullable(),
  total: Figures,
  percentiles: z
    .array(Percentile)
    .describe('of the request duration: the whole distribution where k6 was asked for it'),
  stages: z.array(StageStatistics),
  requests: z
    .array(Figures.extend({ name: z.string().describe('the value of the k6 tag `kind`') }))
    .describe('by kind of request, where a run made several that were told apart'),
  knee: z
    .number()
    .nullable()
    .describe('VUs of the stage with the most throughput for its latency; null for fewer than three stages'),
  queueGrowth: z
    .number()
    .nullable()
    .describe(
      'by how much requests came faster than they were answered: 0.04 is 4 %, and 0 also what may be chance; null but for an open load of one rate',
    ),
  fairness: z
    .number()
    .nullable()
    .describe(
      'Jain’s index of how requests fell on the pods: 1 is even; null where less than two pods are known',
    ),
  following: z.array(Following).describe('how the replicas followed the load, where they were watched'),
  failures: z.array(z.object({ count: z.number(), what: z.string() })).describe('what requests failed of'),
  remarks: z.array(z.string()).describe('what to know before trusting the figures'),
})

export type RunStatistics = z.infer<typeof RunStatistics>
export type StageStatistics = z.infer<typeof StageStatistics>

/** A result folder, or a summary without one, as it was read. */
export type Source = { readonly name: string; readonly run: Run | null; readonly summary: SummaryReading }

/** The figures of one run. */
export function runStatistics({ name, run, summary: reading }: Source): RunStatistics {
  const summary = reading.kind === 'summary' ? reading.summary : empty
  const total = figures(summary, {}, summary.durationMs)
  const stages = reading.kind === 'summary' ? stageStatistics(run, summary) : []
  const [stage] = run?.load.stages ?? []
  const grown = stage ? queueGrowth(summary, stage.durationMs) : null
  return {
    name,
    run,
    verdict: judge(run, reading, total),
    durationMs: summary.durationMs,
    total,
    percentiles: curve(summary, {}, total.samples),
    stages,
    requests: named(summary),
    knee: knee(stages),
    queueGrowth: grown,
    fairness: podFairness(run),
    following: following(run),
    failures: failureKinds(summary),
    remarks:
      reading.kind === 'summary'
        ? [...remarks(run, summary, total), ...growthWords(grown), ...kneeWords(stages), ...unsteady(stages)]
        : [],
  }
}

const openLoad = (run: Run): boolean => run.load.stages.some(({ offered }) => offered !== null)

function openRemark(summary: Summary, { intended, p99Ms }: Figures): string {
  const lag = findMetric(summary, 'start_lag')
  const late = lag && percentileAt(lag, 99)
  return `An open load: requests began at their own rate${
    late === undefined ? '' : `, 99 % of them no more than ${number(late)} ms late`
  }. p99 is ${orDash(p99Ms)} ms from when a request was sent and ${orDash(intended?.p99Ms ?? null)} ms from when it was to be.`
}

function closedRemark(summary: Summary, total: Figures): string {
  const { metric } = durations(summary, {})
  const known = metric ? distribution(metric, total.samples) : ''
  const [part] = typeof known === 'string' ? [] : known
  const estimate = !part || total.p99Ms === null ? null : withOmitted(part, 0.99)
  return `A closed load: each VU waits for its answer before it asks again, so a target that stalls is asked less and the stall shows in fewer latencies than real users would feel${
    estimate === null || total.p99Ms === null || estimate < total.p99Ms * 1.1
      ? '.'
      : `: with the requests that were not made meanwhile p99 would be about ${number(estimate)} ms instead of ${number(total.p99Ms)}. The scenario arrival measures it.`
  }`
}

/** A queue that grows by less than this is not told of. */
const grownBy = 0.02

const growthWords = (grown: number | null): string[] =>
  grown === null || grown < grownBy
    ? []
    : [
        `The queue grew all the while, as it does when requests come ${percent(grown)} faster than they are answered: the longer such a run, the higher its latencies.`,
      ]

const empty: Summary = { shape: 'handleSummary', durationMs: null, metrics: [], thresholds: [] }

function stageStatistics(run: Run | null, summary: Summary): StageStatistics[] {
  const ends = summary.durationMs ?? Infinity
  const planned = run?.load.stages ?? tagged(summary)
  return planned.map(({ stage, vus, offered, startMs, durationMs }) => {
    // An interrupted run has not stood on its last plateau for as long as planned.
    const stoodMs = startMs === null ? null : Math.max(0, Math.min(durationMs ?? Infinity, ends - startMs))
    const tags = run ? stageTags(run, stage) : { stage }
    const these = figures(summary, tags, stoodMs)
    return {
      stage,
      vus,
      offered,
      startMs,
      durationMs: stoodMs,
      // Without a length there is no rate: k6's own is over the whole test.
      ...these,
      rate: stoodMs ? these.rate : null,
      holds: stageHolds(run?.slos ?? [], summary, these, tags),
      inFlight: stoodMs ? inFlight(summary, these, tags) : null,
      percentiles: curve(summary, tags, these.samples),
    }
  })
}

/**
 * Little's law: the mean number in a system is the rate of arrivals times the mean time each stays. Of iterations, so
 * that a pause between requests counts too. Source: Little, "A Proof for the Queuing Formula L = λW", Operations
 * Research 9, 1961.
 */
export const littlesLaw = (ratePerSecond: number, meanMs: number): number => (ratePerSecond * meanMs) / 1000

function inFlight(
  summary: Summary,
  { rate }: Figures,
  tags: Readonly<Record<string, string>>,
): number | null {
  const meanMs = findMetric(summary, 'iteration_duration', tags)?.values.avg
  return rate === null || meanMs === undefined ? null : littlesLaw(rate, meanMs)
}

function kneeWords(stages: readonly StageStatistics[]): string[] {
  const vus = knee(stages)
  const most = Math.max(...stages.map((stage) => stage.vus ?? 0))
  if (vus === null) return []
  return [
    vus < most
      ? `Throughput for its latency is greatest at ${number(vus)} VUs, the knee: beyond it more users mostly wait.`
      : `No knee up to ${number(most)} VUs: throughput for its latency still grows.`,
  ]
}

/** A plateau that breaks Little's law by more than this was not steady. */
const steadyWithin = 0.05

function unsteady(stages: readonly StageStatistics[]): string[] {
  return stages.flatMap(({ stage, vus, offered, inFlight }) =>
    // Of an open load as many are in flight as the answers take.
    vus === null || offered !== null || inFlight === null || Math.abs(inFlight / vus - 1) <= steadyWithin
      ? []
      : [
          `Stage ${stage} was not steady: by Little’s law its throughput and iteration time make ${number(inFlight)} requests in flight, and there were ${number(vus)} VUs; a longer stage would tell more.`,
        ],
  )
}

/**
 * Where throughput stops growing in proportion: the stage of greatest power, throughput ÷ latency. Source: Kleinrock,
 * "Power and Deterministic Rules of Thumb for Probabilistic Problems in Computer Communications", ICC 1979.
 */
function knee(stages: readonly StageStatistics[]): number | null {
  const powers = stages.flatMap(({ vus, offered, rate, meanMs }) =>
    vus === null || offered !== null || rate === null || !meanMs ? [] : [{ vus, power: rate / meanMs }],
  )
  if (powers.length < 3) return null
  return powers.reduce((a, b) => (b.power > a.power ? b : a)).vus
}

function stageHolds(
  slos: readonly Slo[],
  summary: Summary,
  these: Figures,
  tags: Readonly<Record<string, string>>,
): boolean | null {
  const held = slos.map((slo) => {
    const { value } = sloFigure(slo, summary, these, tags)
    return value === null ? null : holds(slo, value)
  })
  if (held.includes(false)) return false
  return held.length === 0 || held.includes(null) ? null : true
}

/** The stages of a summary without its run: known by their tag, of unknown size and length. */
function tagged(summary: Summary): {
  stage: string
  vus: null
  offered: null
  startMs: null
  durationMs: null
}[] {
  const names = new Set(summary.metrics.flatMap(({ tags }) => tags.stage ?? []))
  return [...names]
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((stage) => ({ stage, vus: null, offered: null, startMs: null, durationMs: null }))
}

function named(summary: Summary): RunStatistics['requests'] {
  const names = summary.metrics.flatMap(({ name, tags }) =>
    name === 'http_reqs' && tags.kind && Object.keys(tags).length === 1 ? [tags.kind] : [],
  )
  return [...new Set(names)]
    .map((name) => ({ name, ...figures(summary, { kind: name }, summary.durationMs) }))
    .sort((a, b) => b.requests - a.requests)
}

function curve(summary: Summary, tags: Record<string, string>, samples: number): [number, number][] {
  const { metric } = durations(summary, tags)
  return metric && samples > 0 ? [...percentiles(metric)] : []
}

function remarks(run: Run | null, summary: Summary, total: Figures): string[] {
  const said: string[] = []
  if (total.failed > 0) {
    said.push(
      total.latencyOf === 'successful'
        ? `Latencies are of the ${number(total.samples)} successful requests; the ${number(total.failed)} failed ones count as errors.`
        : `Latencies include those of ${number(total.failed)} failed requests: the summary does not keep them apart.`,
    )
  }
  if (total.samples > 0 && total.p999Ms === null && total.samples < 1000) {
    said.push(`p99.9 is not given: it needs 1,000 requests, there were ${number(total.samples)}.`)
  }
  if (!run) {
    said.push(
      'A summary without its run.json: load shape, target and SLOs are unknown, and only k6’s own thresholds are judged.',
    )
    if (summary.shape === 'export')
      said.push('The flat --summary-export format does not say how long the test ran; the rate is k6’s own.')
    return said
  }
  if (run.load.stages.length > 1) {
    said.push(
      '“all” mixes the stages: its percentiles are of this very sequence, and comparable only with a run of the same stages.',
    )
  }
  if (summary.metrics.some(({ name, tags }) => name === 'http_reqs' && tags.kind)) {
    said.push('“all” and the stages mix several kinds of request; the table by kind tells them apart.')
  }
  if (run.k6.outputs.length > 0) {
    said.push(
      `k6 wrote or showed more than its summary (${run.k6.outputs.join(', ')}), which slows it down: compare only with runs that did the same.`,
    )
  }
  said.push(openLoad(run) ? openRemark(summary, total) : closedRemark(summary, total))
  const { embedded, workServed } = run.target
  if (embedded) {
    const generator = run.k6.cpuSeconds
    const share =
      generator && summary.durationMs
        ? `; k6 itself used ${number((generator * 1000) / summary.durationMs)}${
            run.k6.machineBusyCores === null
              ? ''
              : ` and everything together ${number(run.k6.machineBusyCores)}`
          }`
        : ''
    said.push(
      `Workload and k6 shared the ${run.host.cores} cores of one machine${share}: the figures are of both together.`,
    )
  }
  const pods = run.target.cluster?.pods ?? []
  const fairness = podFairness(run)
  if (fairness !== null && fairness < 0.9) {
    said.push(
      `Requests fell unevenly on the ${pods.length} pods (Jain’s index ${number(fairness)}, 1 would be even)${
        run.load.connections === 'kept'
          ? ': a Service balances connections, and each VU kept its own; without --keep-connections every iteration opens a new one.'
          : '.'
      }`,
    )
  }
  const strangers = pods.filter(({ served }) => served === null).length
  if (strangers > 0) {
    said.push(
      `${strangers} of ${pods.length} pods came, went or restarted during the load: what they served is not known.`,
    )
  }
  if (workServed !== null) {
    said.push(
      workServed === total.requests - total.failed
        ? `The workload counted the same ${number(workServed)} answered requests as k6.`
        : `The workload counted ${number(workServed)} answered requests, k6 ${number(total.requests - total.failed)}: somebody else was using it, or answers were lost.`,
    )
  }
  return said
}
