import { areaY, axisX, axisY, dot, gridX, gridY, line, type Markish, ruleY } from '@observablehq/plot'
import { number, percent } from '../../formats/words.ts'
import { largest, smallest } from '../../numbers/extremes.ts'
import type { ByPercentile } from '../../runs/by-percentile.ts'
import type { ComparedGroup, Comparison } from '../../runs/compare.ts'
import type { Plot } from '../blocks.ts'
import { changeWords, groupName } from '../change-words.ts'
import { inCommon, shiftWords } from '../shift-words.ts'
import { colour } from './colours.ts'
import { ink } from './lines.ts'
import { ratioDomain, ratioTicks } from './ratio-axis.ts'
import { drawnHeight, type Panel, plotOf } from './svg.ts'

type Shown = { readonly group: ComparedGroup; readonly found: ByPercentile }

/** The candidate's side, as in the other plots of a comparison. */
const hue = colour(1)
const height = 270

/**
 * Change of latency by percentile as a ratio, and in milliseconds, with the band around it. The x axis is the share of
 * requests that took longer, on a logarithmic scale, which spaces p90, p99 and p99.9 evenly.
 */
export function shiftPlots({ groups, effect }: Comparison): Plot[] {
  const shown = groups.flatMap((group): Shown[] =>
    group.byPercentile ? [{ group, found: group.byPercentile }] : [],
  )
  if (shown.length === 0) return []
  const several = shown.length > 1
  const finding = inCommon(shown.map(({ found }) => shiftWords(found, effect)))
  const description = `${shown
    .map(({ found: { ratio } }) => ratio.points.map((each) => `p${each.p} ${words(each.change)}`).join(', '))
    .join('; ')}.`
  const domain = ratioDomain(
    shown.flatMap(({ found }) => ends(found.ratio.points)),
    effect,
  )
  const differences = shown.flatMap(({ found }) => ends(found.difference.points))
  const title = (scale: string) => `Change of latency by percentile, ${scale}`
  return [
    plotOf(
      {
        name: 'shift',
        title: title('as a ratio'),
        ...finding,
        description,
        key: key(shown, 'ratio', effect),
      },
      () => shown.map((each) => ratioPanel(each, domain, { effect, several })),
    ),
    plotOf(
      {
        name: 'shift-ms',
        title: title('in ms'),
        ...finding,
        description,
        key: key(shown, 'difference'),
      },
      () => shown.map((each) => differencePanel(each, differences, several)),
    ),
  ]
}

const words = (change: number): string => changeWords({ scale: 'ratio', change })

const ends = (points: ByPercentile['ratio']['points']): number[] =>
  points.flatMap(({ change, low, high }) => [change, low ?? change, high ?? change])

function key(shown: readonly Shown[], scale: 'ratio' | 'difference', effect?: number) {
  const confidences = [...new Set(shown.flatMap(({ found }) => found[scale].confidence ?? []))]
  const range = [...new Set([smallest(confidences), largest(confidences)].map(percentOf))].join(' to ')
  return [
    ...(confidences.length > 0
      ? [
          {
            label: `band: all of the curve lies in it, with ${range} confidence; from how much the runs differ`,
            colour: hue,
          },
        ]
      : []),
    ...(effect === undefined
      ? []
      : [{ label: `${percent(effect)} more or less`, colour: 'currentColor', dash: '3 3' }]),
  ]
}

/** One digit, since few runs allow few levels. */
const percentOf = (share: number): string => `${Number((100 * share).toFixed(1))} %`

function ratioPanel(
  { group, found }: Shown,
  domain: readonly [number, number],
  { effect, several }: { readonly effect: number; readonly several: boolean },
): Panel {
  const ticks = ratioTicks({ domain, length: drawnHeight(height) }, 24)
  const at = ticks.map((tick) => tick.at)
  return panel(found.ratio.points, {
    y: { type: 'log', domain },
    label: named(group, several),
    none: 1,
    marks: [
      gridY(at),
      axisY(at, { text: (tick: number) => ticks.find((each) => each.at === tick)?.words ?? '', label: null }),
      ruleY([1 / (1 + effect), 1 + effect], { ...ink(0.35), strokeDasharray: '3 3' }),
    ],
  })
}

function differencePanel({ group, found }: Shown, ends: readonly number[], several: boolean): Panel {
  const [low, high] = [Math.min(0, smallest(ends)), Math.max(0, largest(ends))]
  // Both sides of no change are seen.
  const domain = [Math.min(low, -high / 5) * 1.06, Math.max(high, -low / 5) * 1.06] as const
  return panel(found.difference.points, {
    y: { type: 'linear', domain: domain[0] < domain[1] ? domain : [-1, 1] },
    label: named(group, several),
    none: 0,
    marks: [
      gridY({ ticks: 6 }),
      axisY({
        ticks: 6,
        label: null,
        tickFormat: (value: number) => `${value > 0 ? '+' : value < 0 ? '−' : ''}${number(Math.abs(value))}`,
      }),
    ],
  })
}

const named = (group: ComparedGroup, several: boolean): string =>
  `percentile of requests${several ? ` – ${groupName(group)}` : ''}`

type Frame = {
  readonly y: Panel['y']
  readonly label: string
  readonly none: number
  readonly marks: readonly Markish[]
}

function panel(points: ByPercentile['ratio']['points'], { y, label, none, marks }: Frame): Panel {
  const placed = points.map(({ p, change, low, high }) => ({ x: 1 - p / 100, change, low, high }))
  const deepest = smallest(placed.map(({ x }) => x))
  const banded = placed.every(({ low }) => low !== null)
  const tails = [0.99, 0.5, 0.1, 0.01, 0.001, 0.0001].filter((tail) => tail >= deepest - 1e-9)
  return {
    height,
    marginRight: 24,
    x: { type: 'log', domain: [1, deepest] },
    y: { ...y, label: null },
    marks: [
      gridX(tails),
      axisX(tails, {
        text: (tail: number) => `p${Number((100 * (1 - tail)).toFixed(3))}`,
        label,
        labelAnchor: 'center',
        labelArrow: 'none',
      }),
      ...marks,
      ruleY([none], ink(0.6)),
      ...(banded ? [areaY(placed, { x: 'x', y1: 'low', y2: 'high', fill: hue, fillOpacity: 0.2 })] : []),
      line(placed, { x: 'x', y: 'change', stroke: hue, strokeWidth: 2 }),
      dot(placed, { x: 'x', y: 'change', fill: hue, r: 3 }),
    ],
  }
}
