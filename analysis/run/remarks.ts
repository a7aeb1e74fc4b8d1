import type { Run } from '../formats/run.ts'
import { findMetric, percentileAt, type Summary } from '../formats/summary.ts'
import { number, orDash, percent } from '../formats/words.ts'
import { distribution } from '../numbers/distribution.ts'
import { withOmitted } from '../numbers/omission.ts'
import { podFairness } from './balance.ts'
import { durations, type Figures } from './figures.ts'
import { knee, type StageStatistics } from './stages.ts'

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

export const growthWords = (grown: number | null): string[] =>
  grown === null || grown < grownBy
    ? []
    : [
        `The queue grew all the while, as it does when requests come ${percent(grown)} faster than they are answered: the longer such a run, the higher its latencies.`,
      ]

export function kneeWords(stages: readonly StageStatistics[]): string[] {
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

export function unsteady(stages: readonly StageStatistics[]): string[] {
  return stages.flatMap(({ stage, vus, offered, inFlight }) =>
    // Of an open load as many are in flight as the answers take.
    vus === null || offered !== null || inFlight === null || Math.abs(inFlight / vus - 1) <= steadyWithin
      ? []
      : [
          `Stage ${stage} was not steady: by Little’s law its throughput and iteration time make ${number(inFlight)} requests in flight, and there were ${number(vus)} VUs; a longer stage would tell more.`,
        ],
  )
}

export function remarks(run: Run | null, summary: Summary, total: Figures): string[] {
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
