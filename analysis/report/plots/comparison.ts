import { dot, type Markish, ruleX, ruleY, text } from '@observablehq/plot'
import { figurePhrase } from '../../formats/figure.ts'
import { number } from '../../formats/words.ts'
import { largest } from '../../numbers/extremes.ts'
import type { ComparedGroup, Comparison } from '../../runs/compare.ts'
import { isTagged } from '../../runs/figures-compared.ts'
import type { Compared, Judgement } from '../../runs/judgement.ts'
import type { Plot } from '../blocks.ts'
import { changeWords, groupName, worstFirst } from '../change-words.ts'
import { ink, labelledTicks } from './lines.ts'
import { colour, type Panel, plotOf } from './svg.ts'

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
  const widest = Math.max(1 + 2 * effect, largest(ends.map((end) => Math.max(end, 1 / end))))
  const domain = [1 / (widest * 1.03), widest * 1.03] as const
  const description = shown
    .map(
      ({ group, rows }) =>
        `${groupName(group)}: ${rows.map((each) => `${each.metric} ${changeWords(each)}, ${each.judgement}`).join('; ')}.`,
    )
    .join(' ')
  const key = (['worse', 'better', 'no difference', 'cannot tell'] as const)
    .filter((each) => shown.some(({ rows }) => rows.some(({ judgement }) => judgement === each)))
    .map((label) => ({ label, colour: hues[label] }))
  return plotOf(
    { name: 'comparison', title: 'Candidate ÷ baseline', description, key },
    shown.map(({ group, rows }) => panel(group, rows, domain, effect)),
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

const longest = 34

/** As it fits beside the plot. */
function label({ metric }: Compared): string {
  const phrase = figurePhrase(metric)
  // Paths differ at their ends.
  return phrase.length > longest ? `${phrase.slice(0, 12)}…${phrase.slice(13 - longest)}` : phrase
}

function panel(
  group: ComparedGroup,
  rows: readonly Compared[],
  domain: readonly [number, number],
  effect: number,
): Panel {
  const placed = rows.map((row, index) => ({
    ...row,
    y: rows.length - 1 - index,
    low: row.interval?.low ?? row.change,
    high: row.interval?.high ?? row.change,
  }))
  const hue = ({ judgement }: Compared) => hues[judgement]
  const marks: Markish[] = [
    ...labelledTicks(`ratio, candidate ÷ baseline – ${groupName(group)}`, ticks(domain), percentChange),
    ruleX([1 / (1 + effect), 1 + effect], { ...ink(0.35), strokeDasharray: '3 3' }),
    ruleX([1], ink(0.6)),
    ruleY(placed, { y: 'y', x1: 'low', x2: 'high', stroke: hue, strokeWidth: 3 }),
    dot(placed, { x: 'change', y: 'y', fill: hue, r: 5 }),
    text(placed, { y: 'y', frameAnchor: 'left', text: label, textAnchor: 'end', dx: -10 }),
    text(placed, { y: 'y', frameAnchor: 'right', text: changeWords, textAnchor: 'start', dx: 8, fill: hue }),
  ]
  return {
    height: 70 + rows.length * 26,
    ...(rows.some(isTagged) && { marginLeft: 24 + 7 * largest(rows.map((row) => label(row).length)) }),
    x: { type: 'log', domain },
    y: { domain: [-0.6, rows.length - 0.4], axis: null },
    marks,
  }
}

function ticks([low, high]: readonly [number, number]): number[] {
  const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5].find((each) => (high - low) / each <= 8) ?? 10
  const from = Math.ceil((low - 1) / step)
  return Array.from({ length: 12 }, (_, index) => 1 + (from + index) * step).filter(
    (tick) => tick >= low && tick <= high && tick > 0,
  )
}

const percentChange = (ratio: number): string =>
  ratio === 1 ? 'same' : `${ratio > 1 ? '+' : '−'}${number(Math.abs(Math.round((ratio - 1) * 1000) / 10))} %`
