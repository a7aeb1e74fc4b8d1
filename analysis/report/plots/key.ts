import { escaped } from '../printers/markup.ts'
import { textWidth } from './text-width.ts'

/** What a colour means, where curves have no room for a label. */
export type KeyEntry = {
  readonly label: string
  readonly colour: string
  readonly mark?: 'line' | 'dashes' | 'dot' | 'cross'
}

const lineHeight = 18
const swatch = 24
const most = 26

/** The entries beside each other, in as many lines as the width takes; at most 26, and how many more there are. */
export function keyLines(
  entries: readonly KeyEntry[],
  width: number,
  top: number,
): { readonly height: number; readonly markup: string } {
  const more = entries.length - most
  const shown: readonly (KeyEntry | { label: string; colour: null; mark?: undefined })[] =
    more > 0
      ? [...entries.slice(0, most), { label: `… and ${more} more, in the table`, colour: null }]
      : entries
  let [x, line] = [3, 0]
  const markup = shown.map(({ label, colour, mark = 'line' }) => {
    const needed = swatch + textWidth(label)
    if (x > 3 && x + needed > width) [x, line] = [3, line + 1]
    const y = top + line * lineHeight + 10
    const text = `<text x="${x + swatch}" y="${y + 4}" fill="currentColor">${escaped(label)}</text>`
    const drawn = colour === null ? text : marks[mark](x, y, colour) + text
    x += Math.ceil(needed) + 18
    return drawn
  })
  return { height: shown.length === 0 ? 0 : (line + 1) * lineHeight, markup: markup.join('\n') }
}

const marks: Record<NonNullable<KeyEntry['mark']>, (x: number, y: number, colour: string) => string> = {
  line: (x, y, colour) => `<path d="M${x},${y}h18" fill="none" stroke="${colour}" stroke-width="3"></path>`,
  dashes: (x, y, colour) =>
    `<path d="M${x},${y}h18" fill="none" stroke="${colour}" stroke-width="1.5" stroke-dasharray="5 3"></path>`,
  dot: (x, y, colour) => `<circle cx="${x + 9}" cy="${y}" r="5" fill="${colour}"></circle>`,
  cross: (x, y, colour) =>
    `<path d="M${x + 5},${y - 4}l8,8m0,-8l-8,8" fill="none" stroke="${colour}" stroke-width="2.5"></path>`,
}
