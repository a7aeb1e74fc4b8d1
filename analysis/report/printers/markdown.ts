import { type Block, cellText, fewDetails, type Plot, type Report, type Table } from '../blocks.ts'

/** The report for a pull request; plots are links to the files beside it. */
export const markdown = ({ title, subtitle, blocks }: Report): string =>
  `${[`# ${escaped([title, subtitle].filter(Boolean).join(' · '))}`, ...fewDetails(blocks).flatMap((block) => parts(block, '##'))].join('\n\n')}\n`

/**
 * The short report, for a comment of a forge: the conclusion, its picture, and the tables that a terminal has too. A forge
 * holds comments of 65,536 characters, so long tables end early.
 */
export function comment({ blocks }: Report): string {
  const [first, ...rest] = blocks.filter(
    ({ kind, terminal }) => kind === 'finding' || (terminal && kind !== 'details' && kind !== 'plot'),
  )
  const [picture] = blocks.flatMap((block) =>
    block.kind === 'plot' ? [block] : block.kind === 'choice' ? block.plots : [],
  )
  const shown = [first, picture, ...rest].flatMap((block) => block ?? [])
  return `${shown.flatMap((block) => parts(shortened(block), '###')).join('\n\n')}\n`
}

const mostRows = 40

function shortened(block: Block): Block {
  if (block.kind !== 'table' || block.rows.length <= mostRows) return block
  const rest = [`and ${block.rows.length - mostRows} more`, ...block.heads.slice(1).map(() => '')]
  return { ...block, rows: [...block.rows.slice(0, mostRows), rest] }
}

function parts(block: Block, level: string): string[] {
  const { invalid, ...valid } = block
  if (invalid !== undefined) return [`*Not to be used: ${escaped(invalid)}*`, ...parts(valid, level)]
  switch (block.kind) {
    case 'finding':
      return [`**${escaped(block.text)}**`, ...bullets(block.reasons ?? [])]
    case 'tiles':
      return [
        block.tiles
          .map(
            ([name, value, caveat]) =>
              `${escaped(name)} **${escaped(value)}**${caveat ? ` (${escaped(caveat)})` : ''}`,
          )
          .join(' · '),
      ]
    case 'list':
      return [...(block.name ? [`${level} ${escaped(block.name)}`] : []), ...bullets(block.lines)]
    case 'plot':
      return [image(block)]
    case 'choice':
      return [`${level} ${escaped(block.name)}`, ...block.plots.map(image)]
    case 'details':
      return [`${level} ${escaped(block.title)}`, ...block.blocks.flatMap((each) => parts(each, `${level}#`))]
    case 'table':
      return [
        `${level} ${escaped(block.name)}`,
        ...(block.note ? [escaped(block.note)] : []),
        [
          row(block.heads),
          `|${block.heads.map((_, column) => (isNumeric(block, column) ? ' ---: |' : ' --- |')).join('')}`,
          ...block.rows.map((cells) => row(cells.map(cellText))),
        ].join('\n'),
      ]
  }
}

const image = ({ name, title, finding }: Plot): string => `![${escaped(finding ?? title)}](${name}.svg)`

/** Whether a column has numbers, which are read from the right; names and values are text. */
const isNumeric = ({ heads, rows }: Table, column: number): boolean => {
  const cells = rows.map((row) => cellText(row[column] ?? '')).filter((text) => text !== '' && text !== '–')
  return (
    heads.some((head) => head !== '') &&
    cells.length > 0 &&
    cells.every((text) => /^[+−±<> ]*\d/.test(text) && !/^\d{4}-\d/.test(text))
  )
}

const bullets = (lines: readonly string[]): string[] =>
  lines.length > 0 ? [lines.map((line) => `- ${escaped(line)}`).join('\n')] : []

const row = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`

// Names, labels and URLs must not turn into markup.
const escaped = (text: string): string => text.replace(/[\\`*_[\]<>|]/g, '\\$&').replace(/\r?\n/g, ' ')
