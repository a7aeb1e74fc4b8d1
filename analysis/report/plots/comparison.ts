import { axisX, dot, gridX, type Markish, ruleX, ruleY, text } from '@observablehq/plot'
import { figurePhrase } from '../../formats/figure.ts'
import { percent } from '../../formats/words.ts'
import { largest } from '../../numbers/extremes.ts'
import type { Comparison } from '../../runs/compare.ts'
import { isTagged } from '../../runs/figures-compared.ts'
import type { Compared, Judgement } from '../../runs/judgement.ts'
import type { Plot } from '../blocks.ts'
import { changeWords, groupName, worstFirst } from '../change-words.ts'
import { rangeWords } from '../shift-words.ts'
import { colour } from './colours.ts'
import { ink } from './lines.ts'
import { ratioDomain, ratioTicks } from './ratio-axis.ts'
import { type Panel, plotOf } from './svg.ts'

const hues: Record<Judgement, string> = {
  worse: colour(7),
  better: colour(2),
  'no difference': colour(0),
  'cannot tell': 'currentColor',
}

/** Ratios with their intervals, at most ten of parts of the run; dashed lines bound the changes that do not matter. */
export function comparisonPlot({ groups, effect }: Comparison): Plot | null {
  const shown = groups
    .map((group) => ({ group, rows: drawn(group.metrics) }))
    .filter(({ rows }) => rows.length > 0)
  if (shown.length === 0) return null
  const ends = shown.flatMap(({ rows }) =>
    rows.flatMap(({ change, interval }) => [change, ...(interval ? [interval.low, interval.high] : [])]),
  )
  const domain = ratioDomain(ends, effect)
  const all = shown.flatMap(({ rows }) => rows)
  const description = shown
    .map(
      ({ group, rows }) =>
        `${groupName(group)}: ${rows.map((each) => `${each.metric} ${changeWords(each)}, ${each.judgement}`).join('; ')}.`,
    )
    .join(' ')
  const key = [{ label: `${percent(effect)} more or less`, colour: 'currentColor', dash: '3 3' }]
  const title = 'Candidate ÷ baseline, with intervals'
  return plotOf({ name: 'comparison', title, description, key }, (width) =>
    shown.map(({ group, rows }) =>
      panel(groupName(group), rows, { domain, effect, width, ...margins(all, width) }),
    ),
  )
}

/** Figures of parts of the run beyond this are only in the table. */
const mostTagged = 10

/** Ratios: all of the whole run, and those of parts of it that changed most for the worse. */
function drawn(metrics: readonly Compared[]): Compared[] {
  const ratios = metrics.filter(({ scale }) => scale === 'ratio')
  const tagged = ratios.filter(isTagged).sort(worstFirst).slice(0, mostTagged)
  return [...ratios.filter((each) => !isTagged(each)), ...tagged]
}

/** As it fits beside the plot, or above an interval. */
function label({ metric }: Compared, narrow: boolean): string {
  const phrase = figurePhrase(metric)
  const longest = narrow ? 24 : 34
  // Paths differ at their ends.
  return phrase.length > longest ? `${phrase.slice(0, 10)}…${phrase.slice(11 - longest)}` : phrase
}

type Drawing = {
  readonly domain: readonly [number, number]
  readonly effect: number
  readonly width: number
  readonly marginLeft: number
  readonly marginRight: number
}

/** Where there is no room for words beside an interval, they are a line above it. */
const isNarrow = (width: number): boolean => width < 500

const ofCharacter = 6.6
const widthOf = (words: readonly string[]): number =>
  24 + ofCharacter * largest(words.map(({ length }) => length))

/** The same for all panels, so that their axes are below each other. */
function margins(rows: readonly Compared[], width: number): Pick<Drawing, 'marginLeft' | 'marginRight'> {
  if (isNarrow(width)) return { marginLeft: 18, marginRight: 18 }
  return {
    marginLeft: widthOf(rows.map((row) => label(row, false))),
    marginRight: widthOf(rows.map((row) => rowWords(row, false))),
  }
}

function panel(
  name: string,
  rows: readonly Compared[],
  { domain, effect, width, marginLeft, marginRight }: Drawing,
): Panel {
  const narrow = isNarrow(width)
  const placed = rows.map((row, index) => ({
    ...row,
    y: rows.length - 1 - index,
    low: row.interval?.low ?? row.change,
    high: row.interval?.high ?? row.change,
  }))
  const ticks = ratioTicks({ domain, length: width - marginLeft - marginRight }, 40)
  const at = ticks.map((tick) => tick.at)
  const hue = ({ judgement }: Compared) => hues[judgement]
  const above = narrow ? { dy: -14 } : {}
  const marks: Markish[] = [
    gridX(at),
    axisX(at, {
      text: (tick: number) => ticks.find((each) => each.at === tick)?.words ?? '',
      label: `ratio, candidate ÷ baseline – ${name}`,
      labelAnchor: 'center',
      labelArrow: 'none',
    }),
    ruleX([1 / (1 + effect), 1 + effect], { ...ink(0.35), strokeDasharray: '3 3' }),
    ruleX([1], ink(0.6)),
    ruleY(placed, { y: 'y', x1: 'low', x2: 'high', stroke: hue, strokeWidth: 3 }),
    dot(placed, { x: 'change', y: 'y', fill: hue, r: 5 }),
    text(placed, {
      y: 'y',
      frameAnchor: 'left',
      text: (row) => label(row, narrow),
      ...(narrow ? { ...above, dx: 2, textAnchor: 'start' } : { textAnchor: 'end', dx: -10 }),
    }),
    text(placed, {
      y: 'y',
      frameAnchor: 'right',
      text: (row) => rowWords(row, narrow),
      fill: hue,
      ...(narrow ? { ...above, dx: -2, textAnchor: 'end' } : { textAnchor: 'start', dx: 8 }),
    }),
  ]
  return {
    height: 66 + rows.length * (narrow ? 40 : 26),
    marginLeft,
    marginRight,
    x: { type: 'log', domain },
    y: { domain: [-0.6, rows.length - (narrow ? 0.2 : 0.4)], axis: null },
    marks,
  }
}

/** `+12 % worse`, or with its interval: `+12 % (+9 to +15 %) worse`. */
function rowWords(row: Compared, narrow: boolean): string {
  const { change, interval, judgement } = row
  const range = interval && !narrow ? ` (${rangeWords(interval.low, interval.high)})` : ''
  return `${changeWords({ scale: 'ratio', change })}${range} ${judgement}`
}
