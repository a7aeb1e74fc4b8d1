import { changeSize, number } from '../../formats/words.ts'
import { largest } from '../../numbers/extremes.ts'
import type { Noise } from '../../runs/noise.ts'
import type { Plot } from '../blocks.ts'
import { labelledLines, labelledTicks, scaleFor, tickWords, yAxis } from './lines.ts'
import { colour, plotOf } from './svg.ts'

/** What ten runs a side find in each figure, of the longest load. */
function finding(loads: Noise['loads']): string {
  const all =
    loads.at(-1)?.figures.map(({ found }) => found.find(({ runs }) => runs === 10)?.change ?? null) ?? []
  return all.length === 0 || all.includes(null)
    ? 'Not every figure shows even a doubling with 10 runs a side'
    : `10 runs a side find a change of ${changeSize(largest(all.map(Number)))} % in every figure`
}

/** The smallest change found against the runs a side, a panel a load, a line a figure. */
export function noisePlot({ loads }: Noise, description: string): Plot | null {
  const panels = loads.map(({ load, figures }) => ({
    load,
    curves: figures.map(({ metric, found }, index) => ({
      label: metric,
      colour: colour(index),
      dots: true,
      points: found.flatMap(({ runs, change }) => (change === null ? [] : [{ x: runs, y: 100 * change }])),
    })),
  }))
  const points = panels.flatMap(({ curves }) => curves.flatMap((curve) => curve.points))
  if (points.length === 0) return null
  const height = 240
  const scale = scaleFor(points, height)
  const sizes = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b)
  return plotOf(
    { name: 'noise', title: 'Smallest change that is found', finding: finding(loads), description },
    panels.map(({ load, curves }) => ({
      height,
      x: { type: 'log', domain: [(sizes[0] ?? 1) / 1.1, (sizes.at(-1) ?? 1) * 1.1] },
      y: {
        ...yAxis('found in nine of ten', 5, scale),
        tickFormat: (tick: number, index: number, ticks?: number[]) => `${tickWords(tick, index, ticks)} %`,
      },
      marks: [...labelledTicks(`runs a side – ${load}`, sizes, number), ...labelledLines(curves, scale)],
    })),
  )
}
