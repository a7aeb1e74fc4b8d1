import { figurePhrase } from '../../formats/figure.ts'
import { number } from '../../formats/words.ts'
import type { Noise } from '../../runs/noise.ts'
import type { Plot } from '../blocks.ts'
import { colour } from './colours.ts'
import { curvePanels } from './lines.ts'
import { plotOf } from './svg.ts'

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
  return plotOf({ name: 'noise', title: 'Smallest change that is found', description }, (width) =>
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
