import { SharedArray } from 'k6/data'
import exec from 'k6/execution'

/** The rows of a data file. All VUs share one copy. After the last comes the first. */
export type DataRows<Row> = {
  readonly length: number
  /** The row of this VU, the same in each of its iterations: whom it signs in as. */
  ofVu(): Row
  /** The next row for each iteration, whichever VU makes it; a stage begins with the first row. */
  ofIteration(): Row
}

/**
 * Reads a file that stands beside the script: CSV with a header (RFC 4180; values are text), or a JSON array where its
 * name ends in .json. Only before the load, where k6 allows it.
 */
export function dataRows<Row = Readonly<Record<string, string>>>(file: string): DataRows<Row> {
  const rows = new SharedArray<Row>(file, () => {
    const text = open(file).replace(/^\uFEFF/, '')
    const read: unknown = /\.json$/i.test(file) ? jsonRows(file, text) : csvRows(file, text)
    if (!Array.isArray(read) || read.length === 0) throw new Error(`${file}: has no rows`)
    return read
  })
  const row = (at: number) => rows[at % rows.length] as Row
  return {
    length: rows.length,
    ofVu: () => row(Math.max(1, exec.vu.idInTest) - 1),
    ofIteration: () => row(exec.scenario.iterationInTest),
  }
}

function jsonRows(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The message would quote the file, which may begin with a password.
    throw new Error(`${file}: is not JSON`)
  }
}

// No library, because every VU would evaluate it.
function csvRows(file: string, text: string): Record<string, string>[] {
  const lines: string[][] = [[]]
  const ended = `${text}\n`
  let read = 0
  // A cell and what ends it. In quotes, two stand for one. In k6, replace is four times as fast as matchAll.
  ended.replace(
    /(?:"((?:[^"]|"")*)"|([^",\r\n][^,\r\n]*)?)(,|\r?\n)/g,
    (all, quoted: string | undefined, plain: string | undefined, end: string, at: number) => {
      if (at !== read) throw new Error(`${file}: a quote in line ${lines.length} does not end its cell`)
      read += all.length
      lines.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
      if (end !== ',') lines.push([])
      return ''
    },
  )
  const [header = [], ...rows] = lines.filter((cells) => cells.length > 1 || cells[0]?.trim())
  const names = header.map((name) => name.trim())
  const double = names.find((name, column) => names.indexOf(name) < column)
  if (double !== undefined) throw new Error(`${file}: has two columns "${double}"`)
  return rows.map((cells, index) => {
    if (cells.length !== header.length)
      throw new Error(
        `${file}: row ${index + 1} has ${cells.length} cells, but the header has ${header.length}`,
      )
    return Object.fromEntries(names.map((name, column) => [name, cells[column] ?? '']))
  })
}
