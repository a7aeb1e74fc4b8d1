import { dot, line, type Markish, ruleX, ruleY, text } from '@observablehq/plot'
import type { Night } from '../../formats/night.ts'
import { quantity } from '../../formats/words.ts'
import { largest, smallest } from '../../numbers/extremes.ts'
import { groupedBy } from '../../numbers/group.ts'
import type { Change } from '../../runs/changes.ts'
import { isTagged } from '../../runs/figures-compared.ts'
import { cellName, type Series } from '../../runs/history.ts'
import { fewestBefore } from '../../runs/shifts.ts'
import type { Plot } from '../blocks.ts'
import { byWords, dayOf, figureWords } from '../change-words.ts'
import { between, sharedXAxis, yTicks } from './axes.ts'
import { colour } from './colours.ts'
import { ink } from './lines.ts'
import { isNarrow, marginsOf, type Panel, plotOf } from './svg.ts'

/** Figures of parts of the run beyond this are only in the tables, those without a change first. */
const mostTagged = 10

/** One plot for each scenario, number of replicas and load, with a panel for each figure. */
export function historyPlots(series: readonly Series[]): Plot[] {
  const cells = groupedBy(series, (each) => cellName(each) + each.load)
  return [...cells.values()].map((cell, index) => {
    const [first] = cell as [Series]
    const name = cellName(first)
    // A figure that is always 0 needs no panel.
    const some = cell.filter(({ points }) => points.some(({ value }) => value !== 0))
    const changed = (each: Series) => Number(each.changes.length > 0)
    const tagged = some.filter(isTagged).sort((a, b) => changed(b) - changed(a))
    const drawn = [...some.filter((each) => !isTagged(each)), ...tagged.slice(0, mostTagged)]
    const description = drawn
      .map(
        ({ metric, points, changes, unit }) =>
          `${metric} over ${quantity(points.length, 'night')}, last ${figureWords({ unit }, points.at(-1)?.value ?? 0)}${
            changes.length > 0
              ? `, changed ${changes.map((change) => `by ${byWords(change)} on ${dayOf(points[change.index]?.night as Night)}`).join(', ')}`
              : ', without a change'
          }`,
      )
      .join('; ')
    return plotOf(
      {
        name: `history-${index + 1}-${name.replace(/[^a-z0-9]+/gi, '-')}`,
        title: `${name}: ${first.load}`,
        finding: finding(drawn),
        description,
      },
      (width) => drawn.map((each, place) => panel(each, place === drawn.length - 1, width)),
    )
  })
}

/** The last change of each figure, the latest first. */
function finding(all: readonly Series[]): string {
  const last = all.flatMap(({ metric, points, changes }) => {
    const change = changes.at(-1)
    const night = change && points[change.index]?.night
    return night ? [{ metric, change, night }] : []
  })
  const [latest, ...more] = last.sort((a, b) => b.night.startedAt.localeCompare(a.night.startedAt))
  const nights = largest(all.map(({ points }) => points.length))
  const count = quantity(Math.max(0, nights), 'night')
  if (!latest)
    return nights > fewestBefore ? `No change in ${count}` : `Too early to see a change: ${count} so far`
  const others = more.length > 0 ? `; ${quantity(more.length, 'more figure')} changed` : ''
  return `${latest.metric} ${byWords(latest.change)} since ${dayOf(latest.night).slice(0, 10)}${others}`
}

function panel(series: Series, last: boolean, width: number): Panel {
  const { points, changes, environments, metric, unit, better } = series
  const data = points.map(({ night, ...point }) => ({ ...point, at: new Date(night.startedAt) }))
  const at = (index: number) => data[index]?.at as Date
  const ends = [0, ...changes.map(({ index }) => index), data.length]
  const levels =
    changes.length === 0
      ? []
      : ends.slice(0, -1).map((from, place) => {
          const to = Math.max(from, (ends[place + 1] ?? data.length) - 1)
          const y = place === 0 ? changes[0]?.before : changes[place - 1]?.after
          return { from: at(from), to: at(to), y: y ?? 0 }
        })
  const hue = ({ direction }: Change) => (direction === 'worse' ? colour(7) : colour(2))
  const marks: Markish[] = [
    ruleX(environments.map(at), { ...ink(0.5), strokeDasharray: '2 4' }),
    text(environments.map(at), {
      x: (each: Date) => each,
      frameAnchor: 'top',
      text: () => 'environment',
      dy: 4,
      dx: 4,
      textAnchor: 'start',
      fillOpacity: 0.7,
    }),
    ruleX(data, { x: 'at', y1: 'low', y2: 'high', stroke: colour(0), strokeOpacity: 0.3 }),
    line(data, { x: 'at', y: 'value', stroke: colour(0), strokeOpacity: 0.35 }),
    dot(data, { x: 'at', y: 'value', fill: colour(0), r: data.length > 120 ? 1.5 : 2.5 }),
    ruleY(levels, { x1: 'from', x2: 'to', y: 'y', ...ink(0.7), strokeWidth: 1.5 }),
    ruleX(changes, { x: (change: Change) => at(change.index), stroke: hue, strokeWidth: 1.5 }),
    text(changes, {
      x: (change: Change) => at(change.index),
      frameAnchor: 'top',
      text: byWords,
      dy: -10,
      fontWeight: 'bold',
    }),
  ]
  const [least, most] = [smallest(data.map(({ low }) => low)), largest(data.map(({ high }) => high))]
  // Not from zero, where a change of a tenth would be invisible.
  const room = 0.15 * (most - least || most || 1)
  const { domain, ticks } = between(Math.max(0, least - room), most + room, 5)
  return {
    height: last ? 178 : 150,
    ...marginsOf(width),
    marginTop: 44,
    marginRight: 24,
    marginBottom: last ? 38 : 12,
    x: { type: 'utc', ticks: isNarrow(width) ? 4 : 8, ...sharedXAxis('night', last) },
    y: { domain },
    marks: [
      ...yTicks(`${metric}${unit === 'share' ? '' : ` (${unit})`}, ${better} is better`, ticks),
      ...marks,
    ],
  }
}
