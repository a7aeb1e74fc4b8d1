import { quantity } from '../../formats/words.ts'
import { largest } from '../../numbers/extremes.ts'
import { type Block, cellText, type Report, type Table } from '../blocks.ts'

/** The blocks for the terminal, as short text. */
export const terminalText = ({ title, subtitle, blocks }: Report): string =>
  [[title, subtitle].filter(Boolean).join(' · '), ...blocks.flatMap(lines), ''].join('\n')

function lines(block: Block): string[] {
  if (!block.terminal) return []
  const { invalid, ...valid } = block
  if (invalid !== undefined) return ['', `Not to be used: ${invalid}`, ...lines(valid)]
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
  const { lines, left } = fitting([head.filter(shown), ...body])
  const more = [
    ...(rest > 0 ? [quantity(rest, 'more row')] : []),
    ...(left > 0 ? [quantity(left, 'more column')] : []),
  ]
  return [
    ...(corner ? [] : [name]),
    ...lines,
    ...(more.length > 0 ? [`… ${more.join(' and ')} in the report`] : []),
  ]
}

/** Columns of a terminal. */
const terminalWidth = 80

/** A longer name of a row is shortened where the table would not fit otherwise. */
const longestName = 36

/** Rows as lines that fit a terminal: without the columns before the last one, which concludes, as many as it takes. */
function fitting(rows: readonly (readonly string[])[]): { lines: string[]; left: number } {
  const fits = (lines: readonly string[]) => lines.every(({ length }) => length <= terminalWidth)
  let shown = rows
  let lines = aligned(shown)
  if (!fits(lines)) shown = rows.map(([name = '', ...cells]) => [shortened(name), ...cells])
  let left = 0
  for (lines = aligned(shown); !fits(lines) && (shown[0]?.length ?? 0) > 2; lines = aligned(shown)) {
    shown = shown.map((row) => [...row.slice(0, -2), ...row.slice(-1)])
    left++
  }
  return { lines, left }
}

// Paths differ at their ends.
const shortened = (name: string): string =>
  name.length > longestName ? `${name.slice(0, 12)}…${name.slice(13 - longestName)}` : name

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
