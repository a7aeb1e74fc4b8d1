import { existsSync, readdirSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { readText } from '../../analysis/formats/file.ts'
import { parseJson } from '../../analysis/formats/json.ts'
import {
  type BrokenEntry,
  type Entry,
  type RunEntry,
  type SeriesEntry,
  shortened,
} from '../../analysis/report/results/entries.ts'
import { readFigures } from '../../analysis/run/kept.ts'

/** A run as it was read, and what its files were then: of the same size and time, they are not read again. */
export type Remembered = { readonly state: string; readonly entry: RunEntry }

export type Found = {
  readonly entries: readonly Entry[]
  readonly remembered: Readonly<Record<string, string>>
  /** Runs that were not read, since there were more than `most`. */
  readonly unread: number
}

/**
 * Everything in a folder of results: runs, series with their runs, nights and comparisons. A folder of a run that cannot
 * be read is listed as broken. Links are not followed, and what is still being filled, in a hidden folder, is left out.
 * @param before runs that were read earlier, by path
 * @param most how many runs to read at most, beside those
 */
export async function resultsIn(
  out: string,
  before: ReadonlyMap<string, Remembered> = new Map(),
  most = Infinity,
): Promise<Found> {
  const entries: Entry[] = []
  const remembered: Record<string, string> = {}
  let [read, unread] = [0, 0]
  const add = async (at: string, series: string | null) => {
    const state = stateOf(path.join(out, at))
    const known = before.get(at)
    const there = (files: readonly string[]) => files.filter((file) => existsSync(path.join(out, at, file)))
    if (known && known.state === state) {
      entries.push({ ...known.entry, files: there(filesOfRun) })
      remembered[at] = state
      return
    }
    if (read++ >= most) {
      unread++
      return
    }
    // Kept figures are read without waiting, and Ctrl-C must still be noticed.
    await setImmediate()
    const reading = await readFigures(path.join(out, at)).catch(
      (error: Error) => ({ kind: 'unreadable', reason: error.message }) as const,
    )
    if (reading.kind === 'ok') {
      const figures = shortened(reading.value)
      entries.push({ kind: 'run', path: at, series, files: there(filesOfRun), figures })
      remembered[at] = state
    } else entries.push(broken(at, series, reading.reason, out))
  }
  for (const name of foldersIn(out)) {
    const at = path.join(out, name)
    if (existsSync(path.join(at, 'run.json'))) {
      await add(name, null)
      continue
    }
    const inside = foldersIn(at).filter((each) => isOurs(each) || existsSync(path.join(at, each, 'run.json')))
    const files = filesOfSeries.filter((file) => existsSync(path.join(at, file)))
    if (inside.length > 0 || (files.length > 0 && isOurs(name))) {
      entries.push(await seriesEntry(out, name, inside.length, files))
      for (const each of inside) await add(`${name}/${each}`, name)
    } else if (isOurs(name)) entries.push(broken(name, null, 'holds neither run.json nor runs', out))
  }
  return { entries, remembered, unread }
}

const filesOfRun = ['report/index.html', 'k6.log', 'run.json']
const filesOfSeries = ['report/index.html', 'history/index.html']

/** The folders in a folder, oldest first; none where it cannot be read. */
export function foldersIn(at: string): string[] {
  try {
    return readdirSync(at, { withFileTypes: true })
      .flatMap((each) => (each.isDirectory() && !each.name.startsWith('.') ? [each.name] : []))
      .sort()
  } catch {
    return []
  }
}

/** Whether a folder is named as one of a result. */
export const isOurs = (name: string): boolean => /^\d{8}T\d{6}Z-/.test(name)

function stateOf(folder: string): string {
  const of = (file: string) => {
    const found = statSync(path.join(folder, file), { throwIfNoEntry: false })
    return found ? `${found.size}@${found.mtimeMs}` : '–'
  }
  try {
    return `${of('run.json')} ${of('summary.json')}`
  } catch {
    return 'unreadable'
  }
}

const broken = (at: string, series: string | null, reason: string, out: string): BrokenEntry => ({
  kind: 'broken',
  path: at,
  series,
  files: [],
  // The page is read elsewhere too.
  reason: reason.replaceAll(`${path.join(out, at)}${path.sep}`, '').replaceAll(path.join(out, at), at),
})

async function seriesEntry(
  out: string,
  at: string,
  runs: number,
  files: readonly string[],
): Promise<SeriesEntry> {
  const plan = readText(path.join(out, at, 'sweep.json'))
  const json = plan.kind === 'ok' ? parseJson(plan.value) : plan
  const kind = json.kind === 'ok' ? (json.value as { kind?: unknown } | null)?.kind : undefined
  // Without a plan, what the folder is called.
  const [, named = 'series'] = /^\w+-([a-z]+)-/.exec(at) ?? []
  return {
    kind: 'series',
    path: at,
    series: null,
    files,
    of: typeof kind === 'string' ? kind : named,
    runs,
    words: await findingOf(path.join(out, at, 'report/report.md')),
  }
}

/** The finding with which a report begins, or its title; null without a report. */
async function findingOf(file: string): Promise<string | null> {
  const handle = await open(file).catch(() => null)
  if (!handle) return null
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096)
    const start = buffer.subarray(0, bytesRead).toString()
    const [, title] = /^# (.+)$/m.exec(start) ?? []
    const [, finding] = /^\*\*(.+)\*\*$/m.exec(start.split('\n## ')[0] ?? '') ?? []
    return (finding ?? title ?? '').replaceAll(/\\([\\`*_[\]<>|])/g, '$1') || null
  } catch {
    return null
  } finally {
    await handle.close()
  }
}
