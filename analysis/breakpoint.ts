import { z } from 'zod'
import type { RunStatistics } from './run-statistics.ts'

const Probe = z.object({
  rate: z.number().describe('requests offered a second'),
  held: z.boolean().describe('whether the SLOs held; a probe that k6 dropped requests in did not'),
})
export type Probe = z.infer<typeof Probe>

export const Breakpoint = z.object({
  held: z
    .number()
    .nullable()
    .describe('the highest rate that held in most of its probes; null where none did'),
  broke: z.number().nullable().describe('the lowest above it that did not; null where none broke'),
  done: z.boolean().describe('false where the search was cut short'),
  probes: z.array(Probe).describe('in the order in which they were made'),
})
export type Breakpoint = z.infer<typeof Breakpoint>

export type Search = {
  /** Requests per second of the first probe. */
  readonly start: number
  /** How close the two rates must come: 0.02 is 2 %. */
  readonly precision: number
  /** Probes that each of the two must have had. */
  readonly repeat: number
}

/** The most that is tried: beyond it one k6 is the bottleneck. */
const highest = 100_000

/**
 * The next rate to try, or null when the search is over: doubled while it holds, halved while it does not, then bisected
 * on a logarithmic scale; then both ends are repeated, and a majority decides, so that one unlucky probe does not.
 */
export function nextRate(probes: readonly Probe[], { start, precision, repeat }: Search): number | null {
  const rates = tally(probes)
  const undecided = rates.find(({ held, broke }) => held === broke)
  if (undecided) return undecided.rate
  const { low, high } = ends(rates)
  if (!low && !high) return start
  if (!high) return low && low.rate < highest ? Math.min(2 * low.rate, highest) : null
  if (!low) return high.rate > 1 ? Math.floor(high.rate / 2) : null
  const middle = Math.round(Math.sqrt(low.rate * high.rate))
  if (high.rate > low.rate * (1 + precision) && middle > low.rate && middle < high.rate) return middle
  const unsure = [low, high].find(({ held, broke }) => held + broke < repeat)
  return unsure?.rate ?? null
}

/** What the search has found, from its runs in their order. */
export function breakpoint(runs: readonly RunStatistics[], search: Search): Breakpoint {
  const probes = runs.flatMap(probeOf)
  const { low, high } = ends(tally(probes))
  return {
    held: low?.rate ?? null,
    broke: high?.rate ?? null,
    done: nextRate(probes, search) === null,
    probes,
  }
}

/** One that was interrupted says nothing. */
export function probeOf({ run, verdict }: RunStatistics): Probe[] {
  const rate = run?.load.stages[0]?.offered
  return rate && !run.interrupted ? [{ rate, held: verdict.kind === 'pass' }] : []
}

type Tally = { readonly rate: number; readonly held: number; readonly broke: number }

function tally(probes: readonly Probe[]): Tally[] {
  const rates = new Map<number, Tally>()
  for (const { rate, held } of probes) {
    const before = rates.get(rate) ?? { rate, held: 0, broke: 0 }
    rates.set(rate, { rate, held: before.held + Number(held), broke: before.broke + Number(!held) })
  }
  return [...rates.values()].sort((a, b) => a.rate - b.rate)
}

function ends(rates: readonly Tally[]): { low: Tally | undefined; high: Tally | undefined } {
  const low = rates.findLast(({ held, broke }) => held > broke)
  return { low, high: rates.find(({ rate, held, broke }) => broke > held && rate > (low?.rate ?? 0)) }
}
