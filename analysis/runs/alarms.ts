import type { Acknowledged, Night } from '../formats/night.ts'
import type { Change } from './changes.ts'
import type { Series } from './history.ts'
export type Alarm = {
  readonly series: Series
  readonly change: Change
  /** The commits that the change lies between: of the last night before it, and of the first after it. */
  readonly commits: readonly [string | null, string | null]
  readonly since: Night
}

/** The changes for the worse that still stand and that nobody has acknowledged, the greatest first. */
export function alarmsOf(all: readonly Series[], acknowledged: Acknowledged): Alarm[] {
  return all
    .flatMap((series) => {
      const change = series.changes.at(-1)
      const since = change && series.points[change.index]?.night
      if (!change || !since || change.direction === 'better') return []
      const known = acknowledged.some(({ series: name, night }) => name === series.name && night === since.id)
      const before = series.points[change.index - 1]?.night
      return known
        ? []
        : [{ series, change, commits: [before?.commit ?? null, since.commit] as const, since }]
    })
    .sort((a, b) => size(b.change) - size(a.change))
}

const size = ({ by, before }: Change): number => (before > 0 && by > 0 ? Math.abs(Math.log(by)) : Infinity)
