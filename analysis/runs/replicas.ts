import { median } from 'simple-statistics'
import { z } from 'zod'
import { type Slo, sloWords } from '../formats/slo.ts'
import { number, percent, quantity } from '../formats/words.ts'
import { groupedBy } from '../numbers/group.ts'
import { Repeated, repeated, runsFor } from '../numbers/repeated.ts'
import { peakOf, throughput } from '../numbers/scaling-law.ts'
import { chosenFit, type Scaling } from '../numbers/scaling-model.ts'
import type { RunStatistics } from '../run/statistics.ts'

export const ReplicaLevel = z.object({
  replicas: z.number(),
  runs: z.number().describe('valid ones; each is one observation'),
  rate: Repeated.describe('requests per second'),
  p95Ms: Repeated.nullable(),
  held: Repeated.nullable().describe(
    'requests per second of each run’s best stage that met the SLOs, 0 where none did; null where unknown',
  ),
  runsNeeded: z
    .number()
    .nullable()
    .describe('runs that would narrow the interval of the rate to ± 2 %; null where unknown'),
  speedUp: z.number().describe('median rate ÷ that of the fewest replicas'),
  efficiency: z.number().describe('speed-up ÷ increase in replicas: 1 is linear'),
})
/** The runs with one number of replicas. */
export type ReplicaLevel = z.infer<typeof ReplicaLevel>

/** The valid runs with a known number of replicas, and their throughput in requests per second. */
export const observed = (
  runs: readonly RunStatistics[],
): { readonly replicas: number; readonly rate: number; readonly run: RunStatistics }[] =>
  runs.flatMap((run) => {
    const [replicas, rate] = [run.run?.target.replicas, run.total.rate]
    return replicas && rate !== null && run.verdict.kind !== 'invalid' ? [{ replicas, rate, run }] : []
  })

/** Throughput and p95 by number of replicas, ascending; empty for fewer than two different numbers. */
export function byReplicas(runs: readonly RunStatistics[]): ReplicaLevel[] {
  const levels = groupedBy(observed(runs), ({ replicas }) => replicas)
  if (levels.size < 2) return []
  const ascending = [...levels].sort(([a], [b]) => a - b)
  type Observed = (typeof ascending)[number][1]
  const rates = (of: Observed) => of.map(({ rate }) => rate)
  const [fewest, first] = ascending[0] as [number, Observed]
  const base = median(rates(first))
  return ascending.map(([replicas, these]) => {
    const perRun = rates(these)
    const rate = repeated(perRun)
    const latencies = these.flatMap(({ run }) => run.total.p95Ms ?? [])
    const held = these.flatMap(({ run }) => heldRate(run) ?? [])
    const speedUp = rate.median / base
    return {
      replicas,
      runs: these.length,
      rate,
      p95Ms: latencies.length > 0 ? repeated(latencies) : null,
      held: held.length === these.length ? repeated(held) : null,
      runsNeeded: runsFor(perRun, 0.02),
      speedUp,
      efficiency: (speedUp * fewest) / replicas,
    }
  })
}

/** The highest rate of a stage that met the SLOs; 0 where none did, null where unknown. */
function heldRate({ stages }: RunStatistics): number | null {
  const held = stages.filter(({ holds, rate }) => holds === true && rate !== null)
  if (held.length > 0) return Math.max(...held.map(({ rate }) => rate ?? 0))
  return stages.some(({ holds }) => holds === null) || stages.length === 0 ? null : 0
}

/** The model is extrapolated no further than this multiple of the most replicas measured. */
const furthest = 2

/**
 * How many replicas to use, in a sentence, or why none can be recommended. `wanted` is the load to serve, in
 * requests per second; without it, the load that the best number of replicas serves. The least of n runs is
 * below the typical run with a confidence of 1 − 2⁻ⁿ (the sign test: David and Nagaraja, Order Statistics,
 * 2003, section 7.1).
 */
export function recommendation(
  levels: readonly ReplicaLevel[],
  slos: readonly Slo[],
  scaling: Scaling | null,
  wanted: number | null,
): string | null {
  if (levels.length === 0) return null
  const within = slos.map(sloWords).join(' and ')
  if (slos.length === 0) return 'No number of replicas is recommended: the runs have no SLO in common.'
  if (levels.some(({ held }) => held === null))
    return `No number of replicas is recommended: for some runs it is unknown whether they met ${within}.`
  const holding = levels.filter(({ held }) => held && held.least > 0)
  const best = holding.reduce<ReplicaLevel | undefined>(
    (a, b) => (a?.held && b.held && a.held.least >= b.held.least ? a : b),
    undefined,
  )
  if (!best) return `No number of replicas met ${within} in every run.`
  // More replicas that add no throughput are not worth having.
  const worth = holding.find(({ held }) => (held?.least ?? 0) >= 0.95 * (best.held?.least ?? 0)) ?? best
  if (wanted === null) return holds(worth, within)
  const enough = holding.find(({ held }) => held && held.least >= wanted)
  if (enough) return `For ${number(wanted)} requests/s: ${holds(enough, within)}`
  const most = levels.at(-1)?.replicas ?? 1
  return `No measured number of replicas holds ${number(wanted)} requests/s within ${within}; the best was ${number(best.held?.least ?? 0)} with ${best.replicas}. ${beyond(scaling, most, wanted)}`
}

function holds({ replicas, held, runs }: ReplicaLevel, within: string): string {
  const confidence =
    runs > 1
      ? `${percent(1 - 2 ** -runs)} confident: the least of ${runs} runs`
      : 'one run: no confidence can be given'
  return `${quantity(replicas, 'replica')} ${replicas === 1 ? 'holds' : 'hold'} ${number(held?.least ?? 0)} requests/s within ${within} (${confidence}).`
}

function beyond(scaling: Scaling | null, most: number, wanted: number): string {
  const fit = chosenFit(scaling)
  if (!fit) return 'There are too few numbers of replicas to extrapolate from.'
  for (let replicas = most + 1; replicas <= furthest * most; replicas++) {
    if (replicas > peakOf(fit)) break
    if (throughput(fit, replicas) >= wanted)
      return `Extrapolated by the fitted model, ${replicas} would reach it; that has not been measured.`
  }
  return `The fitted model does not reach it with up to ${furthest * most} replicas either.`
}
