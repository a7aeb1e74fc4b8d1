import type { Statistics } from '../runs/statistics.ts'
import type { Report } from './blocks.ts'
import type { HistoryReport } from './history.ts'
import { modelOf } from './model.ts'
import { csv } from './printers/csv.ts'
import { html } from './printers/html.ts'
import { junitXml } from './printers/junit.ts'
import { markdown } from './printers/markdown.ts'
import { terminalText } from './printers/text.ts'

/** By file name; null where a report has nothing for the file. */
const printers: Record<string, (report: Report) => string | null> = {
  'index.html': html,
  'report.md': markdown,
  'statistics.json': ({ figures }) => `${JSON.stringify(figures, null, 2)}\n`,
  'runs.csv': csv,
  'junit.xml': junitXml,
}

/** Whether a report may have a file of this name. */
export const isReportFile = (name: string): boolean =>
  Object.hasOwn(printers, name) || /^[\w-]+\.svg$/.test(name)

/** Every file of a report by its name: what the printers make, and an SVG for each plot. */
export function reportFiles(data: Statistics | HistoryReport): Map<string, string> {
  const report = modelOf(data)
  const files = new Map<string, string>()
  for (const [name, print] of Object.entries(printers)) {
    const content = print(report)
    if (content !== null) files.set(name, content)
  }
  for (const block of report.blocks) if (block.kind === 'plot') files.set(`${block.name}.svg`, block.svg)
  return files
}

/** The short report for a terminal. */
export const text = (data: Statistics | HistoryReport): string => terminalText(modelOf(data))
