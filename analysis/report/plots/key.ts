import { largest } from '../../numbers/extremes.ts'
import { escaped } from '../printers/markup.ts'
import { textWidth, wrapped } from './text-width.ts'

/** What a colour, a mark or a dash means, where curves have no room for a label. */
export type KeyEntry = {
  readonly label: string
  readonly colour: string
  readonly mark?: 'line' | 'dot' | 'cross'
  /** Of a line. */
  readonly dash?: string
}

const lineHeight = 18
const swatch = 26
const most = 26

/** The entries beside each other, in as many lines as the width takes; at most 26, and how many more there are. */
export function keyLines(
  entries: readonly KeyEntry[],
  width: number,
  top: number,
): { readonly height: number; readonly markup: string } {
  const more = entries.length - most
  const rest = more > 0 ? [{ label: `… and ${more} more, in the table`, drawn: () => '' }] : []
  const shown = entries.slice(0, most).map((entry) => ({ label: entry.label, drawn: drawnBy(entry) }))
  let [x, line] = [3, 0]
  const markup = [...shown, ...rest].map(({ label, drawn }) => {
    const words = wrapped(label, width - swatch - 6)
    const needed = swatch + largest(words.map((each) => textWidth(each)))
    if (x > 3 && x + needed > width) [x, line] = [3, line + 1]
    const y = top + line * lineHeight + 10
    const texts = words.map(
      (each, index) =>
        `<text x="${x + swatch}" y="${y + 4 + index * lineHeight}" fill="currentColor">${escaped(each)}</text>`,
    )
    const markup = drawn(x, y) + texts.join('')
    x += Math.ceil(needed) + 18
    line += words.length - 1
    return markup
  })
  return { height: shown.length === 0 ? 0 : (line + 1) * lineHeight + 4, markup: markup.join('\n') }
}

const drawnBy =
  ({ colour, mark = 'line', dash }: KeyEntry) =>
  (x: number, y: number): string => {
    if (mark === 'dot') return `<circle cx="${x + 9}" cy="${y}" r="5" fill="${colour}"></circle>`
    const [d, width] =
      mark === 'cross' ? [`M${x + 5},${y - 4}l8,8m0,-8l-8,8`, 2.5] : [`M${x},${y}h20`, dash ? 1.5 : 3]
    return `<path d="${d}" fill="none" stroke="${colour}" stroke-width="${width}"${dash ? ` stroke-dasharray="${dash}"` : ''}></path>`
  }
