import { dot, type Markish, ruleX, ruleY, text } from '@observablehq/plot'
import { number, percent } from '../formats/words.ts'
import { fewestRuns } from '../numbers/repeated.ts'
import type { Comparison, ComparedGroup as Group } from '../runs/compare.ts'
import type { Compared } from '../runs/judgement.ts'
import { labelledTicks } from './plots/lines.ts'
import { colour, type Panel, type Picture, picture } from './plots/svg.ts'

/** `constant, 4 replicas` */
export const groupName = ({ scenario, replicas }: Group): string =>
  replicas ? `${scenario}, ${replicas} replica${replicas === 1 ? '' : 's'}` : scenario

const hues: Record<Compared['judgement'], string> = {
  worse: colour(7),
  better: colour(2),
  'no difference': colour(0),
  'cannot tell': 'currentColor',
}

/** Every ratio with its interval, the range that does not matter in grey. */
export function forest({ groups, effect }: Comparison): Picture | null {
  const shown = groups
    .map((group) => ({ group, rows: group.metrics.filter(({ scale }) => scale === 'ratio') }))
    .filter(({ rows }) => rows.length > 0)
  if (shown.length === 0) return null
  const ends = shown.flatMap(({ rows }) =>
    rows.flatMap(({ change, interval }) => [change, ...(interval ? [interval.low, interval.high] : [])]),
  )
  const widest = Math.max(1 + 2 * effect, ...ends.map((end) => Math.max(end, 1 / end)))
  const domain = [1 / (widest * 1.03), widest * 1.03] as const
  return picture(
    {
      name: 'comparison',
      title: 'Candidate ÷ baseline',
      description: shown
        .map(
          ({ group, rows }) =>
            `${groupName(group)}: ${rows.map((each) => `${each.metric} ${changeWords(each)}, ${each.judgement}`).join('; ')}.`,
        )
        .join(' '),
      key: (['worse', 'better', 'no difference', 'cannot tell'] as const)
        .filter((each) => shown.some(({ rows }) => rows.some(({ judgement }) => judgement === each)))
        .map((label) => ({ label, colour: hues[label] })),
    },
    shown.map(({ group, rows }) => panel(group, rows, domain, effect)),
  )
}

const rowHeight = 26

function panel(
  group: Group,
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
    ruleX([1 / (1 + effect), 1 + effect], {
      stroke: 'currentColor',
      strokeOpacity: 0.35,
      strokeDasharray: '3 3',
    }),
    ruleX([1], { stroke: 'currentColor', strokeOpacity: 0.6 }),
    ruleY(placed, { y: 'y', x1: 'low', x2: 'high', stroke: hue, strokeWidth: 3 }),
    dot(placed, { x: 'change', y: 'y', fill: hue, r: 5 }),
    text(placed, { y: 'y', frameAnchor: 'left', text: 'metric', textAnchor: 'end', dx: -10 }),
    text(placed, { y: 'y', frameAnchor: 'right', text: changeWords, textAnchor: 'start', dx: 8, fill: hue }),
  ]
  return {
    height: 70 + rows.length * rowHeight,
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

/** `+4.20 %`, or `+0.12 points` of a share. */
export function changeWords({ scale, change }: Pick<Compared, 'scale' | 'change'>): string {
  const share = scale === 'ratio' ? change - 1 : change
  const sign = share > 0 ? '+' : share < 0 ? '−' : '±'
  return `${sign}${number(Math.abs(100 * share))} ${scale === 'ratio' ? '%' : 'points'}`
}

export const comparedColumns = [
  'figure',
  'baseline',
  'candidate',
  'change',
  '95 % interval',
  'p (adjusted)',
  'Cliff’s δ',
  'judgement',
] as const

export const comparedRows = ({ metrics }: Group): string[][] =>
  metrics.map(
    ({ metric, unit, baseline, candidate, scale, change, interval, adjusted, delta, judgement }) => {
      const figure = (value: number) => (unit === 'share' ? percent(value) : number(value))
      return [
        unit === 'share' ? metric : `${metric} (${unit})`,
        figure(baseline.median),
        figure(candidate.median),
        changeWords({ scale, change }),
        interval
          ? `${changeWords({ scale, change: interval.low })} to ${changeWords({ scale, change: interval.high })}`
          : '–',
        adjusted < 0.0001 ? '< 0.0001' : number(adjusted),
        number(delta),
        judgement,
      ]
    },
  )

/** What a group's comparison means and what to know before trusting it, in sentences. */
export function comparedRemarks(group: Group, effect: number): string[] {
  const { runs, refused, invalid, metrics, warnings } = group
  if (refused.length > 0)
    return [...refused.map((reason) => `${reason}.`), 'Not compared; --anyway compares them all the same.']
  const told = (judgement: Compared['judgement']) => metrics.filter((each) => each.judgement === judgement)
  const list = (these: readonly Compared[]) =>
    these.map((each) => `${each.metric} ${changeWords(each)}`).join(', ')
  const said: string[] = []
  if (told('worse').length > 0) said.push(`Worse: ${list(told('worse'))}.`)
  if (told('better').length > 0) said.push(`Better: ${list(told('better'))}.`)
  const same = told('no difference')
  if (same.length > 0)
    said.push(`No difference beyond ${percent(effect)}: ${same.map(({ metric }) => metric).join(', ')}.`)
  const open = told('cannot tell')
  if (open.length > 0) {
    const needed = Math.max(0, ...open.map(({ runsNeeded }) => runsNeeded ?? 0))
    const few = Math.min(runs.baseline, runs.candidate) < fewestRuns
    said.push(
      `Cannot tell: ${open.map(({ metric }) => metric).join(', ')} – ${
        few
          ? `${runs.baseline} and ${runs.candidate} runs are too few for any verdict, which takes ${fewestRuns} a side`
          : `the runs vary too much to show or to exclude a change of ${percent(effect)}`
      }${needed > 0 ? `; about ${needed} runs a side would` : ''}.`,
    )
  }
  if (metrics.length === 0) said.push('No figure that both sides have differs in any run.')
  if (invalid > 0) said.push(`${invalid} invalid run${invalid === 1 ? ' was' : 's were'} left out.`)
  return [...said, ...warnings.map((warning) => (warning.endsWith('.') ? warning : `${warning}.`))]
}
