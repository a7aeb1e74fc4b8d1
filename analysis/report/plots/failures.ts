import { barX, text } from '@observablehq/plot'
import { number, percent, quantity } from '../../formats/words.ts'
import { largest } from '../../numbers/extremes.ts'
import type { RunStatistics } from '../../run/statistics.ts'
import type { Plot } from '../blocks.ts'
import { colour } from './colours.ts'
import { plotOf } from './svg.ts'

const rowHeight = 40

/** A bar for each reason why requests failed, most frequent first; a single reason needs no picture. */
export function failuresPlot({ name, failures }: RunStatistics): Plot | null {
  const [first] = failures
  if (!first || failures.length < 2) return null
  const all = failures.reduce((sum, { count }) => sum + count, 0)
  const most = largest(failures.map(({ count }) => count))
  const rows = failures.map((failure) => ({ ...failure, words: `${number(failure.count)} ${failure.what}` }))
  return plotOf(
    {
      name: 'failures',
      title: 'Why requests failed',
      finding: `${percent(first.count / all)} of ${quantity(all, 'failed request')} ${first.what}`,
      description: `${name}: ${rows.map(({ words }) => words).join(', ')}.`,
    },
    [
      {
        height: rows.length * rowHeight + 8,
        ...{ marginLeft: 12, marginRight: 96, marginTop: 0, marginBottom: 8 },
        x: { domain: [0, most], axis: null },
        y: { domain: rows.map(({ words }) => words), axis: null },
        marks: [
          barX(rows, { x: 'count', y: 'words', insetTop: 19, insetBottom: 4, fill: colour(7) }),
          text(rows, {
            ...{ x: 0, y: 'words', dy: -11, text: 'words', textAnchor: 'start', fill: 'currentColor' },
          }),
          text(rows, {
            ...{ x: 'count', y: 'words', dx: 8, dy: 8, textAnchor: 'start', fill: 'currentColor' },
            text: ({ count }) => percent(count / all),
          }),
        ],
      },
    ],
  )
}
