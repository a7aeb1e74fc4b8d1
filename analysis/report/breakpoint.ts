import { median } from 'simple-statistics'
import { number, orDash, percent } from '../formats/words.ts'
import { groupedBy } from '../numbers/group.ts'
import type { Breakpoint } from '../runs/breakpoint.ts'
import type { Statistics } from '../runs/statistics.ts'
import { present, type Table, type Tone, tableOf } from './blocks.ts'
import { eachAlone, letter } from './groups.ts'
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
      { kind: 'finding', text: words, tone: toneOf(breakpoint), terminal: true },
      { ...probesTable(breakpoint), terminal: true },
      breakpointPlot(breakpoint, words, unit),
      ...everyRun(runs, eachAlone(runs), named).flat(),
    ]),
    cases: [{ suite: 'breakpoint', name: 'a rate holds', failure: failed ? words : null }],
  }
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
    return `${held === null ? 'No rate held' : `It holds ${number(held)} ${unit}`}; at ${orDash(broke)} k6 was the bottleneck, so where the target breaks is not known.${end}`
  const shared =
    limit === 'machine'
      ? ' By then the CPU of k6’s machine was used up: a target on a separate machine may hold more.'
      : ''
  if (held === null) return `No rate held, down to ${orDash(broke)} ${unit}.${shared}${end}`
  if (broke === null) return `It held up to ${number(held)} ${unit}, the highest rate tried.${end}`
  return `It holds ${number(held)} ${unit} and breaks at ${number(broke)}: ${percent(broke / held - 1)} apart, over ${probes.length} probes.${shared}${end}`
}

function probesTable({ probes }: Breakpoint): Table {
  const rates = [...groupedBy(probes, ({ rate }) => rate)].sort(([a], [b]) => a - b)
  const middle = (figures: readonly (number | null)[]) => {
    const known = figures.flatMap((figure) => figure ?? [])
    return known.length > 0 ? median(known) : null
  }
  return tableOf('Probes', rates, [
    ['offered/s', ([rate]) => number(rate)],
    ['probes', ([, repeats]) => String(repeats.length)],
    ['held', ([, repeats]) => String(repeats.filter(({ held }) => held).length)],
    ['p95 ms', ([, repeats]) => orDash(middle(repeats.map(({ p95Ms }) => p95Ms)))],
    ['queue growth', ([, repeats]) => orDash(middle(repeats.map((each) => each.queueGrowth)), percent)],
  ])
}
