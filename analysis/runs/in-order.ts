import { median } from 'simple-statistics'
import { largest, smallest } from '../numbers/extremes.ts'
import { mannKendall, theilSen } from '../numbers/trend.ts'
import { isBad } from '../run/bad-run.ts'
import type { RunStatistics } from '../run/statistics.ts'
import { type ComparedGroup, type Comparison, inCommon } from './compare.ts'
import { figuresOfRun } from './figures-compared.ts'
import { pairsOf } from './pairs.ts'

type Place = {
  readonly side: 0 | 1
  readonly value: number | null
  readonly invalid: boolean
  /** Invalid, failed, or with more than 1 % of errors. */
  readonly bad: boolean
}

/** A figure of the runs of a group, baseline and candidate, in the order in which they were made. */
export type InOrder = {
  readonly group: ComparedGroup
  readonly metric: string
  readonly unit: string
  readonly runs: readonly Place[]
  /** First and last place of the runs that are compared with each other; empty where the sides are two sets. */
  readonly blocks: readonly (readonly [from: number, to: number])[]
}

/** For each group whose runs say when they began: p95, or else the mean or the rate. */
export const inOrder = (runs: readonly RunStatistics[], { groups, split }: Comparison): InOrder[] =>
  groups.flatMap((group) => {
    const these = runs
      .map((run, index): Sided => ({ run, side: index < split ? 0 : 1 }))
      .filter(({ run }) => isOf(group, run))
      .sort((a, b) => ((a.run.run?.startedAt ?? '') < (b.run.run?.startedAt ?? '') ? -1 : 1))
    const figure = ['p95', 'mean', 'rate']
      .flatMap((name) => figuresOfRun.find(({ metric }) => metric === name) ?? [])
      .find(({ of }) => these.some(({ run }) => of(run) !== null))
    if (!figure || these.some(({ run }) => !run.run?.startedAt)) return []
    const places = these.map(({ run, side }): Place => {
      const invalid = run.verdict.kind === 'invalid'
      return { side, value: figure.of(run), invalid, bad: invalid || isBad(run) === true }
    })
    return [{ group, metric: figure.metric, unit: figure.unit, runs: places, blocks: blocksOf(these) }]
  })

type Sided = { readonly run: RunStatistics; readonly side: 0 | 1 }

const isOf = ({ scenario, replicas, factors }: ComparedGroup, { run }: RunStatistics): boolean =>
  (run?.scenario ?? 'unknown scenario') === scenario &&
  JSON.stringify(inCommon(run)) === JSON.stringify({ replicas, factors })

/** As `blockedP` has them: two neighbouring pairs, the last one with what is left over. */
function blocksOf(order: readonly Sided[]): [number, number][] {
  const valid = (side: number) =>
    order.flatMap((each) => (each.side === side && each.run.verdict.kind !== 'invalid' ? [each.run] : []))
  const pairs = pairsOf(valid(0), valid(1))
  if (!pairs) return []
  const place = new Map(order.map(({ run }, index) => [run, index]))
  const count = Math.floor(pairs.a.length / 2)
  return Array.from({ length: count }, (_, block): [number, number] => {
    const [from, to] = [2 * block, block === count - 1 ? pairs.a.length : 2 * block + 2]
    const places = [pairs.a, pairs.b].flatMap((side) =>
      side.slice(from, to).map((run) => place.get(run) as number),
    )
    return [smallest(places), largest(places)]
  })
}

/** By which ratio the values changed from the first run to the last. */
type Drift = { readonly of: 'both' | 'baseline' | 'candidate'; readonly ratio: number }

/** Fewer of a side say nothing of a drift. */
export const fewestForDrift = 5
const significance = 0.05
// The other side shows no drift, so this is one of two further tests.
const significanceAlone = 0.01

/**
 * Whether the figure rose or fell while the sides were measured: both, by Mann–Kendall's test of all runs, each less the
 * median of its side; or one of them alone. `steady` where neither is shown; null for fewer than five valid runs on a
 * side.
 */
export function drift({ runs }: InOrder): Drift | 'steady' | null {
  const usable = runs.flatMap(({ side, value, invalid }) =>
    invalid || value === null || value <= 0 ? [] : [{ side, log: Math.log(value) }],
  )
  const sides = [0, 1].map((side) => usable.filter((run) => run.side === side).map(({ log }) => log))
  if (sides.some(({ length }) => length < fewestForDrift)) return null
  const middles = sides.map((logs) => median(logs))
  const together = usable.map(({ side, log }) => log - (middles[side] as number))
  const by = (logs: readonly number[]) => theilSen(logs).slope * (logs.length - 1)
  const each = sides.map(by) as [number, number]
  if (mannKendall(together).p < significance && each[0] * each[1] > 0)
    return { of: 'both', ratio: Math.exp(by(together)) }
  const [a = 1, b = 1] = sides.map((logs) => mannKendall(logs).p)
  if (Math.min(a, b) >= significanceAlone) return 'steady'
  return a < b ? { of: 'baseline', ratio: Math.exp(each[0]) } : { of: 'candidate', ratio: Math.exp(each[1]) }
}
