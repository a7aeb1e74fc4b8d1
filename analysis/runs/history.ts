import { mean, median } from 'simple-statistics'
import type { Night } from '../formats/night.ts'
import { quantity } from '../formats/words.ts'
import { largest, smallest } from '../numbers/extremes.ts'
import { groupedBy } from '../numbers/group.ts'
import { qn } from '../numbers/qn.ts'
import { badRuns } from '../run/bad-run.ts'
import { badRunChanges } from './bad-nights.ts'
import { type Change, changesIn, usualEffect } from './changes.ts'
import { fewestBefore } from './shifts.ts'

/** One figure of one night: the median of its runs (of shares the mean, which one run in five moves). */
export type NightPoint = {
  readonly night: Night
  readonly value: number
  readonly low: number
  readonly high: number
}

type Measurement = { readonly night: Night; readonly measured: Night['measured'][number] }

/** The nights of a series in one environment: indexes of its points, and their changes. */
export type Stay = { readonly indexes: readonly number[]; readonly changes: readonly Change[] }

/** A figure over the nights, oldest first. */
export type Series = Omit<Night['measured'][number], 'values'> & {
  readonly name: string
  /** The smallest change that matters, by the plan of the last night (0.05: 5 %). */
  readonly effect: number
  readonly points: readonly NightPoint[]
  /** Of all environments; `stays` has them apart. */
  readonly changes: readonly Change[]
  readonly stays: readonly Stay[]
  /** Indexes of the points before which the environment changed. */
  readonly environments: readonly number[]
}

/** What was run, without the figure: `constant · 4 replicas`. */
export const cellName = ({ scenario, replicas }: Pick<Series, 'scenario' | 'replicas'>): string =>
  replicas === null ? scenario : `${scenario} · ${quantity(replicas, 'replica')}`

/** Every series of a history, with its changes. Changes are sought within each environment separately. */
export function seriesOf(nights: readonly Night[]): Series[] {
  const ordered = [...nights].sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1))
  const effect = ordered.at(-1)?.effect ?? usualEffect
  const all = ordered.flatMap((night) => night.measured.map((measured) => ({ night, measured })))
  const series = groupedBy(all, ({ measured: { scenario, replicas, load, metric } }) =>
    JSON.stringify([scenario, replicas, load, metric]),
  )
  return [...series.values()].map((parts) => {
    const { values: _, ...first } = (parts[0] as Measurement).measured
    const points = parts.map((part): NightPoint => {
      const {
        night,
        measured: { values },
      } = part
      const value = nightValue(part)
      if (first.metric === badRuns) return { night, value, low: value, high: value }
      return { night, value, low: smallest(values), high: largest(values) }
    })
    const kinds = points.map(({ night }) => JSON.stringify(night.environment))
    const stays = [...groupedBy([...points.keys()], (index) => kinds[index]).values()].map((indexes) => {
      const changes = changesOf(
        indexes.map((index) => parts[index] as Measurement),
        effect,
      ).map((change) => ({
        ...change,
        index: indexes[change.index] as number,
        seen: indexes[change.seen] as number,
      }))
      return { indexes, changes }
    })
    return {
      ...first,
      name: `${cellName(first)} · ${first.metric}`,
      effect,
      points,
      changes: stays.flatMap(({ changes }) => changes).sort((a, b) => a.index - b.index),
      stays,
      environments: [...points.keys()].filter((index) => index > 0 && kinds[index] !== kinds[index - 1]),
    }
  })
}

/** Changes of a figure in one environment; a night of one run or more each. */
function changesOf(parts: readonly Measurement[], effect: number): Change[] {
  const { metric, unit, better } = (parts[0] as Measurement).measured
  if (metric === badRuns) return badRunChanges(parts.map(({ measured: { values } }) => values))
  const weekend = parts.map(({ night }) => [0, 6].includes(new Date(night.startedAt).getUTCDay()))
  return changesIn(parts.map(nightValue), better, { effect, share: unit === 'share', weekend })
}

const nightValue = ({ measured: { unit, values } }: Measurement): number =>
  unit === 'share' ? mean(values) : median(values)

/**
 * What to compare the last night of a series with: the nights in its environment since its last change,
 * without the last one. `spread` (Qn) is null for too few nights; `nights` includes the last one. `from`: where
 * they begin.
 */
export function standing({ points, stays }: Series): {
  usual: number | null
  spread: number | null
  nights: number
  from: 'the beginning' | 'a new environment' | 'a change'
} {
  const stay = stays.find(({ indexes }) => indexes.includes(points.length - 1))
  const change = stay?.changes.at(-1)
  const from = change?.index ?? 0
  const before = (stay?.indexes ?? [])
    .filter((index) => index >= from && index < points.length - 1)
    .map((index) => (points[index] as NightPoint).value)
  return {
    usual: before.length > 0 ? median(before) : null,
    spread: before.length >= fewestBefore ? qn(before) : null,
    nights: before.length + 1,
    from: change ? 'a change' : stays.length > 1 ? 'a new environment' : 'the beginning',
  }
}
