import type { Acknowledged, Night } from '../formats/night.ts'
import type { Change } from './changes.ts'
import type { Series } from './history.ts'

export type Alarm = {
  readonly series: Series
  readonly change: Change
  /** The commits around the change: of the last night before it, and of the first night after it. */
  readonly commits: readonly [string | null, string | null]
  /** The first night after the change. */
  readonly since: Night
}

/** The latest change of each series if it is for the worse and not acknowledged, the greatest first. */
export function alarmsOf(all: readonly Series[], acknowledged: Acknowledged): Alarm[] {
  return all
    .flatMap((series) => {
      const change = series.changes.at(-1)
      const since = change && series.points[change.index]?.night
      if (!change || !since || change.direction === 'better') return []
      if (acknowledged.some(({ series: name, night }) => name === series.name && night === since.id))
        return []
      const before = series.points[change.index - 1]?.night
      return [{ series, change, commits: [before?.commit ?? null, since.commit] as const, since }]
    })
    .sort((a, b) => size(b.change) - size(a.change))
}

const size = ({ by, before }: Change): number => (before > 0 && by > 0 ? Math.abs(Math.log(by)) : Infinity)
