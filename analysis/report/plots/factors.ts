import { dot, ruleX, ruleY, text } from '@observablehq/plot'
import { number, quantity } from '../../formats/words.ts'
import { largest, smallest } from '../../numbers/extremes.ts'
import { groupedBy } from '../../numbers/group.ts'
import type { Repeated } from '../../numbers/repeated.ts'
import type { FactorCell, Factors } from '../../runs/factors.ts'
import type { Plot } from '../blocks.ts'
import { levelsWords } from '../factor-levels.ts'
import { colour } from './colours.ts'
import { curvePanels } from './lines.ts'
import { type Panel, plotOf } from './svg.ts'
import { textWidth } from './text-width.ts'

/** More curves are not told apart. */
const mostCurves = 8

/** Throughput and p95 against replicas, a line for each combination of the others; without replicas a row for each cell. */
export function factorsPlot({ factors, cells }: Factors, finding: string | undefined): Plot | null {
  const known = cells.filter(({ rate }) => rate !== null)
  if (known.length < 2) return null
  const description = known
    .map(
      ({ levels, rate, runs }) =>
        `${levelsWords(levels)}: median ${number(rate?.median ?? 0)} requests per second over ${quantity(runs, 'run')}.`,
    )
    .join(' ')
  const sizes = factors.find(({ name }) => name === 'replicas')?.levels.map(Number) ?? []
  const lines = groupedBy(known, ({ levels: { replicas: _, ...others } }) => levelsWords(others))
  return sizes.length > 1 && lines.size <= mostCurves
    ? againstReplicas(lines, sizes, { finding, description })
    : rowByRow(known, { finding, description })
}

type About = { readonly finding: string | undefined; readonly description: string }

function againstReplicas(
  lines: ReadonlyMap<string, readonly FactorCell[]>,
  sizes: readonly number[],
  about: About,
): Plot {
  const panel = (label: string, figure: (cell: FactorCell) => Repeated | null) => {
    const curves = [...lines].map(([name, cells], index) => ({
      label: name,
      colour: colour(index),
      dots: true,
      cells: cells.flatMap((cell) => {
        const repeated = figure(cell)
        return repeated ? [{ x: Number(cell.levels.replicas), y: repeated.median, ...span(repeated) }] : []
      }),
    }))
    return {
      height: 240,
      x: {
        label: 'replicas',
        type: 'linear' as const,
        domain: [smallest(sizes) - 0.3, largest(sizes) + 0.3] as const,
        ticks: sizes,
        words: number,
      },
      y: { label, linear: true },
      reach: curves.flatMap(({ cells }) => cells.map(({ high }) => high)),
      under: curves.map(({ cells, colour }) =>
        ruleX(cells, { x: 'x', y1: 'low', y2: 'high', stroke: colour, strokeWidth: 6, strokeOpacity: 0.35 }),
      ),
      curves: curves.map(({ cells, ...curve }) => ({ ...curve, points: cells })),
    }
  }
  const title = 'Throughput and latency against replicas, medians with intervals or ranges'
  return plotOf({ name: 'factors', title, ...about }, (width) =>
    curvePanels(width, [
      panel('throughput (requests/s)', ({ rate }) => rate),
      panel('p95 latency (ms)', ({ p95Ms }) => p95Ms),
    ]),
  )
}

/** The interval, or the range where there is none. */
const span = ({ interval, least, most }: Repeated): { low: number; high: number } =>
  interval ?? { low: least, high: most }

const rowHeight = 36

/** The median of each cell with its interval or range, its name above it. */
function rowByRow(cells: readonly FactorCell[], about: About): Plot {
  const rows = cells.flatMap(({ levels, rate }, index) =>
    rate ? [{ name: levelsWords(levels), y: cells.length - index - 1, ...rate, ...span(rate) }] : [],
  )
  const title = 'Requests/s of each cell, medians with intervals or ranges'
  return plotOf({ name: 'factors', title, ...about }, (width) => [
    {
      height: rows.length * rowHeight + 50,
      ...{ marginLeft: 12, marginRight: 24, marginTop: 8, marginBottom: 38 },
      x: {
        domain: [0, largest(rows.map(({ high }) => high)) * 1.06 || 1],
        ...{ label: 'requests/s', labelAnchor: 'center', labelArrow: 'none' },
        ...{ tickFormat: number, ticks: 6, grid: true },
      },
      y: { domain: [-0.5, rows.length - 0.2], axis: null },
      marks: [
        ruleY(rows, {
          y: 'y',
          x1: 'low',
          x2: 'high',
          stroke: colour(0),
          strokeWidth: 6,
          strokeOpacity: 0.35,
        }),
        dot(rows, { x: 'median', y: 'y', r: 4.5, fill: colour(0) }),
        text(rows, {
          ...{ frameAnchor: 'left', y: 'y', dy: -15, textAnchor: 'start', fill: 'currentColor' },
          text: ({ name }: (typeof rows)[number]) => shortened(name, width - 40),
        }),
      ],
    } satisfies Panel,
  ])
}

const shortened = (name: string, width: number): string => {
  let shown = name
  while (shown.length > 8 && textWidth(shown, 12) > width) shown = shown.slice(0, -2)
  return shown === name ? name : `${shown}…`
}
