import { axisX, axisY, dot, gridY, type Markish, rect, ruleY, text } from '@observablehq/plot'
import { median } from 'simple-statistics'
import { number } from '../../formats/words.ts'
import { largest, smallest } from '../../numbers/extremes.ts'
import { drift, fewestForDrift, type InOrder } from '../../runs/in-order.ts'
import type { Plot } from '../blocks.ts'
import { changeWords, groupName } from '../change-words.ts'
import { inCommon } from '../shift-words.ts'
import { colour } from './colours.ts'
import { type Panel, plotOf } from './svg.ts'

const height = 210
const sides = [
  { name: 'baseline', hue: colour(0) },
  { name: 'candidate', hue: colour(1) },
] as const

/** Every run of both sides in the order in which they were made, a panel for each group. */
export function stripPlot(strips: readonly InOrder[]): Plot | null {
  const shown = strips.filter(({ runs }) => runs.some(({ value }) => value !== null))
  if (shown.length === 0) return null
  const named = (words: (strip: InOrder) => string) =>
    shown.map((each) => `${shown.length > 1 ? `${groupName(each.group)}: ` : ''}${words(each)}`).join('. ')
  const finding = inCommon(shown.map(stripWords))
  const key = [
    ...sides.map(({ name, hue }) => ({ label: `${name}, with its median`, colour: hue })),
    ...(shown.some(({ runs }) => runs.some(({ bad }) => bad))
      ? [{ label: '× invalid or failed run', colour: 'currentColor' }]
      : []),
    ...(shown.some(({ blocks }) => blocks.length > 0)
      ? [{ label: 'shaded: runs that are compared with each other', colour: 'currentColor' }]
      : []),
  ]
  const title = `${shown[0]?.metric} of every run, in the order they were made`
  const description = named(
    ({ runs, metric, unit }) =>
      `${metric} of ${runs.length} runs, ${sides
        .map(({ name }, side) => {
          const values = valid(runs, side)
          return values.length > 0
            ? `${name} ${number(median(values))} ${unit} in the median`
            : `${name} unknown`
        })
        .join(', ')}.`,
  )
  return plotOf({ name: 'strip', title, ...finding, description, key }, (width) =>
    shown.map((strip) => panel(strip, width)),
  )
}

/** Whether the sides drifted while they were measured, in a sentence without its end. */
function stripWords(order: InOrder): string {
  const found = drift(order)
  if (found === null) return `Too few runs to show a drift, which takes ${fewestForDrift} a side`
  if (found === 'steady') return 'Steady: no drift shown while the sides were measured'
  const { of, ratio } = found
  const by = changeWords({ scale: 'ratio', change: ratio }).replace(/^[+−]/, '')
  const drifted = `drifted ${ratio > 1 ? 'up' : 'down'} by ${by} while`
  if (of === 'both') return `Both sides ${drifted} they were measured`
  return `The ${of} ${drifted} it was measured, the ${of === 'baseline' ? 'candidate' : 'baseline'} did not`
}

/** What the median of a side is of. */
const valid = (runs: InOrder['runs'], side: number): number[] =>
  runs.flatMap((run) => (run.side === side && !run.invalid && run.value !== null ? [run.value] : []))

function panel({ group, metric, unit, runs, blocks }: InOrder, width: number): Panel {
  const values = runs.flatMap(({ value }) => value ?? [])
  const [least, most] = [smallest(values), largest(values)]
  const room = Math.max((most - least) * 0.12, most * 0.01)
  const domain = [Math.max(0, least - room), most + room] as const
  // A run without the figure still has its place.
  const placed = runs.map((run, index) => ({ ...run, x: index + 1, y: run.value ?? domain[0] }))
  const hue = ({ side }: { readonly side: number }) => sides[side]?.hue ?? 'currentColor'
  const small = runs.length > (width < 500 ? 60 : 150)
  const medians: Markish[] = sides.flatMap(({ hue }, side) => {
    const of = valid(runs, side)
    return of.length > 0 ? [ruleY([median(of)], { stroke: hue, strokeWidth: 1.5, strokeOpacity: 0.7 })] : []
  })
  return {
    height,
    marginRight: 24,
    x: { domain: [0.3, runs.length + 0.7] },
    y: { domain, label: `${metric} (${unit})` },
    marks: [
      rect(
        blocks
          .filter((_, index) => index % 2 === 0)
          .map(([from, to]) => ({ from: from + 0.5, to: to + 1.5 })),
        { x1: 'from', x2: 'to', y1: domain[0], y2: domain[1], fill: 'currentColor', fillOpacity: 0.07 },
      ),
      gridY({ ticks: 5 }),
      axisY({ ticks: 5, label: `${metric} (${unit})`, tickFormat: number }),
      axisX({
        ticks: Math.min(runs.length, width < 500 ? 6 : 10),
        tickFormat: (at: number) => (Number.isInteger(at) ? String(at) : ''),
        label: `run, in the order they were made – ${groupName(group)}`,
        labelAnchor: 'center',
        labelArrow: 'none',
      }),
      ...medians,
      dot(
        placed.filter(({ bad }) => !bad),
        { x: 'x', y: 'y', fill: hue, r: small ? 2 : 4 },
      ),
      text(
        placed.filter(({ bad }) => bad),
        { x: 'x', y: 'y', text: () => '×', fill: hue, fontSize: small ? 11 : 17, fontWeight: 'bold' },
      ),
    ],
  }
}
