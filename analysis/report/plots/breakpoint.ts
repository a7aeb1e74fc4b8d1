import { dot, line, ruleX } from '@observablehq/plot'
import { number } from '../../formats/words.ts'
import type { RunStatistics } from '../../run/statistics.ts'
import type { Breakpoint } from '../../runs/breakpoint.ts'
import type { Plot } from '../blocks.ts'
import { colour } from './colours.ts'
import { limitsOf } from './limits.ts'
import { curvePanels, ink } from './lines.ts'
import { plotOf } from './svg.ts'

/** p95 against the offered rate, a dot for each probe: green where it held, red where it broke. */
export function breakpointPlot(
  breakpoint: Breakpoint,
  description: string,
  unit = 'requests/s',
  runs: readonly RunStatistics[] = [],
): Plot | null {
  const points = breakpoint.probes.flatMap(({ rate, p95Ms, held }) =>
    p95Ms ? [{ x: rate, y: p95Ms, held }] : [],
  )
  if (points.length === 0) return null
  const rates = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b)
  const answers = [breakpoint.held, breakpoint.broke].flatMap((rate) => rate ?? [])
  const hues = { held: colour(2), broke: colour(7) }
  const key = [
    { label: 'held', colour: hues.held, mark: 'dot' as const },
    { label: 'SLOs missed, requests dropped, or the queue grew', colour: hues.broke, mark: 'cross' as const },
  ]
  return plotOf(
    {
      name: 'breakpoint',
      title: 'Where it breaks',
      finding: description.split(/(?<=\.) /)[0],
      description,
      key,
    },
    (width) =>
      curvePanels(width, [
        {
          height: 300,
          x: {
            label: `offered (${unit})`,
            type: 'log',
            domain: [(rates[0] ?? 1) / 1.1, (rates.at(-1) ?? 1) * 1.1],
            ticks: rates,
            words: number,
            answers,
          },
          y: { label: 'p95 latency (ms)' },
          limits: limitsOf(runs, /^p95$/),
          under: [
            ...(breakpoint.held ? [ruleX([breakpoint.held], { stroke: hues.held, strokeOpacity: 0.6 })] : []),
            line(
              [...points].sort((a, b) => a.x - b.x),
              { x: 'x', y: 'y', ...ink(0.25) },
            ),
            dot(
              points.filter(({ held }) => held),
              { x: 'x', y: 'y', r: 5, fill: hues.held },
            ),
            dot(
              points.filter(({ held }) => !held),
              { x: 'x', y: 'y', r: 5, stroke: hues.broke, strokeWidth: 2.5, symbol: 'times' },
            ),
          ],
          curves: [],
          reach: points.map(({ y }) => y),
        },
      ]),
  )
}
