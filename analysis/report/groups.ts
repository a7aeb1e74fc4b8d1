import { merge, ofPercentiles, percentilesOf } from '../numbers/distribution.ts'
import { largest, smallest } from '../numbers/extremes.ts'
import type { RunStatistics } from '../run/statistics.ts'
import { colour } from './plots/svg.ts'

/** The letters that name a run in plots and tables: A to Z, AA … */
export const letter = (index: number): string =>
  index < 26 ? String.fromCharCode(65 + index) : letter(Math.floor(index / 26) - 1) + letter(index % 26)

/** Runs that are drawn as one: repeats of the same, or a single run. */
export type RunGroup = {
  /** Short enough for the end of a curve. */
  readonly label: string
  /** In the key; the same as the label where that is enough. */
  readonly name: string
  readonly colour: string
  readonly runs: readonly RunStatistics[]
}

/** Repeats as one group, without the invalid ones. */
export const groupOf = (label: string, index: number, runs: readonly RunStatistics[]): RunGroup => ({
  label,
  name: label,
  colour: colour(index),
  runs: runs.filter(({ verdict }) => verdict.kind !== 'invalid'),
})

export const eachAlone = (runs: readonly RunStatistics[]): RunGroup[] =>
  runs.map((run, index) => ({ label: letter(index), name: run.name, colour: colour(index), runs: [run] }))

/** The group that each run is drawn with; none for an invalid one. */
export const groupByRun = (groups: readonly RunGroup[]): ReadonlyMap<RunStatistics, RunGroup> =>
  new Map(groups.flatMap((group) => group.runs.map((run) => [run, group])))

/** The key of a plot; empty where the curves' labels are enough. */
export const keyOf = (groups: readonly RunGroup[]): { label: string; colour: string }[] =>
  groups.length === 1
    ? []
    : groups
        .filter(({ label, name }) => label !== name)
        .map(({ label, name, colour }) => ({ label: `${label}  ${name}`, colour }))

/** Percentiles of all requests of the runs together, and the least and greatest of the single runs at each. */
export function together(
  runs: readonly RunStatistics[],
): { readonly p: number; readonly ms: number; readonly least: number; readonly most: number }[] {
  const [first, ...more] = runs
  if (first && more.length === 0) return first.percentiles.map(([p, ms]) => ({ p, ms, least: ms, most: ms }))
  const parts = runs.flatMap(({ percentiles, total }) => {
    const complete = percentiles[0]?.[0] === 0 && percentiles.at(-1)?.[0] === 100
    return complete && total.samples ? [ofPercentiles(total.samples, total.meanMs, percentiles)] : []
  })
  if (!first || parts.length < runs.length) return []
  const all = percentilesOf(merge(parts))
  const single = parts.map(percentilesOf)
  return first.percentiles.map(([p]) => {
    const each = single.map((at) => at(p).value)
    return { p, ms: all(p).value, least: smallest(each), most: largest(each) }
  })
}
