import { z } from 'zod'
import { isOpen, thinkWords } from '../formats/load.ts'
import { recordingSeconds } from '../formats/recording.ts'
import type { Run } from '../formats/run.ts'
import type { Summary } from '../formats/summary.ts'
import { number, percent, quantity } from '../formats/words.ts'
import { largest } from '../numbers/extremes.ts'
import { disagreeing } from './disagreement.ts'
import type { Figures } from './figures.ts'
import { halves } from './halves.ts'
import { closedRemark, estimated, openRemark, scriptRemark } from './model-remarks.ts'
import { leastQueueGrowth } from './queue-growth.ts'
import { fitsLittlesLaw, type StageStatistics } from './stages.ts'
import type { RunStatistics } from './statistics.ts'
import { mostThrottled } from './verdict.ts'

type Statistics = Omit<RunStatistics, 'remarks' | 'caveats'>

export const Caveat = z.object({
  about: z.enum(['rate', 'latency']).describe('the figure that it concerns'),
  text: z.string(),
})
type Caveat = z.infer<typeof Caveat>

/** A sentence, how much it matters, and a few words of it for beside the figure that it concerns. */
type Remark = { readonly text: string; readonly weight: number; readonly caveat: Caveat | null }

const weighed = (weight: number, texts: readonly string[], about?: Caveat['about'], brief = ''): Remark[] =>
  texts.map((text) => ({ text, weight, caveat: about ? { about, text: brief } : null }))

/** More is not read beside figures. */
const mostCaveats = 3

/** What to know before trusting the figures, in sentences, what matters most first; the first few also in a few words. */
export function remarks(
  statistics: Statistics,
  summary: Summary,
): Pick<RunStatistics, 'remarks' | 'caveats'> {
  const sorted = all(statistics, summary).sort((a, b) => b.weight - a.weight)
  const caveats = new Map(sorted.flatMap(({ caveat }) => (caveat ? [[caveat.text, caveat] as const] : [])))
  return { remarks: sorted.map(({ text }) => text), caveats: [...caveats.values()].slice(0, mostCaveats) }
}

function all(statistics: Statistics, summary: Summary): Remark[] {
  const { run, total, stages, queueGrowth } = statistics
  const odd = (summary.odd ?? []).map(
    (name) => `The summary’s metric ${name} could not be read and is left out.`,
  )
  return [
    ...weighed(10, statistics.cause ? [`What limited it: ${statistics.cause.text}`] : []),
    ...weighed(3, run?.target.cluster?.usage?.note ? [run.target.cluster.usage.note] : []),
    ...weighed(9, growthRemarks(queueGrowth), 'latency', 'the queue kept growing'),
    ...weighed(8, halvesRemarks(summary, run), 'latency', 'not steady: see below'),
    ...weighed(7, odd),
    ...sampleRemarks(total),
    ...(run ? loadRemarks(run, statistics, summary) : weighed(5, bareRemarks(summary, total))),
    ...weighed(6, stages.flatMap(misfitRemarks), 'rate', 'VUs were idle in some stage'),
  ]
}

function loadRemarks(run: Run, { total, fairness }: Statistics, summary: Summary): Remark[] {
  const script = run.script !== undefined
  const open = isOpen(run.load.stages)
  const closed = script ? scriptRemark(run) : open ? '' : closedRemark(summary, total, run)
  return [
    ...weighed(7, proxyRemarks(run), 'rate', 'of the proxy and the target'),
    ...weighed(8, disagreementRemarks(run), 'latency', 'generators disagree'),
    ...weighed(
      4,
      (run.merge?.notes ?? []).map((note) => `Merged from several generators: ${note}.`),
    ),
    ...weighed(
      5,
      run.load.stages.length > 0
        ? []
        : ['Without run.json of the generators the load and the target are unknown.'],
    ),
    ...weighed(8, throttledRemarks(run), 'latency', 'some of it is k6’s own'),
    ...weighed(7, podRemarks(run, fairness), 'rate', 'requests were uneven over the pods'),
    ...weighed(7, outputRemarks(run), 'rate', 'k6 was slowed by its outputs'),
    ...weighed(6, recordingRemarks(run, summary, total)),
    ...weighed(6, thinkRemarks(run), 'rate', 'as many as the pauses allow'),
    ...weighed(6, duetRemarks(run), 'rate', 'half of the load'),
    ...weighed(5, countRemarks(run, total), 'rate', 'other clients, or lost answers'),
    ...weighed(4, machineRemarks(run, summary), 'rate', 'k6 and workload on one machine'),
    ...weighed(
      closed.includes(estimated) ? 7 : 3,
      closed ? [closed] : [],
      'latency',
      'stalls count too little: closed model',
    ),
    ...weighed(3, !script && open ? [openRemark(run, summary, total)] : []),
    ...weighed(2, mixtureRemarks(run, summary)),
    ...weighed(0, sameCount(run, total)),
  ]
}

