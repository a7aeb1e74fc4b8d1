import { existsSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import path from 'node:path'
import { obstacle, readRefusal, readText } from './file.ts'
import type { JsonReading } from './json.ts'
import { recognise, wanted } from './recognise.ts'
import { parseRun, type Run } from './run.ts'
import { parseSummary, type SummaryReading } from './summary.ts'
import { parseTimeline, type Timeline } from './timeline.ts'

/** A result folder, or a k6 summary without one, as read. */
export type Source = {
  readonly name: string
  readonly run: Run | null
  readonly summary: SummaryReading
  /** Reads how the figures changed over time: only a report of one run needs it. Null where it was not recorded. */
  readonly timeline?: () => JsonReading<Timeline> | null
}

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
    const summary = await readSummary(at, { pipes: true })
    if (summary.kind === 'unreadable') return { kind: 'unreadable', reason: `${at}: ${summary.reason}` }
    return { kind: 'source', source: { name: path.basename(at), run: null, summary } }
  }
  const file = readRun(at)
  if (file.kind === 'unreadable') return file
  const summary = await readSummary(path.join(at, 'summary.json'))
  const source = { name: folderName(at), run: file.value.run, summary, timeline: () => readTimeline(at) }
  return { kind: 'source', source }
}

/** The `timeline.ndjson` of a result folder; null without one. `reason` is a complete sentence that names the file. */
export function readTimeline(folder: string): JsonReading<Timeline> | null {
  const file = path.join(folder, 'timeline.ndjson')
  if (!existsSync(file)) return null
  const text = readText(file)
  const timeline = text.kind === 'ok' ? parseTimeline(text.value) : text
  return timeline.kind === 'unreadable' ? { ...timeline, reason: `${file}: ${timeline.reason}` } : timeline
}

export const folderName = (at: string): string => path.basename(path.resolve(at))

/** Reads the `run.json` of a result folder; `reason` is a complete sentence that names the file. */
export function readRun(at: string): ReturnType<typeof parseRun> {
  const file = path.join(at, 'run.json')
  if (!existsSync(file)) {
    const reason = `${at}: not a result folder (no run.json); name one, or a k6 summary file`
    return { kind: 'unreadable', reason }
  }
  const text = readText(file)
  const run = text.kind === 'ok' ? parseRun(text.value) : text
  return run.kind === 'unreadable' ? { ...run, reason: `${file}: ${run.reason}` } : run
}

const unreadable = (error: NodeJS.ErrnoException) =>
  ({ kind: 'unreadable', reason: `cannot be read (${readRefusal(error)})` }) as const

/** A summary by its file: of a result folder, or one that a user names, which may be a pipe. */
export async function readSummary(file: string, { pipes = false } = {}): Promise<SummaryReading> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => error)
  if (found instanceof Error)
    return !pipes && found.code === 'ENOENT'
      ? { kind: 'unreadable', reason: 'k6 did not write one; see k6.log' }
      : unreadable(found)
  const against = obstacle(found, { pipes })
  const handle = against ? null : await open(file).catch((error: NodeJS.ErrnoException) => error)
  if (handle instanceof Error) return unreadable(handle)
  if (!handle) return { kind: 'unreadable', reason: `${against}; ${wanted}` }
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096)
    const start = buffer.subarray(0, bytesRead)
    const other = recognise(start)
    if (other) return { kind: 'unreadable', reason: other }
    // The handle reads on from here, also where a pipe cannot be read twice.
    return parseSummary(Buffer.concat([start, await handle.readFile()]).toString())
  } catch (error) {
    return unreadable(error as NodeJS.ErrnoException)
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
