import { createHash } from 'node:crypto'
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import path from 'node:path'
import { obstacle } from '../formats/file.ts'
import type { JsonReading } from '../formats/json.ts'
import { folderName, readRun, readSummary } from '../formats/read.ts'
import { type Kept, Run } from '../formats/run.ts'
import { type RunStatistics, runStatistics } from './statistics.ts'

type Figures = Omit<RunStatistics, 'name' | 'run'>

/** The percentiles at which runs are compared, if they have as many requests: more towards the tail. */
export const comparedPercentiles = [1, 5, 10, 25, 50, 75, 90, 95, 98, 99, 99.5, 99.9, 99.99]

/**
 * What `run.json` keeps of a run's figures: all but the curves, which are most of a summary; of the run's own those
 * percentiles that runs are compared at. Undefined without a summary, which costs a later comparison only time.
 */
export function keep({ name: _, run, ...rest }: RunStatistics, summaryFile: string): Kept | undefined {
  const figures = withoutCurves(rest)
  // As it will be read: with the keys in their order.
  const { data } = Run.safeParse(run)
  const sha256 = data && digest(data, figures, summaryFile)
  return sha256 ? { sha256, figures } : undefined
}

/**
 * The figures of a result folder without whole curves: the kept ones, or, where a byte of the summary, the run, the
 * figures or the code that computes them has changed since, computed from the summary. Both give the same.
 */
export async function readFigures(folder: string): Promise<JsonReading<RunStatistics>> {
  const file = readRun(folder)
  if (file.kind === 'unreadable') return file
  const { run, kept } = file.value
  const summaryFile = path.join(folder, 'summary.json')
  const name = folderName(folder)
  if (kept && kept.sha256 === digest(run, kept.figures, summaryFile))
    return { kind: 'ok', value: { name, run, ...(kept.figures as Figures) } }
  const computed = runStatistics({ name, run, summary: await readSummary(summaryFile) })
  return { kind: 'ok', value: withoutCurves(computed) }
}

const withoutCurves = <Of extends Figures>(figures: Of): Of => ({
  ...figures,
  percentiles: figures.percentiles.filter(([p]) => comparedPercentiles.includes(p)),
  stages: figures.stages.map((stage) => ({ ...stage, percentiles: [] })),
})

/** Of all that figures come from, and of the figures; null without a summary. */
function digest(run: Run, figures: unknown, summaryFile: string): string | null {
  const hash = createHash('sha256').update(JSON.stringify([codeDigest(), run, figures]))
  let file: number | undefined
  try {
    if (obstacle(statSync(summaryFile))) return null
    file = openSync(summaryFile, 'r')
    buffer ??= Buffer.alloc(2 ** 18)
    for (let length = readSync(file, buffer); length > 0; length = readSync(file, buffer))
      hash.update(buffer.subarray(0, length))
    return hash.digest('hex')
  } catch {
    return null
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

// One for all files: thousands of buffers would fill the memory before the garbage collector notices them.
let buffer: Buffer | undefined

const code = new Map<string, string>()

/** Of a file's code, with all that it imports; default: what computes a run's figures. A version number would have to be kept by hand. */
export function codeDigest(file = import.meta.filename): string {
  const known = code.get(file)
  if (known !== undefined) return known
  const digest = createHash('sha256')
    .update(JSON.stringify(sources(file)))
    .digest('hex')
  code.set(file, digest)
  return digest
}

/** The text of a file and of all that it imports from the project, by file. */
function sources(file: string, found: Record<string, string> = {}): Record<string, string> {
  const text = readFileSync(file, 'utf8')
  found[path.relative(import.meta.dirname, file)] = text
  for (const [, imported = ''] of text.matchAll(/ from '(\..*)'$/gm)) {
    const next = path.join(path.dirname(file), imported)
    if (!Object.hasOwn(found, path.relative(import.meta.dirname, next))) sources(next, found)
  }
  return found
}
