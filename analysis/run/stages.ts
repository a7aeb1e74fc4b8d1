import { z } from 'zod'
import { type Run, stageTags } from '../formats/run.ts'
import type { Slo } from '../formats/slo.ts'
import { findMetric, percentiles, type Summary } from '../formats/summary.ts'
import { durations, Figures, figures, holds, sloFigure } from './figures.ts'
export const Percentile = z.tuple([z.number().describe('p, 0–100'), z.number().describe('ms')])

export const StageStatistics = Figures.extend({
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

export type StageStatistics = z.infer<typeof StageStatistics>

export function stageStatistics(run: Run | null, summary: Summary): StageStatistics[] {
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

export function inFlight(
  summary: Summary,
  { rate }: Figures,
  tags: Readonly<Record<string, string>>,
): number | null {
  const meanMs = findMetric(summary, 'iteration_duration', tags)?.values.avg
  return rate === null || meanMs === undefined ? null : littlesLaw(rate, meanMs)
}

/**
 * Where throughput stops growing in proportion: the stage of greatest power, throughput ÷ latency. Source: Kleinrock,
 * "Power and Deterministic Rules of Thumb for Probabilistic Problems in Computer Communications", ICC 1979.
 */
export function knee(stages: readonly StageStatistics[]): number | null {
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

export function curve(summary: Summary, tags: Record<string, string>, samples: number): [number, number][] {
  const { metric } = durations(summary, tags)
  return metric && samples > 0 ? [...percentiles(metric)] : []
}
