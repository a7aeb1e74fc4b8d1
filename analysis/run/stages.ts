import { z } from 'zod'
import { numberOrNull } from '../formats/json.ts'
import { type Run, stageTags } from '../formats/run.ts'
import { findMetric, percentiles, type Summary } from '../formats/summary.ts'
import { durations, Figures, figures, type Tags } from './figures.ts'
import { loadMs, stageRateMs } from './rates.ts'
import { holds, sloFigure } from './slo-figure.ts'

const Percentile = z.tuple([z.number().describe('p, 0–100'), z.number().describe('ms')])
export const Percentiles = z.array(Percentile)

export const StageStatistics = Figures.extend({
  stage: z.string(),
  vus: numberOrNull,
  offered: numberOrNull.describe(
    'open model: requests that should start per second; null for a closed model',
  ),
  startMs: numberOrNull.describe('from the start of the test'),
  durationMs: numberOrNull.describe('how long the stage ran, at most as long as planned'),
  holds: z.boolean().nullable().describe('whether this stage met the SLOs; null where unknown'),
  inFlight: numberOrNull.describe(
    'requests per second × mean time of an iteration, in an open model × mean latency from the intended start (Little’s law): the VUs, if all were always busy, whether or not latency changed',
  ),
  percentiles: Percentiles,
})
export type StageStatistics = z.infer<typeof StageStatistics>

/** The figures of every stage, in order; without `run.json` stages are known only by their tag. */
export function stageStatistics(run: Run | null, summary: Summary): StageStatistics[] {
  const endMs = summary.durationMs ?? Infinity
  const planned = run?.load.stages ?? tagged(summary)
  const onlyMs = run && planned.length === 1 ? loadMs(run, summary) : null
  return planned.map(({ stage, vus, offered, startMs, durationMs }, index) => {
    // The last stage of an interrupted run is shorter than planned.
    const ranMs = startMs === null ? null : Math.max(0, Math.min(durationMs ?? Infinity, endMs - startMs))
    const tags = run ? stageTags(run, stage) : { stage }
    const rateMs = onlyMs ?? (run && ranMs ? stageRateMs(run, summary, index, ranMs) : ranMs)
    const these = figures(summary, tags, rateMs)
    return {
      stage,
      vus,
      offered,
      startMs,
      durationMs: ranMs,
      ...these,
      // k6's own rate is over the whole test, so without a length there is none.
      rate: ranMs ? these.rate : null,
      holds: stageHolds(run?.slos ?? [], summary, these, tags),
      // An iteration of somebody's own script may make several requests, and pause.
      inFlight: ranMs && !run?.script ? inFlight(summary, these, tags) : null,
      percentiles: curve(summary, tags, these.samples),
    }
  })
}

/**
 * Little's law: the mean number in a system is the rate of arrivals times the mean time each stays. For VUs
 * the time is that of an iteration, which includes pauses. Source: Little, "A Proof for the Queuing Formula L
 * = λW", Operations Research 9, 1961.
 */
export const littlesLaw = (ratePerSecond: number, meanMs: number): number => (ratePerSecond * meanMs) / 1000

/** A plateau that deviates from Little’s law by more than this is remarked upon. */
const fitsWithin = 0.05

/**
 * Whether the VUs of a plateau were all busy until its end, as far as that is known. VUs without pauses always have a
 * request in flight, so the law holds for them whatever the latency did: it shows VUs that idled and answers that came
 * late, not whether the stage was steady. In an open model the number in flight follows from the latency, so there is
 * nothing to compare it with.
 */
export const fitsLittlesLaw = ({ vus, offered, inFlight }: StageStatistics): boolean =>
  vus === null || offered !== null || inFlight === null || Math.abs(inFlight / vus - 1) <= fitsWithin

function inFlight(summary: Summary, { rate }: Figures, tags: Tags): number | null {
  // An iteration of the open model may wait for its start first.
  const stay =
    findMetric(summary, 'latency_intended', tags) ?? findMetric(summary, 'iteration_duration', tags)
  const meanMs = stay?.values.avg
  return rate === null || meanMs === undefined ? null : littlesLaw(rate, meanMs)
}

/**
 * The VUs at which throughput stops growing in proportion: the stage of greatest power, throughput ÷ latency.
 * Null for an open model and for fewer than three stages. Source: Kleinrock, "Power and Deterministic Rules
 * of Thumb for Probabilistic Problems in Computer Communications", ICC 1979.
 */
export function knee(stages: readonly StageStatistics[]): number | null {
  const powers = stages.flatMap(({ vus, offered, rate, meanMs }) =>
    vus === null || offered !== null || rate === null || !meanMs ? [] : [{ vus, power: rate / meanMs }],
  )
  if (powers.length < 3) return null
  return powers.reduce((a, b) => (b.power > a.power ? b : a)).vus
}

function stageHolds(slos: Run['slos'], summary: Summary, these: Figures, tags: Tags): boolean | null {
  const held = slos.map((slo) => {
    const { value } = sloFigure(slo, summary, these, tags)
    return value === null ? null : holds(slo, value)
  })
  if (held.includes(false)) return false
  return held.length === 0 || held.includes(null) ? null : true
}

/** The stages of a summary without its run: known by their tag, of unknown size and length. */
function tagged(summary: Summary) {
  const names = new Set(summary.metrics.flatMap(({ tags }) => tags.stage ?? []))
  return [...names]
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((stage) => ({ stage, vus: null, offered: null, startMs: null, durationMs: null }))
}

/** The percentiles of the request durations with those tags; empty without samples. */
export function curve(summary: Summary, tags: Tags, samples: number | null): [p: number, ms: number][] {
  const { metric } = durations(summary, tags)
  return metric && samples !== 0 ? [...percentiles(metric)] : []
}