function disagreementRemarks({ generators = [] }: Run): string[] {
  const { name, node, figures } = disagreeing(generators) ?? {}
  if (!figures?.ratio) return []
  const { value, low, high } = figures.ratio
  const where = node && node !== name ? ` on ${node}` : ''
  return [
    `The generator ${name}${where} met ${number(value)} times the mean latency of the others (${number(low)} to ${number(high)}): its network or machine differs, and the figures mix both.`,
  ]
}

function sampleRemarks({ failed, samples, latencyOf, p999Ms }: Figures): Remark[] {
  const requests = failed !== null && failed > 0 ? quantity(failed, 'failed request') : null
  const of = samples === null ? 'successful requests' : `the ${quantity(samples, 'successful request')}`
  const few = samples !== null && samples > 0 && p999Ms === null && samples < 1000
  return [
    ...(requests === null
      ? []
      : latencyOf === 'successful'
        ? weighed(2, [`Latencies are of ${of}; ${requests} count${failed === 1 ? 's' : ''} only as errors.`])
        : weighed(
            8,
            [`Latencies include ${requests}: the summary does not keep them separate.`],
            'latency',
            'includes failed requests',
          )),
    ...weighed(
      1,
      few ? [`p99.9 is missing: it needs 1,000 requests, and there were ${number(samples)}.`] : [],
    ),
  ]
}

const bareRemarks = ({ shape }: Summary, { samples, p95Ms, p99Ms }: Figures): string[] => [
  shape === 'machine-readable'
    ? 'Without run.json the load, target and SLOs are unknown. k6’s machine-readable summary has no thresholds’ results, no groups and no percentiles but p90 and p95; k6’s older format, without --new-machine-readable-summary, has them.'
    : 'Without run.json the load, target and SLOs are unknown, and only k6’s own thresholds are judged.',
  ...(shape === 'export'
    ? ['The flat --summary-export format does not say how long the test ran; the rate is k6’s own.']
    : []),
  ...(shape !== 'machine-readable' && p95Ms !== null && p99Ms === null && (samples ?? 100) >= 100
    ? ['p99 is missing: k6 computes it where summaryTrendStats asks for p(99).']
    : []),
]

function mixtureRemarks({ load, script }: Run, { metrics }: Summary): string[] {
  const found: string[] = []
  if (load.stages.length > 1 && !script)
    found.push(
      '“all” mixes the stages: its percentiles are specific to this sequence of stages, and comparable only with runs of the same stages.',
    )
  if (metrics.some(({ name, tags }) => name === 'http_reqs' && tags.kind))
    found.push('“all” and the stages mix several kinds of request; the table by kind separates them.')
  return found
}

/** The share of k6's CPU from which on its recording is worth a sentence. */
const dear = 0.05

function recordingRemarks({ k6 }: Run, { durationMs }: Summary, { requests }: Figures): string[] {
  const { timeline, cpuSeconds } = k6
  if (!timeline || !cpuSeconds || !durationMs || !requests) return []
  const seconds = recordingSeconds(requests, durationMs / timeline.periodMs)
  // Below a twentieth of a core nobody misses it.
  return seconds < dear * Math.max(cpuSeconds, durationMs / 1000)
    ? []
    : [
        `About ${percent(seconds / cpuSeconds)} of k6’s CPU went into the timeline: in each period it sorts all latencies so far. At the highest rates --no-timeline leaves that to the load.`,
      ]
}

const outputRemarks = ({ k6 }: Run): string[] =>
  k6.outputs.length === 0
    ? []
    : [
        `k6 wrote or showed more than its summary (${k6.outputs.join(', ')}), which slows it down: compare only with runs that did the same.`,
      ]

/** From here on the highest percentiles show it. */
const throttledSome = 0.01

const throttledRemarks = ({ k6: { throttled } }: Run): string[] =>
  throttled === null || throttled < throttledSome || throttled >= mostThrottled
    ? []
    : [
        `The CPU limit of k6 held it back in ${percent(throttled)} of the limit’s periods: the highest percentiles include waiting in k6 itself. Give it a higher limit.`,
      ]

