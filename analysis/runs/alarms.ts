import { median } from 'simple-statistics'
import type { Acknowledged, Night } from '../formats/night.ts'
import { largest } from '../numbers/extremes.ts'
import { byOf, type Change, scaleOf } from './changes.ts'
import type { NightPoint, Series, Stay } from './history.ts'
import { fewestBefore } from './shifts.ts'

export type Alarm = {
  readonly series: Series
  /** From the last accepted level to the level of the latest nights, since the first change for the worse. */
  readonly change: Change
  /** The commits around the change: of the last night before it, and of the first night after it. */
  readonly commits: readonly [string | null, string | null]
  /** The first night after the change. */
  readonly since: Night
  /** Why it is no alarm all the same. */
  readonly silent: null | 'not run any more' | 'back and forth'
}

/** An environment or load without its figure for so many nights of the history is not run any more. */
export const idleNights = 10

/** A level that the figure has come to and left so often is a habit … */
const visitsOfHabit = 2
/** … of so many nights, … */
const remembered = 180
/** … until it stays longer than so many times its longest visit. */
const longestVisits = 2

/**
 * What is worse than the level last accepted, in each environment of each series apart, the greatest first.
 * Accepted are the first level, every lasting improvement, and what is acknowledged. What has come back to
 * within `effect` of the accepted level is no alarm. `silent` says which are none for another reason.
 */
export function judgedAlarms(all: readonly Series[], acknowledged: Acknowledged): Alarm[] {
  const nights = [...new Set(all.flatMap(({ points }) => points.map(({ night }) => night.startedAt)))].sort()
  return all
    .flatMap((series) =>
      series.stays.flatMap((stay) => {
        const open = openAlarm(series, stay, acknowledged)
        const last = series.points[stay.indexes.at(-1) as number]
        if (!open || !last) return []
        const since = (series.points[open.change.index] as NightPoint).night
        // Of the same environment: what lies between other ones is not between these.
        const place = stay.indexes.indexOf(open.change.index)
        const before = series.points[stay.indexes[place - 1] ?? -1]?.night
        const idle = nights.length - 1 - nights.indexOf(last.night.startedAt) >= idleNights
        const silent = idle ? 'not run any more' : open.habit ? 'back and forth' : null
        const commits = [before?.commit ?? null, since.commit] as const
        return [{ alarm: { series, change: open.change, commits, since, silent } as const, size: open.size }]
      }),
    )
    .sort((a, b) => b.size - a.size)
    .map(({ alarm }) => alarm)
}

export const alarmsOf = (all: readonly Series[], acknowledged: Acknowledged): Alarm[] =>
  judgedAlarms(all, acknowledged).filter(({ silent }) => silent === null)

type State = {
  readonly accepted: number | null
  readonly opening: Change | null
}

/** Walks through the changes of one environment, keeping the accepted level. */
function openAlarm(
  { points, name, unit, better, effect }: Series,
  { indexes, changes }: Stay,
  acknowledged: Acknowledged,
): { change: Change; size: number; habit: boolean } | null {
  const valueAt = (index: number) => (points[index] as NightPoint).value
  const { scale, of, least } = scaleOf(indexes.map(valueAt), { effect, share: unit === 'share' })
  const worse = (value: number, than: number) => (of(value) - of(than)) * (better === 'lower' ? 1 : -1)
  const known = ({ index }: Change) =>
    acknowledged.some((each) => each.series === name && each.night === points[index]?.night.id)
  let state: State = { accepted: null, opening: null }
  let before = state
  for (const change of changes) {
    if (change.returned) {
      state = before
      continue
    }
    before = state
    const accepted: number = state.accepted ?? change.before
    const off = worse(change.after, accepted)
    if (known(change) || off <= -least) state = { accepted: change.after, opening: null }
    else if (off >= least) state = { accepted, opening: state.opening ?? change }
    else state = { accepted, opening: null }
  }
  const { accepted, opening } = state
  const last = changes.at(-1)
  if (accepted === null || !opening || !last) return null
  const since = indexes.filter((index) => index >= (last.how === 'slow trend' ? 0 : last.index))
  const after = opening.how === 'bad runs' ? opening.after : median(since.slice(-fewestBefore).map(valueAt))
  // What came back too gradually for a change of its own.
  if (since.length >= fewestBefore && worse(after, accepted) < least / 2) return null
  const change = { ...opening, before: accepted, after, by: byOf(scale, accepted, after) }
  return { change, size: worse(after, accepted), habit: isHabit(changes, indexes, of, least) }
}

/** Whether the figure has come to its present level and left it several times already. */
function isHabit(
  changes: readonly Change[],
  indexes: readonly number[],
  of: (value: number) => number,
  least: number,
): boolean {
  const steps = changes.filter(({ how }) => how !== 'slow trend')
  const latest = steps.at(-1)
  if (!latest) return false
  const place = ({ index }: Change) => indexes.indexOf(index)
  const visits = steps
    .slice(0, -1)
    .filter((each) => Math.abs(of(each.after) - of(latest.after)) < least)
    .filter((each) => place(latest) - place(each) <= remembered)
    .map((each) => place(steps[steps.indexOf(each) + 1] as Change) - place(each))
  const stay = indexes.length - place(latest)
  return visits.length >= visitsOfHabit && stay <= longestVisits * largest(visits)
}
