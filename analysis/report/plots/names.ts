import { dot, link, ruleX, text } from '@observablehq/plot'
import { type Slo, sloPercentile } from '../../formats/slo.ts'
import { number, percent } from '../../formats/words.ts'
import { largest, smallest } from '../../numbers/extremes.ts'
import type { Figures } from '../../run/figures.ts'
import type { RunStatistics } from '../../run/statistics.ts'
import type { Plot } from '../blocks.ts'
import { colour } from './colours.ts'
import { ink } from './lines.ts'
import { plotOf } from './svg.ts'

const shown = 20
// A name, what is known of it, and its dot.
const rowHeight = 48
const at = { name: 0.82, words: 0.5, dot: 0.18 }

type Row = {
  readonly label: string
  readonly p50: number | null
  readonly p95: number
  readonly words: string
}

/** The p95 of each request name, slowest first, from its p50, with its share of the requests and its errors. */
export function namesPlot({ name, measures, total, run }: RunStatistics): Plot | null {
  const named = measures.tagged.find(({ by }) => by.join() === 'name')?.rows ?? []
  const known = named.flatMap((row): Row[] =>
    row.p95Ms === null
      ? []
      : [
          {
            label: row.tags.name ?? '',
            p50: row.p50Ms,
            p95: row.p95Ms,
            words: rowWords(row, total),
          },
        ],
  )
  if (known.length < 2) return null
  const rows = known.sort((a, b) => b.p95 - a.p95).slice(0, shown)
  const [first] = rows
  const rest = named.length - rows.length
  const limits = (run?.slos ?? []).filter(isP95)
  const values = [...rows.flatMap(({ p50, p95 }) => [p50 ?? p95, p95]), ...limits.map(({ limit }) => limit)]
  const positive = values.filter((value) => value > 0)
  const wide = largest(positive) / smallest(positive) > 30
  const base = (index: number) => rows.length - index - 1
  return plotOf(
    {
      name: 'names',
      title: `p95 latency by request name, from p50${rest > 0 ? ` (… ${number(rest)} more in the table)` : ''}`,
      ...(first && { finding: `${shortened(first.label, 40)} is slowest: ${first.words}` }),
      description: `${name}: ${rows.map(({ label, words }) => `${label} ${words}`).join('; ')}.`,
    },
    [
      {
        height: rows.length * rowHeight + (limits.length > 0 ? 58 : 44),
        ...{ marginLeft: 12, marginRight: 24, marginTop: limits.length > 0 ? 20 : 6, marginBottom: 38 },
        x: {
          ...(wide
            ? { type: 'log', domain: [smallest(positive) / 1.2, largest(positive) * 1.2] }
            : { domain: [0, largest(values) * 1.06 || 1] }),
          ...{ label: 'latency (ms)', labelAnchor: 'center', labelArrow: 'none' },
          ...{ tickFormat: number, ticks: 6, grid: true },
        },
        y: { domain: [0, rows.length], axis: null },
        marks: [
          ...limits.flatMap(({ limit }) => [
            ruleX([limit], { ...ink(0.6), strokeDasharray: '5 4' }),
            text([limit], {
              ...{ x: limit, frameAnchor: 'top', dy: -8, text: () => `SLO p95 ${number(limit)} ms` },
              fill: 'currentColor',
            }),
          ]),
          link(
            rows.flatMap((row, index) =>
              row.p50 === null ? [] : [{ ...row, from: row.p50, y: base(index) + at.dot }],
            ),
            { ...{ x1: 'from', x2: 'p95', y1: 'y', y2: 'y' }, stroke: colour(1), strokeWidth: 2 },
          ),
          dot(rows, { x: 'p95', y: (_, index) => base(index) + at.dot, r: 4.5, fill: colour(1) }),
          text(rows, {
            ...{ frameAnchor: 'left', y: (_, index) => base(index) + at.name, textAnchor: 'start' },
            ...{ text: ({ label }) => shortened(label, 50), fill: 'currentColor' },
          }),
          text(rows, {
            ...{ frameAnchor: 'left', y: (_, index) => base(index) + at.words, textAnchor: 'start' },
            ...{ text: 'words', fill: 'currentColor' },
          }),
        ],
      },
    ],
  )
}

const isP95 = ({ figure, tags }: Slo): boolean => sloPercentile(figure) === 95 && tags === undefined

/** `p95 320 ms, 26 % of requests, 8.2 % errors` */
const rowWords = ({ p95Ms, requests, errors }: Figures, total: Figures): string =>
  [
    `p95 ${number(p95Ms ?? 0)} ms`,
    ...(requests !== null && total.requests ? [`${percent(requests / total.requests)} of requests`] : []),
    ...(errors ? [`${percent(errors)} errors`] : []),
  ].join(', ')

// A name may be a URL: its start and its end tell it from others.
const shortened = (label: string, most: number): string =>
  label.length > most ? `${label.slice(0, most / 2 - 2)} … ${label.slice(2 - most / 2)}` : label
