import { median } from 'simple-statistics'
import { z } from 'zod'
import { type Slo, sloWords } from '../formats/slo.ts'
import { number, quantity } from '../formats/words.ts'
import { largest, smallest } from '../numbers/extremes.ts'
import { groupedBy } from '../numbers/group.ts'
import { Repeated, repeated, runsFor } from '../numbers/repeated.ts'
import { type Law, peakOf, throughput } from '../numbers/scaling-law.ts'
import { extrapolations, type Scaling } from '../numbers/scaling-model.ts'
import type { RunStatistics } from '../run/statistics.ts'

export const ReplicaLevel = z.object({
  replicas: z.number(),
  runs: z.number().describe('valid ones; each is one observation'),
  rate: Repeated.describe('requests per second'),
  p95Ms: Repeated.nullable(),
  held: Repeated.nullable().describe(
    'requests per second of each run’s best stage that met the SLOs, 0 where none did; null where unknown',
  ),
  heldVus: z
    .number()
    .nullable()
    .describe('VUs of the stage that the least of `held` is of; null for an open model, or where none held'),
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
    const held = these.flatMap(({ run }) => heldStage(run) ?? [])
    const least = held.reduce<Held | undefined>((a, b) => (a && a.rate <= b.rate ? a : b), undefined)
    const speedUp = rate.median / base
    return {
      replicas,
      runs: these.length,
      rate,
      p95Ms: latencies.length > 0 ? repeated(latencies) : null,
      held: held.length === these.length ? repeated(held.map(({ rate }) => rate)) : null,
      heldVus: least?.vus ?? null,
      runsNeeded: runsFor(perRun, 0.02),
      speedUp,
      efficiency: (speedUp * fewest) / replicas,
    }
  })
}

type Held = { readonly rate: number; readonly vus: number | null }

/** The stage with the highest rate of those that met the SLOs; a rate of 0 where none did, null where unknown. */
function heldStage({ stages }: RunStatistics): Held | null {
  const held = stages.flatMap(({ holds, rate, vus, offered }) =>
    holds === true && rate !== null ? [{ rate, vus: offered === null ? vus : null }] : [],
  )
  if (held.length > 0) return held.reduce((a, b) => (b.rate > a.rate ? b : a))
  return stages.some(({ holds }) => holds === null) || stages.length === 0 ? null : { rate: 0, vus: null }
}

/** Laws are extrapolated no further than this multiple of the most replicas measured. */
const furthest = 2

/**
 * How many replicas to use, in a sentence, or why none can be recommended. `wanted` is the load to serve, in
 * requests per second; without it, the load that the best number of replicas serves. Of n + 1 runs of one
 * session each is equally likely to be the least, so a next run reaches the least of n in n ÷ (n + 1) (Wilks,
 * "Determination of Sample Sizes for Setting Tolerance Limits", Annals of Mathematical Statistics 12, 1941).
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
    (a, b) => (a?.held && b.held && a.held.median >= b.held.median ? a : b),
    undefined,
  )
  if (!best) return `No number of replicas met ${within} in every run.`
  // More replicas that add no throughput are not worth having.
  const worth = holding.find(({ held }) => (held?.median ?? 0) >= 0.95 * (best.held?.median ?? 0)) ?? best
  if (wanted === null) return `${holds(worth, within, holding)}${closedWords(worth)}`
  const enough = holding.find(({ held }) => held && held.least >= wanted)
  if (enough)
    return enough.heldVus === null
      ? `For ${number(wanted)} requests/s: ${holds(enough, within, holding)}`
      : `No number of replicas is recommended for ${number(wanted)} requests/s that arrive on their own: these runs had VUs. With them, ${holds(enough, within, holding)}${closedWords(enough)}`
  const most = levels.at(-1)?.replicas ?? 1
  return `No measured number of replicas holds ${number(wanted)} requests/s within ${within}; the best was ${number(best.held?.least ?? 0)} with ${number(best.replicas)}. ${beyond(scaling, most, wanted)}${closedWords(best)}`
}

function holds(level: ReplicaLevel, within: string, holding: readonly ReplicaLevel[]): string {
  const { replicas, held, runs } = level
  const [least, most] = [held?.least ?? 0, held?.most ?? 0]
  const share = `${Math.round((100 * runs) / (runs + 1))} %`
  // Of several numbers that do equally well the luckiest runs are chosen, and the next is not as lucky.
  const alike = holding.some(
    (other) => other !== level && other.held && other.held.least <= most && other.held.most >= least,
  )
  return `${quantity(replicas, 'replica')} ${replicas === 1 ? 'holds' : 'hold'} ${number(least)} requests/s within ${within}. ${
    runs > 1 ? `That is the least of ${quantity(runs, 'run')}` : 'One run showed it'
  }: a next run holds it in ${alike ? 'at most' : 'about'} ${share} of cases${alike ? ', since another number of replicas did as well' : ''}, and in fewer on another day or machine.`
}

// VUs never queue more requests than there are VUs; independent users do.
const closedWords = ({ heldVus }: ReplicaLevel): string =>
  heldVus === null
    ? ''
    : ` It is what ${quantity(heldVus, 'VU')} ${heldVus === 1 ? 'reaches' : 'reach'}, each waiting for its answer before it asks again. Independent users who arrive at that rate can meet far longer latencies: search the arrival rate to know.`

function beyond(scaling: Scaling | null, most: number, wanted: number): string {
  if (!scaling) return 'There are too few numbers of replicas or runs to extrapolate from.'
  const needed = extrapolations(scaling).map((law) => reaching(law, most, wanted))
  const [first, ...others] = needed
  if (first === undefined)
    return 'With the most replicas throughput no longer grew, so nothing is extrapolated.'
  if (needed.every((each) => each === null))
    return `No law that explains the runs reaches it with up to ${quantity(furthest * most, 'replica')} either.`
  if (needed.includes(null))
    return 'Whether more would reach it cannot be told: laws that explain the runs about as well disagree.'
  const [from, to] = [smallest(needed.map(Number)), largest(needed.map(Number))]
  return `Extrapolated by the law${others.length > 0 ? 's' : ''} that explain${others.length > 0 ? '' : 's'} the runs, ${from === to ? from : `${from} to ${to}`} would reach it; that has not been measured.`
}

/** The fewest replicas beyond `most` with which a law reaches that throughput; null if it does not by far. */
function reaching(law: Law, most: number, wanted: number): number | null {
  for (let replicas = most + 1; replicas <= Math.min(furthest * most, peakOf(law)); replicas++)
    if (throughput(law, replicas) >= wanted) return replicas
  return null
}
