/**
 * The width of a text in pixels, of wide fonts (DejaVu Sans): there is no font to measure where plots are drawn, and
 * what fits here fits in the narrower ones of other systems.
 */
export const textWidth = (text: string, size = 12): number =>
  size * [...text].reduce((sum, character) => sum + em(character), 0)

function em(character: string): number {
  if (/[ilIj.,:;|!'’]/.test(character)) return 0.34
  if (/[ frt()[\]{}/\\–-]/.test(character)) return 0.42
  if (/[mwMW%@…—]/.test(character)) return 0.98
  return /[A-Z0-9÷×±≤≥+=<>−]/.test(character) ? 0.7 : 0.63
}

/** The lines of a text that are no wider than that, broken between words, or within one that is wider. */
export function wrapped(text: string, width: number, size = 12): string[] {
  const lines = ['']
  for (const word of text.split(/\s+/).flatMap((each) => pieces(each, width, size))) {
    const line = lines.at(-1) ?? ''
    const longer = line === '' ? word : `${line} ${word}`
    if (textWidth(longer, size) <= width) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

function pieces(word: string, width: number, size: number): string[] {
  if (textWidth(word, size) <= width) return [word]
  const found = ['']
  for (const character of word) {
    if (textWidth((found.at(-1) ?? '') + character, size) > width) found.push('')
    found[found.length - 1] += character
  }
  return found
}
