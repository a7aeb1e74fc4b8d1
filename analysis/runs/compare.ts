import { z } from 'zod'
import { number } from '../formats/words.ts'
import { groupedBy } from '../numbers/group.ts'
import {
  benjaminiHochberg,
  cliffsDelta,
  fewestRuns,
  hodgesLehmann,
  Interval,
  mannWhitney,
  Repeated,
  repeated,
  runsToTell,
} from '../numbers/inference.ts'
import type { RunStatistics } from '../run/statistics.ts'

const Judgement = z.enum(['worse', 'better', 'no difference', 'cannot tell'])
export type Judgement = z.infer<typeof Judgement>

const Compared = z.object({
  metric: z.string(),
  unit: z.string(),
  better: z.enum(['higher', 'lower']),
  baseline: Repeated,
  candidate: Repeated,
  scale: z
    .enum(['ratio', 'difference'])
    .describe(
      'how the change is told: candidate ÷ baseline, or candidate − baseline for shares that may be 0',
    ),
  change: z.number().describe('Hodges–Lehmann'),
  interval: Interval.nullable().describe('of the change; null where there are too few runs for one'),
  p: z.number().describe('two-sided Mann–Whitney, exact up to 100 runs'),
  adjusted: z
    .number()
    .describe('p after Benjamini and Hochberg over the figures of speed; p itself for errors'),
  delta: z.number().describe('Cliff’s δ: −1 to 1, above 0 where the candidate’s values are the greater'),
  judgement: Judgement,
  runsNeeded: z
    .number()
    .nullable()
    .describe('runs a side that would tell the least change that matters, where this many cannot'),
})
export type Compared = z.infer<typeof Compared>

const Group = z.object({
  scenario: z.string(),
  replicas: z.number().nullable(),
  runs: z.object({ baseline: z.number(), candidate: z.number() }),
  invalid: z.number().describe('runs of both sides that prove nothing and were left out'),
  interleaved: z
    .boolean()
    .describe('whether the sides were run in turns, so that a change of the machine met both'),
  refused: z
    .array(z.string())
    .describe('why the two cannot be compared; empty where they can, or were told to be'),
  warnings: z.array(z.string()),
  metrics: z.array(Compared),
  judgement: Judgement,
})
export type Group = z.infer<typeof Group>

export const Comparison = z.object({
  effect: z.number().describe('the least change that matters, as a share'),
  split: z.number().describe('how many of the runs, from the first, are the baseline’s'),
  groups: z.array(Group),
  unmatched: z.array(z.string()).describe('what only one side has'),
  judgement: Judgement,
})
export type Comparison = z.infer<typeof Comparison>

/** Changes of an error rate smaller than this do not matter. */
const leastErrors = 0.001
// Both by simulation (bench/statistics.ts): with 0.05 and an interval clear of none by nothing, figures that vary much, as
// p99 does, raised twice as many false alarms as the half per cent that is promised, and no real change more was found.
const significance = 0.032
const clearBy = 0.4

/** The figures that runs are compared by. */
export const figuresCompared = [
  { metric: 'rate', unit: 'requests/s', better: 'higher', of: (run) => run.total.rate },
  { metric: 'errors', unit: 'share', better: 'lower', of: (run) => run.total.errors },
  { metric: 'mean', unit: 'ms', better: 'lower', of: (run) => run.total.meanMs },
  { metric: 'p50', unit: 'ms', better: 'lower', of: (run) => run.total.p50Ms },
  { metric: 'p95', unit: 'ms', better: 'lower', of: (run) => run.total.p95Ms },
  { metric: 'p99', unit: 'ms', better: 'lower', of: (run) => run.total.p99Ms },
] as const satisfies {
  metric: string
  unit: string
  better: Compared['better']
  of: (run: RunStatistics) => number | null
}[]

/**
 * Whether the candidate's runs differ from the baseline's, for each scenario and number of replicas that both have.
 * `effect` is the least change that matters (0.05: 5 %). *Worse* or *better* needs all of: adjusted p below 0.032, a
 * change beyond `effect`, an interval clear of none by two fifths of it. *No difference* needs an interval that lies within ± `effect`. All
 * else is *cannot tell*. `anyway` compares even what is not comparable.
 */
