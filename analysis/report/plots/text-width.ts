/**
 * The width of a text in pixels, of wide fonts (DejaVu Sans): there is no font to measure where plots are drawn, and
 * what fits here fits in the narrower ones of other systems.
 */
export const textWidth = (text: string, size = 12, bold = false): number =>
  size * (bold ? 1.13 : 1) * [...text].reduce((sum, character) => sum + em(character), 0)

function em(character: string): number {
  if (/[ilIj.,:;|!'’]/.test(character)) return 0.34
  if (/[ frt()[\]{}/\\–-]/.test(character)) return 0.42
  if (/[mwMW%@…—]/.test(character)) return 0.98
  return /[A-Z0-9÷×±≤≥+=<>−]/.test(character) ? 0.7 : 0.63
}

/** The lines of a text that are no wider than that, broken between words, or within one that is wider. */
export function wrapped(text: string, width: number, size = 12, bold = false): string[] {
  const fits = (line: string) => textWidth(line, size, bold) <= width
  const lines = ['']
  for (const word of text.split(/\s+/).flatMap((each) => pieces(each, fits))) {
    const line = lines.at(-1) ?? ''
    const longer = line === '' ? word : `${line} ${word}`
    if (fits(longer)) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

function pieces(word: string, fits: (line: string) => boolean): string[] {
  if (fits(word)) return [word]
  const found = ['']
  for (const character of word) {
    if (!fits((found.at(-1) ?? '') + character)) found.push('')
    found[found.length - 1] += character
  }
  return found
}
