import { createHash } from 'node:crypto'

/**
 * Files in a log: each in lines of `@las1 NAME SHA256 PART/PARTS BASE64`, found wherever in a line they begin, in any
 * order and any number of times, with anything between them. The checksum is of the whole file. Its lines are shorter
 * than what container runtimes split (16 KiB) and what a pipe keeps together (4 KiB). scenarios/lib/framed.ts writes the
 * same in k6.
 */
export function framed(name: string, content: string | Uint8Array): string {
  const bytes = Buffer.from(content as string)
  const sum = createHash('sha256').update(bytes).digest('hex')
  const text = bytes.toString('base64')
  const parts = Math.max(1, Math.ceil(text.length / perLine))
  return Array.from({ length: parts }, (_, part) => {
    const piece = text.slice(part * perLine, (part + 1) * perLine)
    return `@las1 ${name} ${sum} ${part + 1}/${parts} ${piece}\n`
  }).join('')
}

const perLine = 3800
// Of an empty file there is no base64, and a collector of logs may take the space before it.
const line = /@las1 ([\w.-]{1,100}) ([0-9a-f]{64}) (\d{1,6})\/(\d{1,6})(?: ([A-Za-z0-9+/]*={0,2}))?/g

export type FramedFile = {
  readonly name: string
  readonly content: Buffer
  /** Where in the text it begins: of two, the earlier one comes first. */
  readonly at: number
}

/** Every whole file in a log, and a sentence for each of which something is missing or damaged. */
export function readFramed(log: string): { files: FramedFile[]; damaged: string[] } {
  const found = new Map<
    string,
    { name: string; sum: string; of: number; at: number; pieces: Map<number, string> }
  >()
  for (const { index, 1: name = '', 2: sum = '', 3: part, 4: parts, 5: piece = '' } of log.matchAll(line)) {
    const key = `${name} ${sum} ${parts}`
    const file = found.get(key) ?? { name, sum, of: Number(parts), at: index, pieces: new Map() }
    // Of a line that is there twice, once cut short, the whole one.
    if ((file.pieces.get(Number(part))?.length ?? -1) < piece.length) file.pieces.set(Number(part), piece)
    found.set(key, file)
  }
  const files: FramedFile[] = []
  const damaged: string[] = []
  for (const { name, sum, of, at, pieces } of found.values()) {
    const parts = Array.from({ length: of }, (_, part) => part + 1)
    const missing = parts.filter((part) => !pieces.has(part))
    const content = Buffer.from(parts.map((part) => pieces.get(part) ?? '').join(''), 'base64')
    if (missing.length > 0)
      damaged.push(
        `${name}: ${missing.length} of ${of} lines are missing (${missing[0]} to ${missing.at(-1)}); was the log rotated or cut short?`,
      )
    else if (createHash('sha256').update(content).digest('hex') !== sum)
      damaged.push(`${name}: its lines are damaged (the checksum differs); was the log cut short?`)
    else files.push({ name, content, at })
  }
  return { files, damaged }
}