export function compare(
  baseline: readonly RunStatistics[],
  candidate: readonly RunStatistics[],
  { effect = 0.05, anyway = false } = {},
): Comparison {
  const [before, after] = [grouped(baseline), grouped(candidate)]
  const names = [...new Set([...before.keys(), ...after.keys()])].sort()
  const groups = names.flatMap((name) => {
    const [a, b] = [before.get(name), after.get(name)]
    return a && b ? [compareGroup(a, b, effect, anyway)] : []
  })
  const unmatched = names.flatMap((name) =>
    before.has(name) && after.has(name)
      ? []
      : [`${name}: only the ${before.has(name) ? 'baseline' : 'candidate'} has it`],
  )
  return {
    effect,
    split: baseline.length,
    groups,
    unmatched,
    judgement: worst(groups.map(({ judgement }) => judgement)),
  }
}

const worst = (judgements: readonly Judgement[]): Judgement =>
  (['worse', 'better', 'cannot tell', 'no difference'] as const).find((each) => judgements.includes(each)) ??
  'cannot tell'

const grouped = (runs: readonly RunStatistics[]): Map<string, RunStatistics[]> =>
  groupedBy(runs, ({ run }) => {
    const replicas = run?.target.replicas ?? null
    return `${run?.scenario ?? 'unknown scenario'}${replicas ? `, ${replicas} replicas` : ''}`
  })

function compareGroup(
  all: readonly RunStatistics[],
  others: readonly RunStatistics[],
  effect: number,
  anyway: boolean,
): Group {
  const valid = (runs: readonly RunStatistics[]) => runs.filter(({ verdict }) => verdict.kind !== 'invalid')
  const [a, b] = [valid(all), valid(others)]
  const { refusals, warnings } = comparability([...a, ...b], a.length)
  const interleaved = inTurns(a, b)
  if (!interleaved && a.length > 0 && b.length > 0) {
    warnings.push(
      'The sides were not run in turns: a machine that was warmer, or a neighbour that was busier, for one of them looks like a change, and more repeats do not help. npm run ab runs them in turns.',
    )
  }
  if (anyway) warnings.push(...refusals)
  const refused = anyway ? [] : refusals
  const compared = refused.length === 0 ? judged(a, b, effect) : []
  return {
    scenario: all[0]?.run?.scenario ?? 'unknown scenario',
    replicas: all[0]?.run?.target.replicas ?? null,
    runs: { baseline: a.length, candidate: b.length },
    invalid: all.length + others.length - a.length - b.length,
    interleaved,
    refused,
    warnings,
    metrics: compared,
    judgement: worst(compared.map(({ judgement }) => judgement)),
  }
}

function judged(a: readonly RunStatistics[], b: readonly RunStatistics[], effect: number): Compared[] {
  const measured = figuresCompared.flatMap(({ metric, unit, better, of }) => {
    const x = a.flatMap((run) => of(run) ?? [])
    const y = b.flatMap((run) => of(run) ?? [])
    const same = new Set([...x, ...y]).size < 2
    // A figure that some runs could not give would be compared over a selection of them.
    if (x.length < a.length || y.length < b.length || x.length === 0 || y.length === 0 || same) return []
    const scale = [...x, ...y].every((value) => value > 0) && metric !== 'errors' ? 'ratio' : 'difference'
    return [{ metric, unit, better, scale, x, y, ...measure(x, y, scale) } as const]
  })
  // Whether it fails is another question than how fast it is: one does not dilute the other.
  const family = measured.filter(({ metric }) => metric !== 'errors')
  const adjusted = benjaminiHochberg(family.map(({ p }) => p))
  return measured.map((each) => {
    const { metric, unit, better, scale, x, y, change, interval, p } = each
    const q = adjusted[family.indexOf(each)] ?? p
    const enough = x.length >= fewestRuns && y.length >= fewestRuns
    const judgement = enough ? judge(better, scale, change, interval, q, effect) : 'cannot tell'
    return {
      metric,
      unit,
      better,
      baseline: repeated(x),
      candidate: repeated(y),
      scale,
      change,
      interval,
      p,
      adjusted: q,
      delta: cliffsDelta(x, y),
      judgement,
      runsNeeded: judgement === 'cannot tell' ? moreRuns(x, y, effect) : null,
    }
  })
}

/** A number only where it is more than there were. */
function moreRuns(x: readonly number[], y: readonly number[], effect: number): number | null {
  const had = Math.min(x.length, y.length)
  const needed = runsToTell(x, y, effect) ?? (had < fewestRuns ? fewestRuns : null)
  return needed === null ? null : Math.max(needed, had + 1)
}

