import { median } from 'simple-statistics'
import type { Night } from '../formats/night.ts'
import { quantity } from '../formats/words.ts'
import { groupedBy } from '../numbers/group.ts'
import { qn } from '../numbers/qn.ts'
import { type Change, changesIn, fewestBefore } from './changes.ts'

/** One figure of one night: the median of its runs, and their range. */
type NightPoint = {
  readonly night: Night
  readonly value: number
  readonly low: number
  readonly high: number
}

/** A figure over the nights, oldest first. */
export type Series = Omit<Night['measured'][number], 'values'> & {
  readonly name: string
  readonly points: readonly NightPoint[]
  readonly changes: readonly Change[]
  /** Indexes of the points before which the environment changed. */
  readonly environments: readonly number[]
}

/** What was run, without the figure: `constant · 4 replicas`. */
export const cellName = ({ scenario, replicas }: Pick<Series, 'scenario' | 'replicas'>): string =>
  replicas === null ? scenario : `${scenario} · ${quantity(replicas, 'replica')}`

/** Every series of a history, with its changes. Changes are sought within each environment separately. */
export function seriesOf(nights: readonly Night[]): Series[] {
  const ordered = [...nights].sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1))
  const all = ordered.flatMap((night) => night.measured.map((measured) => ({ night, measured })))
  const series = groupedBy(all, ({ measured: { scenario, replicas, load, metric } }) =>
    JSON.stringify([scenario, replicas, load, metric]),
  )
  return [...series.values()].map((parts) => {
    const { values: _, ...first } = (parts[0] as (typeof parts)[number]).measured
    const points = parts.map(({ night, measured: { values } }): NightPoint => {
      return { night, value: median(values), low: Math.min(...values), high: Math.max(...values) }
    })
    const kinds = points.map(({ night }) => JSON.stringify(night.environment))
    const changes = [...new Set(kinds)].flatMap((kind) => {
      const indexes = [...points.keys()].filter((index) => kinds[index] === kind)
      return changesIn(
        indexes.map((index) => points[index]?.value ?? 0),
        first.better,
      ).map((change) => ({ ...change, index: indexes[change.index] ?? 0 }))
    })
    return {
      ...first,
      name: `${cellName(first)} · ${first.metric}`,
      points,
      changes: changes.sort((a, b) => a.index - b.index),
      environments: [...points.keys()].filter((index) => index > 0 && kinds[index] !== kinds[index - 1]),
    }
  })
}

/**
 * What to compare the last night of a series with: the nights since its last change, without the last one.
 * `spread` (Qn) is null for too few nights; `nights` includes the last one.
 */
export function standing({ points, changes }: Series): {
  usual: number | null
  spread: number | null
  nights: number
} {
  const before = points.slice(changes.at(-1)?.index ?? 0, -1).map(({ value }) => value)
  return {
    usual: before.length > 0 ? median(before) : null,
    spread: before.length >= fewestBefore ? qn(before) : null,
    nights: before.length + 1,
  }
}
