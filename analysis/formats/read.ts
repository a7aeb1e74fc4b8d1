import { readFileSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import path from 'node:path'
import { recognise } from './recognise.ts'
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
    const summary = await readSummary(at, 'cannot be read; check its permissions')
    if (summary.kind === 'unreadable') return { kind: 'unreadable', reason: `${at}: ${summary.reason}` }
    return { kind: 'source', source: { name: path.basename(at), run: null, summary } }
  }
  const file = readRun(at)
  if (file.kind === 'unreadable') return file
  const summary = await readSummary(path.join(at, 'summary.json'))
  return { kind: 'source', source: { name: folderName(at), run: file.value.run, summary } }
}

export const folderName = (at: string): string => path.basename(path.resolve(at))

/** Reads the `run.json` of a result folder; `reason` is a complete sentence that names the file. */
export function readRun(at: string): ReturnType<typeof parseRun> {
  const file = path.join(at, 'run.json')
  let text: string
  try {
    // Of thousands of small files, promises read a quarter as many per second.
    text = readFileSync(file, 'utf8')
  } catch {
    const reason = `${at}: not a result folder (no run.json); name one, or a k6 summary file`
    return { kind: 'unreadable', reason }
  }
  const run = parseRun(text)
  return run.kind === 'unreadable' ? { ...run, reason: `${file}: ${run.reason}` } : run
}

// The densest summaries have a few megabytes, and Node makes no string beyond 512 MiB.
const mostMiB = 256

/** A summary by its file, with `missing` as the reason if it cannot be read; by default that of a result folder. */
export async function readSummary(
  file: string,
  missing = 'k6 did not write one; see k6.log',
): Promise<SummaryReading> {
  const handle = await open(file).catch(() => null)
  if (!handle) return { kind: 'unreadable', reason: missing }
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096)
    const start = buffer.subarray(0, bytesRead)
    const sizeMiB = (await handle.stat()).size / 2 ** 20
    const other =
      recognise(start) ??
      (sizeMiB > mostMiB ? `too large for a k6 summary (${Math.round(sizeMiB)} MiB)` : null)
    if (other) return { kind: 'unreadable', reason: other }
    // The handle reads on from here, also where a pipe cannot be read twice.
    return parseSummary(Buffer.concat([start, await handle.readFile()]).toString())
  } catch {
    return { kind: 'unreadable', reason: missing }
  } finally {
    await handle.close()
  }
}

/** The names of files or folders, with as many of their folders as it takes to tell them apart. */
export function distinctNames(paths: readonly string[]): string[] {
  const parts = paths.map((each) => path.resolve(each).split(path.sep))
  const end = (of: readonly string[], length: number) => of.slice(-length).join('/')
  return parts.map((each) => {
    const others = parts.filter((other) => other.join('/') !== each.join('/'))
    let length = 1
    while (others.some((other) => end(other, length) === end(each, length))) length++
    return end(each, length)
  })
}
