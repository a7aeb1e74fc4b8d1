import { median } from 'simple-statistics'
import { z } from 'zod'
import { type Slo, sloWords } from '../formats/slo.ts'
import { number, percent } from '../formats/words.ts'
import { groupedBy } from '../numbers/group.ts'
import { Repeated, repeated, runsFor } from '../numbers/repeated.ts'
import { peakOf, throughput } from '../numbers/scaling-law.ts'
import { chosenFit, type Scaling } from '../numbers/scaling-model.ts'
import type { RunStatistics } from '../run/statistics.ts'

/** What the runs with one number of replicas came to. */
export const Level = z.object({
  replicas: z.number(),
  runs: z.number().describe('valid ones; each is one observation'),
  rate: Repeated.describe('requests per second'),
  p95Ms: Repeated.nullable(),
  held: Repeated.nullable().describe(
    'requests per second of the best stage of each run that held the SLOs, 0 where none did; null where that cannot be told',
  ),
  runsNeeded: z
    .number()
    .nullable()
    .describe('runs that would bring the interval of the rate within ± 2 %; null where that cannot be told'),
  speedUp: z.number().describe('median rate ÷ that of the fewest replicas'),
  efficiency: z.number().describe('speed-up ÷ how many times as many replicas: 1 is linear'),
})
export type Level = z.infer<typeof Level>

/** The replicas of a run that counts, and its throughput. */
export const observed = (
  runs: readonly RunStatistics[],
): { readonly replicas: number; readonly rate: number; readonly run: RunStatistics }[] =>
  runs.flatMap((run) => {
    const [replicas, rate] = [run.run?.target.replicas, run.total.rate]
    return replicas && rate !== null && run.verdict.kind !== 'invalid' ? [{ replicas, rate, run }] : []
  })

/**
 * Throughput and p95 against the number of replicas, ascending, over all runs that are not invalid and say how many
 * there were; empty for fewer than two different numbers.
 */
export function byReplicas(runs: readonly RunStatistics[]): Level[] {
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

/** The most that a stage of the run did while it held the SLOs. */
function heldRate({ stages }: RunStatistics): number | null {
  const held = stages.filter(({ holds, rate }) => holds === true && rate !== null)
  if (held.length > 0) return Math.max(...held.map(({ rate }) => rate ?? 0))
  return stages.some(({ holds }) => holds === null) || stages.length === 0 ? null : 0
}

/** No model is asked about more than this many times the largest number of replicas that was measured. */
const furthest = 2

/**
 * How many replicas to take, in a sentence, or why none can be recommended. `wanted` is the load to be held, in requests
 * per second; without it, what the most replicas hold. The least of n runs is below the typical run with a confidence
 * of 1 − 2⁻ⁿ (the sign test: David and Nagaraja, Order Statistics, 2003, section 7.1).
 */
export function recommendation(
  levels: readonly Level[],
  slos: readonly Slo[],
  scaling: Scaling | null,
  wanted: number | null,
): string | null {
  if (levels.length === 0) return null
  const within = slos.map(sloWords).join(' and ')
  if (slos.length === 0)
    return 'No number of replicas is recommended: the runs had no SLO in common; give --slo.'
  if (levels.some(({ held }) => held === null))
    return `No number of replicas is recommended: whether ${within} held cannot be told of every run.`
  const holding = levels.filter(({ held }) => held && held.least > 0)
  const best = holding.reduce<Level | undefined>(
    (a, b) => (a?.held && b.held && a.held.least >= b.held.least ? a : b),
    undefined,
  )
  if (!best) return `No number of replicas held ${within} in every run.`
  // More replicas that do not do more are not worth taking.
  const worth = holding.find(({ held }) => (held?.least ?? 0) >= 0.95 * (best.held?.least ?? 0)) ?? best
  if (wanted === null) return holds(worth, within)
  const enough = holding.find(({ held }) => held && held.least >= wanted)
  if (enough) return `For ${number(wanted)} requests/s: ${holds(enough, within)}`
  const most = levels.at(-1)?.replicas ?? 1
  return `None of the measured numbers of replicas holds ${number(wanted)} requests/s within ${within}; the best was ${number(best.held?.least ?? 0)} with ${best.replicas}. ${beyond(scaling, most, wanted)}`
}

function holds({ replicas, held, runs }: Level, within: string): string {
  const confidence =
    runs > 1
      ? `${percent(1 - 2 ** -runs)} confident: the least of ${runs} runs`
      : 'one run: no confidence can be given'
  return `${replicas} replica${replicas === 1 ? ' holds' : 's hold'} ${number(held?.least ?? 0)} requests/s within ${within} (${confidence}).`
}

function beyond(scaling: Scaling | null, most: number, wanted: number): string {
  const fit = chosenFit(scaling)
  if (!fit) return 'Measure more replicas.'
  for (let replicas = most + 1; replicas <= furthest * most; replicas++) {
    if (replicas > peakOf(fit)) break
    if (throughput(fit, replicas) >= wanted)
      return `Extrapolated by the fitted model, ${replicas} would reach it; that has not been measured.`
  }
  return `The fitted model does not reach it with up to ${furthest * most} replicas either.`
}
