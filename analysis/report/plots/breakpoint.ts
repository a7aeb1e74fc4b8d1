import { dot, line, ruleX } from '@observablehq/plot'
import { number } from '../../formats/words.ts'
import type { Breakpoint } from '../../runs/breakpoint.ts'
import type { Plot } from '../blocks.ts'
import { ink, labelledTicks, limitMarks, type limitsOf, scaleFor, yAxis } from './lines.ts'
import { colour, plotOf } from './svg.ts'

/** p95 against the offered rate, a dot for each probe: green where it held, red where it broke. */
export function breakpointPlot(
  breakpoint: Breakpoint,
  description: string,
  unit = 'requests/s',
  limits: ReturnType<typeof limitsOf> = [],
): Plot | null {
  const points = breakpoint.probes.flatMap(({ rate, p95Ms, held }) =>
    p95Ms ? [{ x: rate, y: p95Ms, held }] : [],
  )
  if (points.length === 0) return null
  const height = 300
  const scale = scaleFor(points, height)
  const rates = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b)
  const hues = { held: colour(2), broke: colour(7) }
  const key = [
    { label: 'held', colour: hues.held },
    { label: 'SLOs missed, requests dropped, or the queue grew', colour: hues.broke },
  ]
  return plotOf(
    {
      name: 'breakpoint',
      title: 'Where it breaks',
      finding: description.split(/(?<=\.) /)[0] ?? '',
      description,
      key,
    },
    [
      {
        height,
        x: { type: 'log', domain: [(rates[0] ?? 1) / 1.1, (rates.at(-1) ?? 1) * 1.1] },
        y: yAxis('p95 latency (ms)', 6, scale),
        marks: [
          ...labelledTicks(`offered (${unit})`, sparse(rates), number),
          ...limitMarks(limits, scale),
          ...(breakpoint.held ? [ruleX([breakpoint.held], { stroke: hues.held, strokeOpacity: 0.6 })] : []),
          line(
            [...points].sort((a, b) => a.x - b.x),
            { x: 'x', y: 'y', ...ink(0.25) },
          ),
          dot(points, { x: 'x', y: 'y', r: 5, fill: ({ held }) => (held ? hues.held : hues.broke) }),
        ],
      },
    ],
  )
}

/** Ticks far enough apart on a logarithmic axis. */
const sparse = (rates: readonly number[]): number[] => [
  ...new Map(rates.map((rate) => [Math.floor(Math.log(rate) / Math.log(1.3)), rate])).values(),
]
