import { rmSync, writeFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { csvParseRows } from 'd3-dsv'
import { Failure } from '../shell/exit.ts'
import { temporaryFolder } from '../shell/temporary.ts'

/** A request of the load; `{{column}}` in any part stands for that column of a data file's row. */
export type PlannedRequest = {
  readonly path: string
  readonly body: string | null
  readonly headers: Readonly<Record<string, string>>
}

/** One request for each row of a data file, and the file from which k6 reads them. */
export type Data = {
  readonly requests: readonly PlannedRequest[]
  readonly file: string
  /** For the report: the number of rows and the file's name. */
  readonly words: string
  remove(): Promise<void>
}

type Row = Readonly<Record<string, string>>

/**
 * Reads a data file – CSV with a header, or a JSON array of flat objects – and fills the request in for each
 * row. Bad data is a `Failure` that names the file and the row.
 */
export async function readRequests(
  file: string,
  request: PlannedRequest,
): Promise<Pick<Data, 'requests' | 'words'>> {
  const name = path.basename(file)
  const wrong: Wrong = (sentence) => new Failure('usage', `--data: ${name}: ${sentence}`)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw wrong(error.code === 'ENOENT' ? 'no such file' : `cannot be read (${error.code})`)
  })
  const rows = (name.endsWith('.json') ? jsonRows : csvRows)(text.replace(/^\uFEFF/, ''), wrong)
  const [first] = rows
  if (!first) throw wrong('has no rows')
  const columns = Object.keys(first)
  for (const column of placeholders([request.path, request.body ?? '', ...Object.values(request.headers)])) {
    if (!columns.includes(column))
      // Without a header, what looks like names are values.
      throw wrong(
        `has no column "${column}"; its ${columns.length} are named in the first line, or by the objects`,
      )
    const without = rows.findIndex((row) => row[column] === undefined)
    if (without >= 0) throw wrong(`row ${without + 1} has no "${column}"`)
  }
  const requests = rows.map((row, index) => ({
    path: checkedPath(filledPath(request.path, row), () =>
      wrong(`row ${index + 1} gives a path that does not begin with /`),
    ),
    body: request.body && filled(request.body, row),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([key, value]) => [key, filled(value, row)]),
    ),
  }))
  return { requests, words: `${rows.length} rows of ${name}` }
}

/** The requests of a data file, with a copy of them for k6. Call `remove` after the run. */
export async function readData(file: string, request: PlannedRequest): Promise<Data> {
  const { requests, words } = await readRequests(file, request)
  const folder = temporaryFolder()
  const copy = path.join(folder, 'rows.json')
  try {
    // Data may contain passwords: only its owner can read it.
    writeFileSync(copy, JSON.stringify(requests), { mode: 0o600 })
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  return {
    requests,
    file: copy,
    words,
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

const placeholder = /\{\{([^{}]+)\}\}/g

const filled = (text: string, row: Row): string =>
  text.replace(placeholder, (_, column: string) => row[column.trim()] ?? '')

/**
 * Escapes values as parts of a URL, except a placeholder at the beginning, which stands for a path of its
 * own.
 */
function filledPath(text: string, row: Row): string {
  const [, beginning = '', rest = text] = /^(\{\{[^{}]+\}\})(.*)$/s.exec(text) ?? []
  const escaped = Object.fromEntries(
    Object.entries(row).map(([column, value]) => [column, encodeURIComponent(value)]),
  )
  return filled(beginning, row) + filled(rest, escaped)
}

/** A path that begins with anything else would continue the host: `@elsewhere/` makes it a user's name. */
function checkedPath(text: string, failure: () => Failure): string {
  if (!text.startsWith('/')) throw failure()
  return text
}

const placeholders = (templates: readonly string[]): Set<string> =>
  new Set(
    templates.flatMap((text) => [...text.matchAll(placeholder)].map(([, column = '']) => column.trim())),
  )

type Wrong = (sentence: string) => Failure

function csvRows(text: string, wrong: Wrong): Row[] {
  const [header = [], ...lines] = csvParseRows(text)
  return lines.map((cells, index) => {
    if (cells.length !== header.length)
      throw wrong(`row ${index + 1} has ${cells.length} cells, but the header has ${header.length}`)
    return Object.fromEntries(header.map((name, column) => [name.trim(), cells[column] ?? '']))
  })
}

function jsonRows(text: string, wrong: Wrong): Row[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    // The rest of V8's message quotes the file, which may begin with a password.
    const [at = 'from its beginning'] =
      /at position \d+|end of JSON input/.exec((error as Error).message) ?? []
    throw wrong(`is not JSON (${at})`)
  }
  if (!Array.isArray(json)) throw wrong('is not a JSON array of objects')
  return json.map((row: unknown, index) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      throw wrong(`row ${index + 1} is not an object`)
    return Object.fromEntries(
      Object.entries(row).map(([column, value]) => {
        if (value !== null && typeof value === 'object')
          throw wrong(`row ${index + 1}: "${column}" must be text or a number`)
        return [column, String(value ?? '')]
      }),
    )
  })
}
