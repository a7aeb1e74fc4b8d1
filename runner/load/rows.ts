import { csvParseRows, tsvParseRows } from 'd3-dsv'
import type { Failure } from '../shell/exit.ts'

/** A row of a data file: its values by column, as the file writes them. */
export type Row = Readonly<Record<string, string>>

type Wrong = (sentence: string) => Failure

/**
 * The rows of a data file: CSV or tab-separated values with a header, a JSON array of flat objects, or one such object a
 * line. Its name says which, in capitals or not. Bytes that are not text, and text that is not what the name says, are
 * refused by `wrong`.
 */
export function rowsIn(name: string, bytes: Uint8Array, wrong: Wrong): Row[] {
  const text = decoded(bytes, wrong)
  const [, extension = ''] = /\.([^.]+)$/.exec(name.toLowerCase()) ?? []
  if (extension === 'json') return jsonRows(text, wrong)
  if (extension === 'jsonl' || extension === 'ndjson') return lineRows(text, wrong)
  if (/^\s*[[{]/.test(text)) throw wrong('looks like JSON; name it .json, or .jsonl with one object a line')
  return tableRows(extension === 'tsv' ? tsvParseRows(text) : csvParseRows(text), wrong)
}

/** UTF-8, or UTF-16 with a byte order mark. */
function decoded(bytes: Uint8Array, wrong: Wrong): string {
  const [first, second] = bytes
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
  let text = '\0'
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    // Said below.
  }
  if (text.includes('\0')) throw wrong('is not text in UTF-8; save it as UTF-8')
  return text
}

function tableRows([head = [], ...lines]: string[][], wrong: Wrong): Row[] {
  const header = head.map((name) => name.trim())
  const double = header.find((name, index) => name !== '' && header.indexOf(name) < index)
  if (double !== undefined) throw wrong(`has two columns "${double}"`)
  return lines.flatMap((cells, index) => {
    if (cells.every((cell) => cell.trim() === '') && cells.length === 1) return []
    if (cells.length !== header.length)
      throw wrong(`row ${index + 1} has ${cells.length} cells, but the header has ${header.length}`)
    return [Object.fromEntries(header.map((name, column) => [name, cells[column] ?? '']))]
  })
}

function jsonRows(text: string, wrong: Wrong): Row[] {
  const json = parsed(text, wrong)
  if (!Array.isArray(json)) throw wrong('is not a JSON array of objects')
  return json.map((row, index) => objectRow(row, index, wrong))
}

const lineRows = (text: string, wrong: Wrong): Row[] =>
  text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    const row = parsed(line, (sentence) => wrong(`line ${index + 1} ${sentence}`))
    return [objectRow(row, index, wrong)]
  })

/** JSON with every number as the text that the file has for it: 12345678901234567890 is more than a number can hold. */
function parsed(text: string, wrong: Wrong): unknown {
  try {
    JSON.parse(text)
  } catch (error) {
    // The rest of V8's message quotes the file, which may begin with a password.
    const [at = 'from its beginning'] =
      /at position \d+|end of JSON input/.exec((error as Error).message) ?? []
    throw wrong(`is not JSON (${at})`)
  }
  return JSON.parse(
    text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (part) => (part[0] === '"' ? part : `"${part}"`)),
  )
}

function objectRow(row: unknown, index: number, wrong: Wrong): Row {
  if (typeof row !== 'object' || row === null || Array.isArray(row))
    throw wrong(`row ${index + 1} is not an object`)
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      if (value !== null && typeof value === 'object')
        throw wrong(`row ${index + 1}: "${column}" must be text or a number`)
      return [column, String(value ?? '')]
    }),
  )
}
