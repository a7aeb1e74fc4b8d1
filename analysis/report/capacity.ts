import { median } from 'simple-statistics'
import { number, percent, quantity } from '../formats/words.ts'
import { largest, smallest } from '../numbers/extremes.ts'
import type { Repeated } from '../numbers/repeated.ts'
import type { Fit } from '../numbers/scaling-fit.ts'
import { peakOf } from '../numbers/scaling-law.ts'
import { chosenFit, type Scaling } from '../numbers/scaling-model.ts'
import { limitedByNode } from '../run/cause.ts'
import { observed, type ReplicaLevel } from '../runs/replicas.ts'
import type { Statistics } from '../runs/statistics.ts'
import { type Block, type Column, list, present, tableOf } from './blocks.ts'
import { eachAlone, groupOf, type RunGroup } from './groups.ts'
import type { OfRuns } from './model.ts'
import { partsTable } from './parts.ts'
import { replicasPlot } from './plots/replicas.ts'
import { everyRun } from './runs.ts'

/** Of runs with different numbers of replicas. */
export function capacityReport(statistics: Statistics): OfRuns {
  const { runs, replicas: levels } = statistics
  const [plots, table, details] = everyRun(runs, groupsOf(statistics))
  return {
    title: `${quantity(runs.length, 'run')} by replicas`,
    blocks: present([
      finding(statistics),
      { ...tableOf('By replicas', levels, levelColumns), narrow, terminal: true },
      { ...list(levelRemarks(statistics)), terminal: true },
      partsTable(statistics.parts),
      replicasPlot(statistics),
      ...plots,
      ...table,
      ...details.map(verdictInTerminal),
    ]),
  }
}

/** How many replicas to use, or why there is no answer; what limits it comes below. */
function finding({ recommendation }: Statistics): Block | null {
  const [first, ...reasons] = recommendation?.split(/(?<=\.) (?=[A-Z])/) ?? []
  const held = /^(For .*: )?\d[\d,]* replicas? holds? /.test(recommendation ?? '')
  return first === undefined
    ? null
    : { kind: 'finding', text: first, tone: held ? 'neutral' : 'doubt', reasons, terminal: true }
}

/** By number of replicas where there are repeats. */
const groupsOf = ({ runs, replicas: levels }: Statistics): RunGroup[] =>
  runs.length > levels.length
    ? levels.map(({ replicas }, index) =>
        groupOf(
          quantity(replicas, 'replica'),
          index,
          runs.filter(({ run }) => run?.target.replicas === replicas),
          levels.length,
        ),
      )
    : eachAlone(runs)

/** The terminal shows a single run only to say why it did not pass. */
const verdictInTerminal = (block: Block): Block =>
  block.kind !== 'details'
    ? block
    : {
        ...block,
        terminal: block.blocks.some(
          (each) => each.kind === 'finding' && (each.tone === 'bad' || each.tone === 'doubt'),
        ),
        blocks: block.blocks.map((each) => ({ ...each, terminal: each.kind === 'finding' })),
      }

const levelColumns: readonly Column<ReplicaLevel>[] = [
  ['replicas', ({ replicas }) => String(replicas)],
  ['runs', ({ runs }) => String(runs)],
  ['requests/s', ({ rate }) => number(rate.median)],
  ['between', ({ rate }) => between(rate)],
  ['p95 ms', ({ p95Ms }) => (p95Ms ? number(p95Ms.median) : '–')],
  ['p95 between', ({ p95Ms }) => (p95Ms ? between(p95Ms) : '–')],
  [
    'SLOs held at',
    ({ held }) => (held ? (held.least > 0 ? `${number(held.least)}/s` : 'not in every run') : '–'),
  ],
  ['speed-up', ({ speedUp }) => number(speedUp)],
  ['efficiency', ({ efficiency }) => percent(efficiency)],
]

// The recommendation rests on these; they fit 80 characters.
const narrow = ['replicas', 'runs', 'requests/s', 'between', 'p95 ms', 'SLOs held at', 'efficiency']

/** The interval, or the range where there is none. */
export const between = (
  { interval, least, most }: Repeated,
  words: (value: number) => string = number,
): string =>
  interval ? `${words(interval.low)} to ${words(interval.high)}` : `${words(least)} to ${words(most)}`

const names: Record<Fit['model'], string> = {
  linear: 'linear growth',
  amdahl: 'Amdahl’s law',
  usl: 'the Universal Scalability Law',
}

