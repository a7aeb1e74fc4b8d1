import { figurePhrase } from '../../formats/figure.ts'
import { changeSize, number } from '../../formats/words.ts'
import { largest } from '../../numbers/extremes.ts'
import type { Noise } from '../../runs/noise.ts'
import type { Plot } from '../blocks.ts'
import { colour } from './colours.ts'
import { curvePanels } from './lines.ts'
import { plotOf } from './svg.ts'

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
      label: figurePhrase(metric),
      colour: colour(index),
      dots: true,
      points: found.flatMap(({ runs, change }) => (change === null ? [] : [{ x: runs, y: 100 * change }])),
    })),
  }))
  const points = panels.flatMap(({ curves }) => curves.flatMap((curve) => curve.points))
  if (points.length === 0) return null
  const sizes = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b)
  const [least, most] = [sizes[0] ?? 1, sizes.at(-1) ?? 1]
  return plotOf(
    { name: 'noise', title: 'Smallest change that is found', finding: finding(loads), description },
    (width) =>
      curvePanels(
        width,
        panels.map(({ load, curves }) => ({
          height: 240,
          x: {
            label: `runs a side – ${load}`,
            type: 'log',
            domain: [least / 1.1, most * 1.1],
            ticks: sizes,
            words: number,
          },
          y: { label: 'change found in nine of ten (%)' },
          // The same axis for all panels.
          reach: points.map(({ y }) => y),
          curves,
        })),
      ),
  )
}
