import { z } from 'zod'
import { numberOrNull } from '../formats/json.ts'
import type { Run } from '../formats/run.ts'
import { percent } from '../formats/words.ts'
import { groupedBy } from '../numbers/group.ts'
import { Figures } from '../run/figures.ts'
import { leastQueueGrowth } from '../run/queue-growth.ts'
import { RunStatistics } from '../run/statistics.ts'
import { processReasons } from '../run/verdict.ts'

/** In order of precedence: the first makes a result most doubtful. */
const Limit = z
  .enum(['generator', 'machine', 'target'])
  .describe(
    'what reached its limit: k6 itself, which says nothing about the target; the CPU of k6’s machine, which other processes used too; the target',
  )

const Probe = z.object({
  rate: z.number().describe('requests offered per second'),
  held: z
    .boolean()
    .describe(
      'whether the SLOs were met, no request was dropped and the queue grew by no more than the precision, and never by more than 2 %',
    ),
  why: z.string().nullable().describe('why it did not hold, in a sentence; null where it did'),
  limit: Limit.nullable(),
  p95Ms: Figures.shape.p95Ms,
  queueGrowth: RunStatistics.shape.queueGrowth,
})
export type Probe = z.infer<typeof Probe>
/** What the search decides by. */
export type Outcome = Pick<Probe, 'rate' | 'held'>

export const Breakpoint = z.object({
  held: numberOrNull.describe('the highest rate that held in most of its probes; null where none did'),
  broke: numberOrNull.describe('the lowest rate above it that did not; null where none broke'),
  limit: Limit.nullable(),
  done: z.boolean().describe('false where the search was interrupted'),
  probes: z.array(Probe).describe('in order'),
})
export type Breakpoint = z.infer<typeof Breakpoint>

export type Search = {
  /** Requests per second of the first probe. */
  readonly start: number
  /** How close the two rates must come, and how fast the queue may grow in a probe that holds: at most 2 %. */
  readonly precision: number
  /** Probes needed at each of the two rates. */
  readonly repeat: number
  /** The factor of the first step up or down; squared with each further one, at most 2 (2). */
  readonly step?: number
}

/** The highest rate tried, in requests per second: beyond it one k6 is the bottleneck. */
const highest = 100_000

/**
 * The next rate to try, or null when the search is over: doubled while it holds, halved while it does not (by smaller
 * steps first, where the start is a good guess),
 * then bisected on a logarithmic scale. Then both ends are repeated and the majority decides, so that one
 * unlucky probe does not.
 */
export function nextRate(
  probes: readonly Outcome[],
  { start, precision, repeat, step = 2 }: Search,
): number | null {
  const rates = tally(probes)
  const undecided = rates.find(({ held, broke }) => held === broke)
  if (undecided) return undecided.rate
  const { low, high } = ends(rates)
  if (!low && !high) return start
  const factor = Math.min(2, step ** rates.length)
  if (!high) return low && low.rate < highest ? Math.min(Math.ceil(factor * low.rate), highest) : null
  if (!low) return high.rate > 1 ? Math.floor(high.rate / factor) : null
  const middle = Math.round(Math.sqrt(low.rate * high.rate))
  if (high.rate > low.rate * (1 + precision) && middle > low.rate && middle < high.rate) return middle
  const unsure = [low, high].find(({ held, broke }) => held + broke < repeat)
  return unsure?.rate ?? null
}

/** What the search found, from its runs in order. */
export function breakpoint(runs: readonly RunStatistics[], search: Search): Breakpoint {
  const probes = runs.flatMap((run) => probeOf(run, search))
  const { low, high } = ends(tally(probes))
  const limits = probes.flatMap(({ rate, limit }) => (rate === high?.rate && limit ? [limit] : []))
  return {
    held: low?.rate ?? null,
    broke: high?.rate ?? null,
    // One doubtful probe makes the result doubtful.
    limit: Limit.options.find((each) => limits.includes(each)) ?? null,
    done: nextRate(probes, search) === null,
    probes,
  }
}

/**
 * The probe that a run makes; none for an interrupted run. The SLOs alone would pass an overload that is
 * small for the length of the probe: a queue that grows by 6 % of the time reaches half a second only after
 * eight. A wide precision does not excuse growth: each per cent of it is one by which the rate is too high.
 */
export function probeOf(
  { run, verdict, total, queueGrowth }: RunStatistics,
  { precision }: Pick<Search, 'precision'>,
): Probe[] {
  const rate = run && offeredIn(run)
  if (!rate || run.interrupted) return []
  const grew = queueGrowth !== null && queueGrowth > Math.min(precision, leastQueueGrowth)
  const why =
    verdict.kind !== 'pass'
      ? (verdict.reasons[0] ?? verdict.kind)
      : grew
        ? `the queue grew: requests arrived ${percent(queueGrowth)} faster than they were answered`
        : null
  return [
    {
      rate,
      held: why === null,
      why,
      limit: why === null ? null : limitOf(run),
      p95Ms: total.p95Ms,
      queueGrowth,
    },
  ]
}

/** Of somebody's own script the rates of its k6 scenarios together. */
export const offeredIn = ({ load: { stages }, script }: Run): number | null =>
  script
    ? Math.round(stages.reduce((sum, { offered }) => sum + (offered ?? 0), 0))
    : (stages[0]?.offered ?? null)

/** The share of a machine’s CPU beyond which processes wait for each other. */
const usedUp = 0.9

function limitOf(run: Run): z.infer<typeof Limit> {
  if (processReasons(run).length > 0) return 'generator'
  return (run.k6.machineBusyCores ?? 0) >= usedUp * run.host.cores ? 'machine' : 'target'
}

type Tally = { readonly rate: number; readonly held: number; readonly broke: number }

function tally(probes: readonly Outcome[]): Tally[] {
  const rates = [...groupedBy(probes, ({ rate }) => rate)].map(([rate, these]) => {
    const held = these.filter(({ held }) => held).length
    return { rate, held, broke: these.length - held }
  })
  return rates.sort((a, b) => a.rate - b.rate)
}

function ends(rates: readonly Tally[]): { low: Tally | undefined; high: Tally | undefined } {
  const low = rates.findLast(({ held, broke }) => held > broke)
  return { low, high: rates.find(({ rate, held, broke }) => broke > held && rate > (low?.rate ?? 0)) }
}
