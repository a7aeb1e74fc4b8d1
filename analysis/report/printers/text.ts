import { quantity } from '../../formats/words.ts'
import { largest } from '../../numbers/extremes.ts'
import { type Block, cellText, type Report, type Table } from '../blocks.ts'

/** The blocks for the terminal, as short text. */
export const terminalText = ({ title, subtitle, blocks }: Report): string =>
  [[title, subtitle].filter(Boolean).join(' · '), ...blocks.flatMap(lines), ''].join('\n')

function lines(block: Block): string[] {
  if (!block.terminal) return []
  switch (block.kind) {
    case 'finding':
      return [block.text, ...(block.reasons ?? []).map((reason) => `  ${reason}`)]
    case 'list':
      return [...(block.name ? ['', block.name] : []), ...block.lines]
    case 'table':
      return ['', ...tableLines(block)]
    case 'details':
      return ['', block.title, ...block.blocks.flatMap(lines)]
    case 'tiles':
    case 'plot':
    case 'choice':
      return []
  }
}

/** Under its name, which takes an empty corner of the table where there is one. */
function tableLines({ name, heads, rows, emphasised, narrow = heads }: Table): string[] {
  const shown = (_: unknown, column: number) => narrow.includes(heads[column] ?? '')
  const corner = heads[0] === ''
  const head = corner ? [name, ...heads.slice(1)] : heads
  const kept = rows.filter((_, index) => index < mostRows || index === emphasised)
  const body = kept.map((row) => row.filter(shown).map(cellText))
  const rest = rows.length - kept.length
  return [
    ...(corner ? [] : [name]),
    ...aligned([head.filter(shown), ...body]),
    ...(rest > 0 ? [`… ${quantity(rest, 'more row')} in the report`] : []),
  ]
}

/** A longer table is cut: a script may have a thousand request names. */
const mostRows = 50

/** Rows as lines, in columns: the first to the left, the others to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => largest(rows.map((row) => row[column]?.length ?? 0))) ?? []
  const [first = 0] = widths
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(first) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
