import { merge, ofPercentiles, percentilesOf } from '../numbers/distribution.ts'
import type { RunStatistics } from '../run/statistics.ts'
import type { Statistics } from '../runs/statistics.ts'
import { colour } from './plots/svg.ts'

export type { RunStatistics }

/** A, B, C … by which the pictures and tables of several runs name them. */
export const letter = (index: number): string =>
  index < 26 ? String.fromCharCode(65 + index) : letter(Math.floor(index / 26) - 1) + letter(index % 26)

/** Runs that are drawn as one: repeats of the same, or a run by itself. */
export type Group = {
  /** Short enough for the end of a curve. */
  readonly label: string
  /** In the key; the same where the label says it all. */
  readonly name: string
  readonly colour: string
  readonly runs: readonly RunStatistics[]
}

/** By side of a comparison, by number of replicas, or each run by itself. */
export function groupsOf({ runs, replicas, comparison }: Statistics): Group[] {
  if (comparison) {
    const sides = [runs.slice(0, comparison.split), runs.slice(comparison.split)]
    return sides.map((side, index) => {
      const label = index === 0 ? 'baseline' : 'candidate'
      return { label, name: label, colour: colour(index), runs: side.filter(counts) }
    })
  }
  if (replicas.length > 0 && runs.length > replicas.length) {
    return replicas.map(({ replicas: count }, index) => {
      const label = count === 1 ? '1 replica' : `${count} replicas`
      const these = runs.filter((run) => counts(run) && run.run?.target.replicas === count)
      return { label, name: label, colour: colour(index), runs: these }
    })
  }
  return runs.map((run, index) => ({
    label: letter(index),
    name: run.name,
    colour: colour(index),
    runs: [run],
  }))
}

const counts = ({ verdict }: RunStatistics) => verdict.kind !== 'invalid'

/** The lines that tell which curve is which; none where the curves' own labels say it. */
export const keyOf = (groups: readonly Group[]): { label: string; colour: string }[] =>
  groups.length === 1
    ? []
    : groups
        .filter(({ label, name }) => label !== name)
        .map(({ label, name, colour }) => ({ label: `${label}  ${name}`, colour }))

/** Percentiles of all requests of the runs together, and the least and greatest of the runs' own at each. */
export function together(
  runs: readonly RunStatistics[],
): { readonly p: number; readonly ms: number; readonly least: number; readonly most: number }[] {
  const parts = runs.flatMap(({ percentiles, total }) => {
    const complete = total.samples > 0 && percentiles[0]?.[0] === 0 && percentiles.at(-1)?.[0] === 100
    return complete ? [ofPercentiles(total.samples, total.meanMs, percentiles)] : []
  })
  const [first] = runs
  if (!first || parts.length < runs.length) return []
  const all = percentilesOf(merge(parts))
  const single = parts.map(percentilesOf)
  return first.percentiles.map(([p]) => {
    const each = single.map((at) => at(p).value)
    return { p, ms: all(p).value, least: Math.min(...each), most: Math.max(...each) }
  })
}
