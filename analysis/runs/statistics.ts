import { z } from 'zod'
import type { Source } from '../formats/read.ts'
import { type Slo, sloWords } from '../formats/slo.ts'
import type { Timeline } from '../formats/timeline.ts'
import { Scaling, scaling } from '../numbers/scaling-model.ts'
import { limitedByNode } from '../run/cause.ts'
import { RunStatistics, runStatistics } from '../run/statistics.ts'
import { inTime, Time } from '../run/time.ts'
import { Arrivals, arrivalsOf } from './arrivals.ts'
import { Breakpoint, breakpoint, type Search } from './breakpoint.ts'
import { Comparison, compare } from './compare.ts'
import { Factors, factorsOf } from './factors.ts'
import type { Declared } from './figures-compared.ts'
import { Noise, noise } from './noise.ts'
import { Part, partsOf } from './parts.ts'
import { byReplicas, ReplicaLevel as Level, observed, recommendation } from './replicas.ts'

/** What `statistics.json` holds. */
export const Statistics = z.object({
  schema: z.literal('load-and-stress statistics 1'),
  kind: z
    .enum(['run', 'runs', 'capacity', 'arrivals', 'factors', 'breakpoint', 'comparison', 'noise'])
    .describe(
      'what the runs are: one, several, over numbers of replicas, searches for the highest arrival rate over cells, over several factors, the probes of a search, two sides, repeats of the same',
    ),
  runs: z.array(RunStatistics),
  replicas: z
    .array(Level)
    .describe('throughput against replicas; empty unless the runs had different numbers of them'),
  scaling: Scaling.nullable().describe(
    'the fitted laws of growth; null with fewer than four numbers of replicas or six runs',
  ),
  recommendation: z.string().nullable().describe('how many replicas to use, or why there is no answer'),
  parts: z
    .array(Part)
    .describe('figures of request names, or those declared, by replicas or factors; empty for other kinds'),
  factors: Factors.nullable().describe('what several factors change; null unless the runs vary them'),
  arrivals: Arrivals.nullable().describe(
    'the highest arrival rate of each cell; null unless the runs are probes of searches over cells',
  ),
  breakpoint: Breakpoint.nullable().describe('where the target breaks; null unless the runs are probes'),
  comparison: Comparison.nullable().describe('null unless the runs are a baseline and a candidate'),
  noise: Noise.nullable().describe('null unless the runs are repeats of the same, to see how they differ'),
  time: Time.nullable().describe('what changed during the run; null unless it is one run with a timeline'),
})

export type Statistics = z.infer<typeof Statistics> & {
  /** For the plots of one run; `statistics.json` names its file instead. */
  readonly timeline?: Timeline
}

/**
 * `wanted`: the load that a recommended number of replicas must hold, in requests per second. `figures`: those of parts of
 * the load to give for each level.
 */
type Options = { readonly wanted?: number | null; readonly figures?: Declared }

/** The statistics of runs that belong together, such as those of a sweep. */
export function statistics(sources: readonly Source[], options: Options = {}): Statistics {
  const found = ofRuns(sources.map(runStatistics), options)
  const [source] = sources
  return source && found.kind === 'run' ? withTime(found, source) : found
}

/** A damaged timeline is a remark; the rest of the report stands. */
function withTime(found: Statistics, { run, timeline: read }: Source): Statistics {
  const reading = run && read ? read() : null
  if (reading === null || run === null) return found
  if (reading.kind === 'ok') return { ...found, time: inTime(reading.value, run), timeline: reading.value }
  const remark = `What changed during the run is unknown: ${reading.reason}.`
  return { ...found, runs: found.runs.map((each) => ({ ...each, remarks: [...each.remarks, remark] })) }
}

/** The same from the figures of each run, so that nobody needs to hold all summaries at once. */
function ofRuns(runs: readonly RunStatistics[], { wanted = null, figures = null }: Options = {}): Statistics {
  const arrivals = arrivalsOf(runs, wanted)
  if (arrivals) return { ...unrelated(runs), kind: 'arrivals', arrivals }
  const factors = factorsOf(runs)
  // Numbers of replicas are not compared over runs that differ in something else too.
  if (factors) {
    const cells = factors.cells.map(({ levels }) => ({
      levels,
      runs: runs.filter(({ run }) =>
        factors.factors.every(({ name }) => run?.factors?.[name] === levels[name]),
      ),
    }))
    return { ...unrelated(runs), kind: 'factors', factors, parts: partsOf(cells, figures) }
  }
  const levels = byReplicas(runs)
  // The rate of a full node is no point of the service's law.
  const law = scaling(observed(runs.filter(({ run }) => !limitedByNode(run))))
  return {
    ...unrelated(runs),
    kind: levels.length > 0 ? 'capacity' : runs.length === 1 ? 'run' : 'runs',
    replicas: levels,
    scaling: law,
    recommendation: recommendation(levels, commonSlos(runs), law, wanted),
    parts: partsOf(
      levels.map(({ replicas }) => ({
        levels: { replicas: String(replicas) },
        runs: runs.filter(({ run }) => run?.target.replicas === replicas),
      })),
      figures,
    ),
  }
}

/** The probes of a search for the rate at which a target breaks, in their order. */
export const breakpointStatistics = (runs: readonly RunStatistics[], search: Search): Statistics => ({
  ...ofRuns(runs),
  kind: 'breakpoint',
  breakpoint: breakpoint(runs, search),
})

/** Baseline and candidate; `runs` are those of the baseline, then those of the candidate. */
export const comparison = (
  baseline: readonly RunStatistics[],
  candidate: readonly RunStatistics[],
  options: Parameters<typeof compare>[2] = {},
): Statistics => ({
  ...unrelated([...baseline, ...candidate]),
  kind: 'comparison',
  comparison: compare(baseline, candidate, { ...options, percentiles: true }),
})

/** Repeats of the same, a list a session. */
export const noiseStatistics = (
  sessions: readonly (readonly RunStatistics[])[],
  options: Parameters<typeof noise>[1] = {},
): Statistics => ({ ...unrelated(sessions.flat()), kind: 'noise', noise: noise(sessions, options) })

const unrelated = (runs: readonly RunStatistics[]): Statistics => ({
  schema: 'load-and-stress statistics 1',
  kind: 'runs',
  runs: [...runs],
  replicas: [],
  scaling: null,
  recommendation: null,
  parts: [],
  factors: null,
  arrivals: null,
  breakpoint: null,
  comparison: null,
  noise: null,
  time: null,
})

/** The SLOs that every run had. */
function commonSlos(runs: readonly RunStatistics[]): Slo[] {
  const [first, ...others] = runs.map(({ run }) => run?.slos ?? [])
  return (first ?? []).filter((slo) =>
    others.every((slos) => slos.some((each) => sloWords(each) === sloWords(slo))),
  )
}
