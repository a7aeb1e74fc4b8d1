import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { parseRun, type Run } from './run.ts'
import { parseSummary, type SummaryReading } from './summary.ts'

/** A result folder, or a k6 summary without one, as read. */
export type Source = { readonly name: string; readonly run: Run | null; readonly summary: SummaryReading }

export type SourceReading =
  | { readonly kind: 'source'; readonly source: Source }
  /** `reason` is a complete sentence that names the file. */
  | { readonly kind: 'unreadable'; readonly reason: string }

/**
 * Reads a result folder or a bare k6 summary. A folder whose summary is missing or damaged is still a source,
 * of an invalid run; one without `run.json` is not.
 */
export async function readSource(at: string): Promise<SourceReading> {
  const found = await stat(at).catch(() => null)
  if (!found) return { kind: 'unreadable', reason: `${at}: no such file or folder` }
  if (!found.isDirectory()) {
    const summary = parseSummary(await readFile(at, 'utf8'))
    if (summary.kind === 'unreadable') return { kind: 'unreadable', reason: `${at}: ${summary.reason}` }
    return { kind: 'source', source: { name: path.basename(at), run: null, summary } }
  }
  const runFile = path.join(at, 'run.json')
  const text = await readFile(runFile, 'utf8').catch(() => null)
  if (text === null) return { kind: 'unreadable', reason: `${at}: not a result folder (no run.json)` }
  const run = parseRun(text)
  if (run.kind === 'unreadable') return { kind: 'unreadable', reason: `${runFile}: ${run.reason}` }
  const summary = await readSummary(path.join(at, 'summary.json'))
  return { kind: 'source', source: { name: path.basename(path.resolve(at)), run: run.value, summary } }
}

/** The summary of a result folder; a missing one is unreadable. */
export async function readSummary(file: string): Promise<SummaryReading> {
  const text = await readFile(file, 'utf8').catch(() => null)
  return text === null
    ? { kind: 'unreadable', reason: 'k6 did not write one; see k6.log' }
    : parseSummary(text)
}
