import { Failure } from '../shell/exit.ts'
import type { Row } from './rows.ts'

/** A request of the load; `{{column}}` in any part stands for that column of a data file's row. */
export type PlannedRequest = {
  readonly path: string
  readonly body: string | null
  readonly headers: Readonly<Record<string, string>>
}

/** The request of each row, escaped where a value goes into a URL, a form or a string of JSON. */
export function filler(request: PlannedRequest): (row: Row) => PlannedRequest {
  const fillBody = bodyFiller(request)
  return (row) => ({
    path: encodedPath(filledPath(request.path, row)),
    body: request.body && fillBody(request.body, row),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([key, value]) => [key, filled(value, row)]),
    ),
  })
}

/** Not what every object inherits: `constructor` is a column only where the file has it. */
export const has = (row: Row, column: string): boolean => Object.hasOwn(row, column)

const placeholder = /\{\{([^{}]+)\}\}/g

const filled = (text: string, row: Row): string =>
  text.replace(placeholder, (_, column: string) => (has(row, column.trim()) && row[column.trim()]) || '')

/**
 * Escapes values as parts of a URL, except a placeholder at the beginning, which stands for a path of its
 * own.
 */
function filledPath(text: string, row: Row): string {
  const [, beginning = '', rest = text] = /^(\{\{[^{}]+\}\})(.*)$/s.exec(text) ?? []
  return filled(beginning, row) + filled(rest, escapedBy(encodeURIComponent, row))
}

/** A path as it goes over the wire: what a URL cannot hold is percent-encoded, and what is encoded stays so. */
export const encodedPath = (text: string): string =>
  text.replace(/[^\w.~:/?#[\]@!$&'()*+,;=%-]+|%(?![\dA-Fa-f]{2})/g, (part) =>
    // A lone surrogate cannot be encoded.
    encodeURIComponent(Buffer.from(part).toString()),
  )

/** How values go into the body: into a string of JSON and into a form escaped, elsewhere as they are. */
function bodyFiller({ body, headers }: PlannedRequest): (text: string, row: Row) => string {
  const [, type = ''] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type') ?? []
  if (/json/i.test(type) || (type === '' && /^\s*[[{](?!\{)/.test(body ?? ''))) return filledJson
  if (!/^application\/x-www-form-urlencoded/i.test(type)) return filled
  return (text, row) => filled(text, escapedBy(encodeURIComponent, row))
}

const escapedBy = (encode: (value: string) => string, row: Row): Row =>
  Object.fromEntries(Object.entries(row).map(([column, value]) => [column, encode(value)]))

/** A placeholder outside the quotes stands for a number or for JSON of its own. */
function filledJson(text: string, row: Row): string {
  const escaped = escapedBy((value) => JSON.stringify(value).slice(1, -1), row)
  return text.replace(/"(?:[^"\\]|\\.)*"|\{\{[^{}]+\}\}/gs, (part) =>
    filled(part, part[0] === '"' ? escaped : row),
  )
}

/** The names of the columns that a request asks for. */
export const placeholdersOf = ({ path, body, headers }: PlannedRequest): Set<string> =>
  new Set(
    [path, body ?? '', ...Object.values(headers)].flatMap((text) =>
      [...text.matchAll(placeholder)].map(([, column = '']) => column.trim()),
    ),
  )

/** Refuses a request with a placeholder that no data file fills: it would be sent as it stands. */
export function needNoData(request: PlannedRequest): void {
  const [column] = placeholdersOf(request)
  if (column !== undefined)
    throw new Failure('usage', `{{${column}}} stands for a column of a data file: add --data`)
}