function machineRemarks({ target, host, k6 }: Run, { durationMs }: Summary): string[] {
  if (!target.embedded) return []
  const machine =
    k6.machineBusyCores === null ? '' : ` and all processes together ${number(k6.machineBusyCores)}`
  const used =
    k6.cpuSeconds && durationMs
      ? `; k6 itself used ${number((k6.cpuSeconds * 1000) / durationMs)}${machine}`
      : ''
  return [
    `Workload and k6 shared the ${quantity(host.cores, 'core')} of one machine${used}: the figures are of both together.`,
  ]
}

const duetRemarks = ({ duet }: Run): string[] =>
  duet === undefined
    ? []
    : [
        `Half of the load: at the same moment the other half went to ${duet.with}${duet.sameHost ? ', on the same host: both shared its CPU' : ''}.`,
      ]

function thinkRemarks({ load: { stages, thinkMs } }: Run): string[] {
  if (thinkMs === undefined) return []
  const vus = largest(stages.map(({ vus }) => vus))
  return [
    `Each VU paused for ${thinkWords({ thinkMs })}, so ${quantity(vus, 'VU')} can make at most ${number((vus * 1000) / thinkMs)} requests/s: the throughput is that of this load, and the target may do more.`,
  ]
}

const proxyRemarks = ({ load: { proxy } }: Run): string[] =>
  proxy === undefined
    ? []
    : [`The load went through the proxy ${proxy}: the figures are of proxy and target together.`]

function podRemarks({ target, load }: Run, fairness: number | null): string[] {
  const pods = target.cluster?.pods ?? []
  const found: string[] = []
  if (fairness !== null && fairness < 0.9) {
    const cause =
      load.connections === 'kept' ? ': a Service balances connections, and each VU kept its own.' : '.'
    found.push(
      `Requests were spread unevenly over the ${quantity(pods.length, 'pod')} (Jain’s index ${number(fairness)}, 1 would be even)${cause}`,
    )
  }
  // Of a service that is not asked none are known.
  const asked = target.workload !== null || pods.some(({ served }) => served !== null)
  const unknown = asked ? pods.filter(({ served }) => served === null).length : 0
  if (unknown > 0)
    found.push(
      `${number(unknown)} of ${quantity(pods.length, 'pod')} started, stopped or restarted during the load: how many requests they served is unknown.`,
    )
  return found
}

const countRemarks = ({ target: { workServed } }: Run, figures: Figures): string[] => {
  const answered = answeredOf(figures)
  return workServed === null || answered === null || workServed === answered
    ? []
    : [
        `The workload counted ${quantity(workServed, 'answered request')}, k6 ${number(answered)}: other clients were using it, or answers were lost.`,
      ]
}

const sameCount = ({ target: { workServed } }: Run, figures: Figures): string[] =>
  workServed !== null && workServed === answeredOf(figures)
    ? [`The workload and k6 counted the same ${quantity(workServed, 'answered request')}.`]
    : []

const answeredOf = ({ requests, failed }: Figures): number | null =>
  requests === null || failed === null ? null : requests - failed

const growthRemarks = (growth: number | null): string[] =>
  growth === null || growth < leastQueueGrowth
    ? []
    : [
        `The queue kept growing: requests arrived ${percent(growth)} faster than they were answered. The longer such a run, the higher its latencies.`,
      ]

/** Halves that differ by less are not mentioned. */
const leastRatio = 1.25

function halvesRemarks(summary: Summary, run: Run | null): string[] {
  const both = halves(summary, run)
  if (!both || Math.abs(Math.log(both.secondMs / both.firstMs)) < Math.log(leastRatio)) return []
  return [
    `The load was not steady: ${both.of} took ${number(both.firstMs)} ms on average in the first half and ${number(both.secondMs)} ms in the second. The figures mix the two.`,
  ]
}

const misfitRemarks = (stage: StageStatistics): string[] =>
  fitsLittlesLaw(stage)
    ? []
    : [
        `Stage ${stage.stage} does not fit Little’s law: its throughput and iteration time imply ${quantity(stage.inFlight ?? 0, 'request')} in flight, but there were ${quantity(stage.vus ?? 0, 'VU')}. VUs were idle, or many answers came after its end; a longer stage would give better figures.`,
      ]