/** How to read the table, and what it shows, in sentences. */
function levelRemarks({ replicas: levels, runs, scaling }: Statistics): string[] {
  return [
    `Medians of the runs; “between” is ${betweenWords(levels)}. “SLOs held at” is the least throughput of any run within its SLOs.`,
    ...spreadWords(levels, observed(runs)),
    ...fullWords(runs),
    ...(scaling
      ? scalingWords(scaling)
      : ['No law of growth is fitted: that takes four numbers of replicas and six runs.']),
  ]
}

/** Which runs are no points of the law, because their node was full. */
function fullWords(runs: Statistics['runs']): string[] {
  const full = observed(runs.filter(({ run }) => limitedByNode(run)))
  if (full.length === 0) return []
  const at = [...new Set(full.map(({ replicas }) => replicas))].sort((a, b) => a - b)
  const replicas = `${at.length > 1 ? `${at.slice(0, -1).join(', ')} and ` : ''}${quantity(at.at(-1) ?? 0, 'replica')}`
  return [
    `The node was full in ${quantity(full.length, 'run')} (${replicas}), so ${full.length === 1 ? 'it is' : 'they are'} left out of the law of growth: more nodes or cores would show how the service itself grows.`,
  ]
}

function betweenWords(levels: readonly ReplicaLevel[]): string {
  const confidences = levels.flatMap(({ rate }) => rate.interval?.confidence ?? [])
  const fewer = 'the range of the runs, of which fewer than five are too few for an interval'
  if (confidences.length === 0) return fewer
  const [least, most] = [smallest(confidences), largest(confidences)].map(percent)
  const interval = `the interval of the typical run (confidence ${least === most ? least : `${least} to ${most}`})`
  return confidences.length < levels.length ? `${interval}, or ${fewer}` : interval
}

/** The spread between runs, which more runs reduce, and within each. */
function spreadWords(levels: readonly ReplicaLevel[], runs: ReturnType<typeof observed>): string[] {
  const between = levels.flatMap(({ rate }) => rate.variation ?? [])
  const within = runs.flatMap(({ run: { total } }) =>
    total.p50Ms && total.p95Ms ? total.p95Ms / total.p50Ms : [],
  )
  if (between.length === 0 || within.length === 0) return []
  const needed = largest(levels.map(({ runsNeeded }) => runsNeeded ?? 0))
  return [
    `Between runs throughput varies by up to ${percent(largest(between))} (standard deviation ÷ mean)${
      needed > 0 ? `; ${quantity(needed, 'run')} of each would bring its interval within ± 2 %` : ''
    }. Within a run p95 is ${number(median(within))} times p50.`,
  ]
}

/** The law that explains throughput best, in sentences. */
export function scalingWords(scaling: Scaling): string[] {
  const fit = chosenFit(scaling)
  if (!fit) return []
  const { intervals, peak, ceiling } = scaling
  const around = (value: number, bounds: { low: number; high: number } | null | undefined) =>
    bounds ? `${number(value)} (${number(bounds.low)} to ${number(bounds.high)})` : number(value)
  const most = largest(scaling.residuals.map(({ replicas }) => replicas))
  const worst = largest(scaling.residuals.map(({ residual, rate }) => Math.abs(residual / rate)))
  const others = scaling.alike.filter((model) => model !== fit.model).map((model) => names[model])
  const words = [
    `Of the three laws ${names[fit.model]} explains the runs best${others.length > 0 ? `, but ${others.join(' and ')} cannot be ruled out` : ''} (Akaike weight ${percent(fit.weight)}): one replica ${around(fit.gamma, intervals?.gamma)} requests/s${
      fit.model === 'linear' ? '' : `, contention α ${around(fit.alpha, intervals?.alpha)}`
    }${fit.model === 'usl' ? `, coherency β ${around(fit.beta, intervals?.beta)}` : ''}; the run farthest from it is ${percent(worst)} away.`,
  ]
  if (peak !== null) {
    words.push(
      `Throughput peaks at ${around(peakOf(fit), intervals?.peak)} replicas and falls beyond${peak > most ? ` (extrapolated: at most ${number(most)} were measured)` : ''}.`,
    )
  }
  if (ceiling !== null)
    words.push(`If the law continues to hold, no number of replicas passes ${number(ceiling)} requests/s.`)
  return words
}
