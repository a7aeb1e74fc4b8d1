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
    const read: unknown = /\.json$/i.test(file) ? JSON.parse(text) : csvRows(file, text)
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

// No library, because every VU would evaluate it.
function csvRows(file: string, text: string): Record<string, string>[] {
  const lines: string[][] = [[]]
  let read = 0
  // A cell and what ends it. In quotes, two stand for one.
  for (const [all, quoted, plain = '', end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n][^,\r\n]*)?)(,|\r?\n|$)/gy,
  )) {
    read += all.length
    lines.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end !== ',') lines.push([])
  }
  if (read < text.length) throw new Error(`${file}: a quote in line ${lines.length} does not end its cell`)
  const [header = [], ...rows] = lines.filter((cells) => cells.length > 1 || cells[0]?.trim())
  return rows.map((cells, index) => {
    if (cells.length !== header.length)
      throw new Error(
        `${file}: row ${index + 1} has ${cells.length} cells, but the header has ${header.length}`,
      )
    return Object.fromEntries(header.map((name, column) => [name.trim(), cells[column] ?? '']))
  })
}
