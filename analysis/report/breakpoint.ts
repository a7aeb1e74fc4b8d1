import { dot, line, ruleX } from '@observablehq/plot'
import { median } from 'simple-statistics'
import { number, orDash, percent } from '../formats/words.ts'
import { groupedBy } from '../numbers/group.ts'
import type { Breakpoint } from '../runs/breakpoint.ts'
import type { Statistics } from '../runs/statistics.ts'
import { labelledTicks, scaleFor } from './plots/lines.ts'
import { colour, drawnHeight, type Picture, picture } from './plots/svg.ts'

/** p95 against the rate that was offered, each probe a dot: green where it held, red where it did not. */
export function breakpointPicture({ breakpoint }: Statistics): Picture | null {
  if (!breakpoint) return null
  const points = breakpoint.probes.flatMap(({ rate, p95Ms, held }) =>
    p95Ms ? [{ x: rate, y: p95Ms, held }] : [],
  )
  if (points.length === 0) return null
  const height = 300
  const { type, domain } = scaleFor(
    points.map(({ y }) => y),
    drawnHeight(height),
  )
  const rates = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b)
  const hues = { held: colour(2), broke: colour(7) }
  return picture(
    {
      name: 'breakpoint',
      title: 'Where it breaks',
      description: breakpointWords(breakpoint),
      key: [
        { label: 'held', colour: hues.held },
        { label: 'SLOs missed, requests dropped, or the queue grew', colour: hues.broke },
      ],
    },
    [
      {
        height,
        x: { type: 'log', domain: [(rates[0] ?? 1) / 1.1, (rates.at(-1) ?? 1) * 1.1] },
        y: { type, domain, grid: true, label: 'p95 latency (ms)', tickFormat: number, ticks: 6 },
        marks: [
          ...labelledTicks('offered (requests/s)', sparse(rates), number),
          ...(breakpoint.held ? [ruleX([breakpoint.held], { stroke: hues.held, strokeOpacity: 0.6 })] : []),
          line(
            [...points].sort((a, b) => a.x - b.x),
            { x: 'x', y: 'y', stroke: 'currentColor', strokeOpacity: 0.25 },
          ),
          dot(points, { x: 'x', y: 'y', r: 5, fill: ({ held }) => (held ? hues.held : hues.broke) }),
        ],
      },
    ],
  )
}

/** Ticks far enough apart on a logarithmic axis to be read. */
const sparse = (rates: readonly number[]): number[] => [
  ...new Map(rates.map((rate) => [Math.floor(Math.log(rate) / Math.log(1.3)), rate])).values(),
]

export const breakpointWords = ({ held, broke, limit, done, probes }: Breakpoint): string => {
  const end = done ? '' : ' The search was cut short.'
  if (limit === 'generator')
    return `${held === null ? 'No rate held' : `It holds ${number(held)} requests/s`}; at ${orDash(broke)} k6 was the bottleneck, so where the target breaks is not known: take a larger machine for k6, or several.${end}`
  const shared =
    limit === 'machine'
      ? ' The CPU of the machine on which k6 ran was used up then: a target on a machine of its own may hold more.'
      : ''
  if (held === null) return `No rate held, down to ${orDash(broke)} requests/s.${shared}${end}`
  if (broke === null) return `It held up to ${number(held)} requests/s, the most that was tried.${end}`
  return `It holds ${number(held)} requests/s and breaks at ${number(broke)}: ${percent(broke / held - 1)} apart, over ${probes.length} probes.${shared}${end}`
}

export const probeColumns = ['offered/s', 'probes', 'held', 'p95 ms', 'queue growth'] as const

export function probeRows({ probes }: Breakpoint): string[][] {
  const rates = [...groupedBy(probes, ({ rate }) => rate)].sort(([a], [b]) => a - b)
  return rates.map(([rate, these]) => {
    const middle = (figure: 'p95Ms' | 'queueGrowth') => {
      const known = these.flatMap((probe) => probe[figure] ?? [])
      return known.length > 0 ? median(known) : null
    }
    return [
      number(rate),
      String(these.length),
      String(these.filter(({ held }) => held).length),
      orDash(middle('p95Ms')),
      orDash(middle('queueGrowth'), percent),
    ]
  })
}
