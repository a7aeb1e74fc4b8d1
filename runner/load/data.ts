import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { csvParseRows } from 'd3-dsv'
import { Failure } from '../shell/exit.ts'

/** What is asked; `{{column}}` in any of it stands for what a row of a data file has there. */
export type Request = {
  readonly path: string
  readonly body: string | null
  readonly headers: Readonly<Record<string, string>>
}

/** One request a row of a data file, filled in, and where k6 finds them. */
export type Data = {
  readonly requests: readonly Request[]
  readonly file: string
  /** For the report: which file, and how much of it. */
  readonly words: string
  remove(): Promise<void>
}

type Row = Readonly<Record<string, string>>

/**
 * Reads a data file, CSV with a line of heads or a JSON array of flat objects, and puts the requests that it makes where
 * k6 can read them. Whatever is wrong is a `Failure` that names file and place.
 */
export async function readData(file: string, { path: asked, body, headers }: Request): Promise<Data> {
  const name = path.basename(file)
  const wrong = (sentence: string) => new Failure('usage', `--data: ${name}: ${sentence}`)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw wrong(error.code === 'ENOENT' ? 'no such file' : `cannot be read (${error.code})`)
  })
  const rows = (name.endsWith('.json') ? jsonRows : csvRows)(text.replace(/^\uFEFF/, ''), wrong)
  const [first] = rows
  if (!first) throw wrong('has no row')
  const columns = Object.keys(first)
  for (const column of placeholders([asked, body ?? '', ...Object.values(headers)])) {
    if (!columns.includes(column)) throw wrong(`has no column "${column}"; there are ${columns.join(', ')}`)
    const without = rows.findIndex((row) => row[column] === undefined)
    if (without >= 0) throw wrong(`row ${without + 1} has no "${column}"`)
  }
  const requests = rows.map((row) => ({
    path: filledPath(asked, row),
    body: body && filled(body, row),
    headers: Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, filled(value, row)])),
  }))
  // For as long as the run takes and no longer, for its owner only: it may hold whatever people log in with.
  const folder = await mkdtemp(path.join(os.tmpdir(), 'load-and-stress-'))
  const copy = path.join(folder, 'rows.json')
  await writeFile(copy, JSON.stringify(requests), { mode: 0o600 })
  return {
    requests,
    file: copy,
    words: `${rows.length} rows of ${name}`,
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

const placeholder = /\{\{([^{}]+)\}\}/g

const filled = (text: string, row: Row): string =>
  text.replace(placeholder, (_, column: string) => row[column.trim()] ?? '')

/** Escaped as part of a URL, except where the row has the path itself. */
function filledPath(text: string, row: Row): string {
  const [, whole = '', rest = text] = /^(\{\{[^{}]+\}\})(.*)$/s.exec(text) ?? []
  const escaped = Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, encodeURIComponent(value)]),
  )
  return filled(whole, row) + filled(rest, escaped)
}

const placeholders = (templates: readonly string[]): Set<string> =>
  new Set(
    templates.flatMap((text) => [...text.matchAll(placeholder)].map(([, column = '']) => column.trim())),
  )

type Wrong = (sentence: string) => Failure

function csvRows(text: string, wrong: Wrong): Row[] {
  const [heads = [], ...lines] = csvParseRows(text)
  return lines.map((cells, index) => {
    if (cells.length !== heads.length)
      throw wrong(`row ${index + 1} has ${cells.length} cells, the line of heads ${heads.length}`)
    return Object.fromEntries(heads.map((head, column) => [head.trim(), cells[column] ?? '']))
  })
}

function jsonRows(text: string, wrong: Wrong): Row[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw wrong(`not JSON (${(error as Error).message})`)
  }
  if (!Array.isArray(json)) throw wrong('not a JSON array of objects')
  return json.map((row: unknown, index) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      throw wrong(`row ${index + 1} is no object`)
    return Object.fromEntries(
      Object.entries(row).map(([column, value]) => {
        if (value !== null && typeof value === 'object')
          throw wrong(`row ${index + 1}: "${column}" is neither text nor number`)
        return [column, String(value ?? '')]
      }),
    )
  })
}
