import { figurePhrase } from '../formats/figure.ts'
import { number, percent } from '../formats/words.ts'
import type { Part } from '../runs/parts.ts'
import { type Block, type Column, tableOf } from './blocks.ts'
import { between } from './capacity.ts'

// A terminal is for what one looks at first.
const mostInTerminal = 12

/** Figures of request names, groups, checks and custom metrics at each level of what was varied; null without any. */
export function partsTable(parts: readonly Part[]): Block | null {
  const [first] = parts
  if (!first) return null
  const columns: Column<Part>[] = [
    [
      'figure',
      ({ metric, unit }) => figurePhrase(metric) + (['share', ''].includes(unit) ? '' : ` (${unit})`),
    ],
    ...Object.keys(first.levels).map((name): Column<Part> => [name, ({ levels }) => levels[name] ?? '–']),
    ['runs', ({ value }) => String(value?.runs ?? 0)],
    ['median', ({ value, unit }) => (value ? (unit === 'share' ? percent : number)(value.median) : '–')],
    ['between', ({ value, unit }) => (value ? between(value, unit === 'share' ? percent : number) : '–')],
  ]
  return { ...tableOf('By name', parts, columns), terminal: parts.length <= mostInTerminal }
}
