import { median } from 'simple-statistics'
import { changeSize, number, orDash, percent, quantity } from '../formats/words.ts'
import { groupedBy } from '../numbers/group.ts'
import type { RunStatistics } from '../run/statistics.ts'
import { type Breakpoint, offeredIn } from '../runs/breakpoint.ts'
import type { Statistics } from '../runs/statistics.ts'
import { type Block, present, type Table, type Tone, tableOf } from './blocks.ts'
import { groupOf, letter, type RunGroup } from './groups.ts'
import type { OfRuns } from './model.ts'
import { breakpointPlot } from './plots/breakpoint.ts'
import { everyRun } from './runs.ts'

export function breakpointReport(statistics: Statistics): OfRuns {
  const { runs } = statistics
  const breakpoint = statistics.breakpoint as Breakpoint
  const unit = runs.some(({ run }) => run?.script) ? 'iterations/s' : 'requests/s'
  const words = breakpointWords(breakpoint, unit)
  const named = probeNames(breakpoint)
  const failed = breakpoint.held === null || breakpoint.limit === 'generator'
  return {
    title: 'Where it breaks',
    blocks: present([
      finding(words, toneOf(breakpoint)),
      { ...probesTable(breakpoint), terminal: true },
      breakpointPlot(breakpoint, words, unit, runs),
      ...everyRun(runs, byRate(runs), named).flat(),
    ]),
    cases: [{ suite: 'breakpoint', name: 'a rate holds', failure: failed ? words : null }],
  }
}

/** The probes of a rate together. */
function byRate(runs: readonly RunStatistics[]): RunGroup[] {
  const rates = [...groupedBy(runs, ({ run }) => (run && offeredIn(run)) ?? 0)].sort(([a], [b]) => a - b)
  return rates.map(([rate, these], index) => groupOf(`${number(rate)}/s`, index, these, rates.length))
}

/** The first sentence is the answer, the others are what to know about it. */
function finding(words: string, tone: Tone): Block {
  const [text = '', ...reasons] = words.split(/(?<=\.) (?=[A-Z\d])/)
  return { kind: 'finding', text, tone, reasons, terminal: true }
}

/** `278/s`, and `278/s (2)` of its repeat; a run that was no probe, as it was interrupted, keeps its letter. */
function probeNames({ probes }: Breakpoint): (index: number) => string {
  return (index) => {
    const rate = probes[index]?.rate
    if (rate === undefined) return letter(index)
    const repeat = probes.slice(0, index + 1).filter((each) => each.rate === rate).length
    return `${number(rate)}/s${repeat > 1 ? ` (${repeat})` : ''}`
  }
}

const toneOf = ({ held, limit, done }: Breakpoint): Tone =>
  limit === 'generator' || limit === 'machine' || !done ? 'doubt' : held === null ? 'bad' : 'good'

/** What the search found, and what puts it in doubt, in sentences. */
export function breakpointWords(
  { held, broke, limit, done, probes }: Breakpoint,
  unit = 'requests/s',
): string {
  const end = done ? '' : ' The search was cut short.'
  if (limit === 'generator')
    return `${held === null ? 'No rate held' : `Holds ${number(held)} ${unit}`}; at ${orDash(broke)} k6 was the bottleneck, so where the target breaks is not known.${end}`
  const shared =
    limit === 'machine'
      ? ' By then the CPU of k6’s machine was used up: a target on a separate machine may hold more.'
      : ''
  if (held === null) return `No rate held, down to ${orDash(broke)} ${unit}.${shared}${end}`
  if (broke === null)
    return `Holds ${number(held)} ${unit}, the highest rate tried${p95Words(probes, held)}.${end}`
  return `Holds ${number(held)} ${unit}, breaks at ${number(broke)}${p95Words(probes, held, broke)}. ${changeSize(broke / held - 1)} % apart, over ${quantity(probes.length, 'probe')}.${whyWords(probes, broke)}${shared}${end}`
}

/** `: p95 12.1 → 380 ms`, medians of the probes at those rates; nothing where one is unknown. */
function p95Words(probes: Breakpoint['probes'], ...rates: readonly number[]): string {
  const found = rates.map((rate) =>
    middle(probes.filter((each) => each.rate === rate).map(({ p95Ms }) => p95Ms)),
  )
  return found.includes(null) ? '' : `: p95 ${found.map((ms) => orDash(ms)).join(' → ')} ms`
}

/** Why a probe at that rate did not hold. */
function whyWords(probes: Breakpoint['probes'], broke: number): string {
  const why = probes.find(({ rate, held }) => rate === broke && !held)?.why
  return why ? ` At ${number(broke)}: ${why.replace(/\.$/, '')}.` : ''
}

/** The median of the known ones. */
const middle = (figures: readonly (number | null)[]): number | null => {
  const known = figures.flatMap((figure) => figure ?? [])
  return known.length > 0 ? median(known) : null
}

function probesTable({ probes }: Breakpoint): Table {
  const rates = [...groupedBy(probes, ({ rate }) => rate)].sort(([a], [b]) => a - b)
  return tableOf('Probes', rates, [
    ['offered/s', ([rate]) => number(rate)],
    ['probes', ([, repeats]) => String(repeats.length)],
    ['held', ([, repeats]) => String(repeats.filter(({ held }) => held).length)],
    ['p95 ms', ([, repeats]) => orDash(middle(repeats.map(({ p95Ms }) => p95Ms)))],
    ['queue growth', ([, repeats]) => orDash(middle(repeats.map((each) => each.queueGrowth)), percent)],
  ])
}