function measure(
  x: readonly number[],
  y: readonly number[],
  scale: Compared['scale'],
): Pick<Compared, 'change' | 'interval' | 'p'> {
  const { p } = mannWhitney(x, y)
  if (scale === 'difference') {
    const { shift, interval } = hodgesLehmann(x, y)
    return { change: shift, interval, p }
  }
  const { shift, interval } = hodgesLehmann(x.map(Math.log), y.map(Math.log))
  return {
    change: Math.exp(shift),
    interval: interval && { ...interval, low: Math.exp(interval.low), high: Math.exp(interval.high) },
    p,
  }
}

function judge(
  better: Compared['better'],
  scale: Compared['scale'],
  change: number,
  interval: Interval | null,
  adjusted: number,
  effect: number,
): Judgement {
  const none = scale === 'ratio' ? 1 : 0
  const [low, high] = scale === 'ratio' ? [1 / (1 + effect), 1 + effect] : [-leastErrors, leastErrors]
  if (!interval) return 'cannot tell'
  const clear =
    scale === 'ratio'
      ? interval.low > 1 + clearBy * effect || interval.high < 1 / (1 + clearBy * effect)
      : interval.low > clearBy * leastErrors || interval.high < -clearBy * leastErrors
  if (adjusted < significance && clear && (change > high || change < low))
    return change > none === (better === 'higher') ? 'better' : 'worse'
  return interval.low >= low && interval.high <= high ? 'no difference' : 'cannot tell'
}

/** Whether the sides alternate in time at least about as often as they would run in pairs. */
function inTurns(a: readonly RunStatistics[], b: readonly RunStatistics[]): boolean {
  const order = [...a.map((run) => ({ run, side: 0 })), ...b.map((run) => ({ run, side: 1 }))]
    .map(({ run, side }) => ({ at: run.run?.startedAt ?? '', side }))
    .sort((x, y) => (x.at < y.at ? -1 : 1))
  const switches = order.filter(({ side }, index) => index > 0 && side !== order[index - 1]?.side).length
  return order.every(({ at }) => at !== '') && switches >= Math.min(a.length, b.length)
}

/** What makes two sides incomparable, and what makes a comparison doubtful. The first `split` runs are the baseline's. */
function comparability(
  runs: readonly RunStatistics[],
  split: number,
): { refusals: string[]; warnings: string[] } {
  const differing = (what: string, of: (run: RunStatistics) => unknown): string[] => {
    const said = runs.map((run) => String(of(run) ?? 'unknown'))
    const [before, after] = [new Set(said.slice(0, split)), new Set(said.slice(split))]
    const both = new Set([...before, ...after])
    return both.size < 2
      ? []
      : [
          `${what} differs: ${[...before].join(', ')} in the baseline, ${[...after].join(', ')} in the candidate`,
        ]
  }
  const load = ({ run }: RunStatistics) =>
    run?.load.stages.map(({ vus, durationMs }) => `${vus} VUs for ${durationMs / 1000} s`).join(' + ')
  const refusals = [
    ...(runs.some(({ run }) => !run) ? ['A bare summary does not say what was run'] : []),
    ...differing('The load', load),
    ...differing('The request', ({ run }) => run?.load.request),
    ...differing('The use of connections', ({ run }) => run?.load.connections),
    ...differing('The CPU limit', ({ run }) => run?.target.cluster?.cpuLimit),
    ...differing('The memory limit', ({ run }) => run?.target.cluster?.memoryLimit),
  ]
  const warnings = [
    ...differing(
      'The generator’s machine',
      ({ run }) => run && `${run.host.cores} cores, ${run.host.kernel}`,
    ),
    ...differing('k6', ({ run }) => run?.host.k6),
    ...differing('Node', ({ run }) => run?.host.node),
    ...calibrations(runs, split),
  ]
  return { refusals, warnings }
}

/** A request's work is counted in units; where one side's machine was found faster, its requests are heavier. */
function calibrations(runs: readonly RunStatistics[], split: number): string[] {
  const units = (side: readonly RunStatistics[]) =>
    side.flatMap(({ run }) =>
      run?.load.request.startsWith('GET /work') ? (run.target.workload?.unitsPerMs ?? []) : [],
    )
  const [before, after] = [units(runs.slice(0, split)), units(runs.slice(split))]
  if (before.length === 0 || after.length === 0) return []
  const ratio = repeated(after).median / repeated(before).median
  return Math.abs(Math.log(ratio)) < 0.02
    ? []
    : [
        `The work of a request differs: the candidate’s workload was calibrated to ${number(ratio)} times as many units a millisecond. WORK_UNITS_PER_MS pins it.`,
      ]
}
