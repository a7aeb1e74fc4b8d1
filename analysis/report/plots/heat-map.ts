import { type Markish, ruleX } from '@observablehq/plot'
import type { Run } from '../../formats/run.ts'
import type { Timeline } from '../../formats/timeline.ts'
import { number } from '../../formats/words.ts'
import { largest, smallest } from '../../numbers/extremes.ts'
import type { Plot } from '../blocks.ts'
import { sharedXAxis } from './axes.ts'
import { colour } from './colours.ts'
import { ink } from './lines.ts'
import { plotOf } from './svg.ts'
import { timeScale } from './time-panel.ts'

/** Shades of one hue, by the share of a column's requests that is at least this. */
const shades = [
  { share: 0, opacity: 0.12 },
  { share: 0.01, opacity: 0.25 },
  { share: 0.03, opacity: 0.4 },
  { share: 0.1, opacity: 0.6 },
  { share: 0.25, opacity: 0.8 },
  { share: 0.5, opacity: 1 },
] as const

const mostColumns = 150

/** From where to where in ms, and the index of its shade. */
type Cell = {
  readonly x1: number
  readonly x2: number
  readonly y1: number
  readonly y2: number
  readonly shade: number
}

/** The distribution of latency over time; null unless each period's is known. */
export function heatMap(timeline: Timeline, run: Run): Plot | null {
  const cells = cellsOf(timeline)
  const endMs = timeline.periods.at(-1)?.toMs
  if (cells.length === 0 || endMs === undefined) return null
  const unit = timeScale(endMs)
  const [low, high] = [smallest(cells.map(({ y1 }) => y1)), largest(cells.map(({ y2 }) => y2))]
  const boundaries = run.load.stages.map(({ startMs }) => startMs).filter((ms) => ms > 0 && ms < endMs)
  return plotOf(
    {
      name: 'heat-map',
      title: 'All requests by latency and time; shade: their share of that time',
      description: `Requests of each time by their latency, from ${number(low)} to ${number(high)} ms: the stronger the colour, the larger their share.`,
    },
    [
      {
        height: 290,
        x: { ...sharedXAxis(unit.label, true), domain: [0, endMs / unit.ms] },
        y: {
          type: 'log',
          domain: [low, high],
          label: 'latency (ms)',
          tickFormat: number,
          ticks: decades(low, high),
        },
        marks: [
          ...shades.map(({ opacity }, index) =>
            filled(
              cells.filter(({ shade }) => shade === index),
              unit.ms,
              opacity,
            ),
          ),
          ruleX(boundaries, { x: (ms: number) => ms / unit.ms, ...ink(0.3) }),
          shadeLegend,
        ],
      },
    ],
  )
}

function decades(low: number, high: number): number[] {
  const of = Math.log10(high / low) > 2.5 ? [1] : [1, 2, 5]
  return Array.from({ length: 14 }, (_, index) => 10 ** (index - 5))
    .flatMap((ten) => of.map((each) => each * ten))
    .filter((tick) => tick >= low && tick <= high)
}

const hue = colour(0)

/** The cells of one shade as one path: a rectangle each would take ten times the bytes. */
const filled =
  (cells: readonly Cell[], unitMs: number, opacity: number): Markish =>
  (_, { x = Number, y = Number }, __, ___, { document }) => {
    const round = (value: number) => Math.round(value * 10) / 10
    const path = cells.map((cell) => {
      const [left, right] = [round(x(cell.x1 / unitMs)), round(x(cell.x2 / unitMs))]
      const [bottom, top] = [round(y(cell.y1)), round(y(cell.y2))]
      return `M${left} ${top}H${right}V${bottom}H${left}Z`
    })
    const node = document.createElementNS('http://www.w3.org/2000/svg', 'path')
    node.setAttribute('d', path.join(''))
    node.setAttribute('fill', hue)
    node.setAttribute('fill-opacity', String(opacity))
    return node
  }

const shadeLegend: Markish = (_, __, ___, { width, marginRight }, { document }) => {
  const group = document.createElementNS('http://www.w3.org/2000/svg', 'g')
  const step = 34
  const left = width - Math.min(marginRight, 20) - step * shades.length
  for (const [index, { opacity }] of shades.entries()) {
    const next = shades[index + 1]
    const box = document.createElementNS('http://www.w3.org/2000/svg', 'path')
    box.setAttribute('d', `M${left + step * index} 5h${step}v9h-${step}Z`)
    box.setAttribute('fill', hue)
    box.setAttribute('fill-opacity', String(opacity))
    group.appendChild(box)
    if (!next) continue
    const words = document.createElementNS('http://www.w3.org/2000/svg', 'text')
    words.setAttribute('x', String(left + step * (index + 1)))
    words.setAttribute('y', '25')
    words.setAttribute('text-anchor', 'middle')
    words.setAttribute('fill', 'currentColor')
    words.textContent = `${number(100 * next.share)} %`
    group.appendChild(words)
  }
  return group
}

/** Neighbouring periods are put together where there are more than a page can show, and cells of one shade as well. */
function cellsOf({ periods, bucketsMs = [] }: Timeline): Cell[] {
  const [first = 1, second = first * 1.5] = bucketsMs
  const ratio = second / first
  const edges = [first / ratio, ...bucketsMs, (bucketsMs.at(-1) ?? first) * ratio]
  const together = Math.max(1, Math.ceil(periods.length / mostColumns))
  const columns = Array.from({ length: Math.ceil(periods.length / together) }, (_, column) => {
    const these = periods.slice(column * together, (column + 1) * together)
    const counts = edges
      .slice(1)
      .map((_, row) => these.reduce((sum, period) => sum + (period.counts?.[row] ?? 0), 0))
    const all = counts.reduce((sum, count) => sum + count, 0)
    const shadeOf = (count: number) => shades.findLastIndex(({ share }) => count / all >= share)
    return {
      x1: these[0]?.fromMs ?? 0,
      x2: these.at(-1)?.toMs ?? 0,
      shades: counts.map((count) => (count > 0 ? shadeOf(count) : -1)),
    }
  })
  return edges.slice(1).flatMap((y2, row) => {
    const y1 = edges[row] as number
    const cells: Cell[] = []
    for (const { x1, x2, shades } of columns) {
      const shade = shades[row] ?? -1
      const last = cells.at(-1)
      if (last && last.shade === shade && last.x2 === x1) cells.splice(-1, 1, { ...last, x2 })
      else if (shade >= 0) cells.push({ x1, x2, y1, y2, shade })
    }
    return cells
  })
}
