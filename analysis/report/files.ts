import type { Statistics } from '../runs/statistics.ts'
import { present, type Report, type Table } from './blocks.ts'
import type { HistoryReport } from './history.ts'
import { modelOf } from './model.ts'
import { annotations as annotationsOf } from './printers/annotations.ts'
import { csv } from './printers/csv.ts'
import { html } from './printers/html.ts'
import { json } from './printers/json.ts'
import { junitXml } from './printers/junit.ts'
import { comment, markdown } from './printers/markdown.ts'
import { terminalText } from './printers/text.ts'

/** By file name; null where a report has nothing for the file. */
const printers: Record<string, (report: Report) => string | Iterable<string> | null> = {
  'index.html': html,
  'report.md': markdown,
  'comment.md': comment,
  'statistics.json': json,
  'runs.csv': csv,
  'junit.xml': junitXml,
}

/** Whether a report may have a file of this name. */
export const isReportFile = (name: string): boolean =>
  Object.hasOwn(printers, name) || /^[\w-]+\.(svg|yaml)$/.test(name)

/** A page that belongs to a report, by its path from there. */
export type Related = readonly [name: string, what: string, path: string]

const relatedTable = (related: readonly Related[]): Table => ({
  kind: 'table',
  name: 'Related pages',
  heads: ['', ''],
  rows: related.map(([name, text, link]) => [name, { text, link }]),
})

/** A file of a report: its content, or the parts of a large one. */
export type ReportFile = readonly [name: string, content: string | Iterable<string>]

/** Every file of a report, each made when it is asked for: what the printers make, and an SVG for each plot. */
export function* eachFile(
  data: Statistics | HistoryReport,
  related: readonly Related[] = [],
): Generator<ReportFile> {
  const model = modelOf(data)
  const [first, ...rest] = model.blocks
  const report = { ...model, blocks: present([first ?? null, relatedTable(related), ...rest]) }
  for (const [name, print] of Object.entries(printers)) {
    const content = print(report)
    if (content !== null) yield [name, content]
  }
  for (const block of report.blocks) {
    const plots = block.kind === 'plot' ? [block] : block.kind === 'choice' ? block.plots : []
    for (const { name, svg } of plots) yield [`${name}.svg`, svg]
  }
  yield* report.files ?? []
}

/** The same at once, by name. */
export const reportFiles = (
  data: Statistics | HistoryReport,
  related: readonly Related[] = [],
): Map<string, string> =>
  new Map(
    [...eachFile(data, related)].map(([name, content]) => [
      name,
      typeof content === 'string' ? content : [...content].join(''),
    ]),
  )

/** The short report for a terminal. */
export const text = (data: Statistics | HistoryReport): string => terminalText(modelOf(data))

/** The results for CI alone: the content of `junit.xml`. */
export const junit = (data: Statistics | HistoryReport): string => junitXml(modelOf(data))

/** What GitHub shows beside a job: an error for each failed case. */
export const annotations = (data: Statistics | HistoryReport): string => annotationsOf(modelOf(data))
