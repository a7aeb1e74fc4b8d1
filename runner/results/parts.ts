import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { readText } from '../../analysis/formats/file.ts'
import { generatorOf, strangeGenerator } from '../../analysis/formats/generators.ts'
import { parseJson } from '../../analysis/formats/json.ts'
import { seriesLoad } from '../../analysis/formats/load.ts'
import { summariesInLog } from '../../analysis/formats/logs.ts'
import { distinctNames, readRun, readTimeline } from '../../analysis/formats/read.ts'
import { recognise } from '../../analysis/formats/recognise.ts'
import type { Run } from '../../analysis/formats/run.ts'
import { parseSummary } from '../../analysis/formats/summary.ts'
import type { GeneratorPart } from '../../analysis/run/merge.ts'
import { Failure } from '../shell/exit.ts'
import { type Shell, userPath } from '../shell/shell.ts'

/** What one generator left, and its files by name, to be kept. */
export type ReadPart = GeneratorPart & {
  readonly files: Readonly<Record<string, string>>
  readonly run: Run | null
  readonly endedAt: Date
}

/**
 * The results of several generators: result folders, k6 summaries, and logs with any number of summaries; `-` is standard
 * input. What should be a part and cannot be read is one without figures; a Failure where a file is no such thing.
 */
export async function readParts(shell: Shell, named: readonly string[]): Promise<ReadPart[]> {
  const paths = named.map((each) => (each === '-' ? 'standard-input' : userPath(shell, each)))
  const names = distinctNames(paths)
  const parts: ReadPart[] = []
  for (const [index, each] of named.entries()) {
    const at = paths[index] as string
    const name = plain((names[index] ?? each).replace(/\.(json|log|txt)$/, ''))
    const found = each === '-' ? null : await stat(at).catch(() => null)
    if (each !== '-' && !found) throw new Failure('usage', `${at}: no such file or folder`)
    if (found?.isDirectory()) parts.push(await ofFolder(at, name))
    else
      for (const part of await ofFile(
        at,
        name,
        each === '-' ? await textOf(process.stdin) : null,
        found?.mtime,
      ))
        parts.push(part)
  }
  return distinct(parts)
}

const plain = (name: string): string => name.replace(/[^\w.-]+/g, '-').replace(/^\.+/, '') || 'generator'

/** Names are those of folders, and no two are the same. */
function distinct(parts: readonly ReadPart[]): ReadPart[] {
  const taken = new Set<string>()
  return parts.map((part) => {
    let name = part.generator.name
    for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${part.generator.name}-${number}`
    taken.add(name.toLowerCase())
    return { ...part, generator: { ...part.generator, name } }
  })
}

async function ofFolder(at: string, name: string): Promise<ReadPart> {
  const reading = readRun(at)
  if (reading.kind === 'unreadable') throw new Failure('usage', reading.reason)
  const { run } = reading.value
  if (run.generators)
    throw new Failure('usage', `${at}: is merged already; name the results of its generators`)
  const kept = (await readdir(at)).filter((file) =>
    ['summary.json', 'timeline.ndjson', 'k6.log'].includes(file),
  )
  const files = Object.fromEntries(
    await Promise.all(kept.map(async (file) => [file, await readFile(path.join(at, file), 'utf8')] as const)),
  )
  const timeline = existsSync(path.join(at, 'timeline.ndjson')) ? readTimeline(at) : null
  const { outputs: _, timeline: __, ...process } = run.k6
  return {
    generator: {
      ...strangeGenerator(name),
      node: name,
      k6: run.host.k6,
      cores: run.host.cores,
      startedAt: run.startedAt,
      process,
    },
    summary:
      files['summary.json'] === undefined
        ? { kind: 'unreadable', reason: 'k6 did not write one; see k6.log' }
        : parseSummary(files['summary.json']),
    timeline: timeline?.kind === 'ok' ? timeline.value : null,
    script: JSON.stringify([run.scenario, run.script?.sha256, seriesLoad(run.load), run.target.url]),
    files,
    run,
    endedAt: new Date(run.endedAt),
  }
}

async function ofFile(
  at: string,
  name: string,
  piped: string | null,
  changedAt = new Date(),
): Promise<ReadPart[]> {
  const read = piped === null ? readText(at) : ({ kind: 'ok', value: piped } as const)
  if (read.kind === 'unreadable') throw new Failure('usage', `${at}: ${read.reason}`)
  const text = read.value
  const part = (own: string): ReadPart => {
    const told = generatorOf(own)
    return {
      generator: {
        ...strangeGenerator(told?.name ? plain(told.name) : name),
        segment: told?.segment ?? null,
        startedAt: told?.startedAt ?? null,
      },
      summary: parseSummary(own),
      timeline: null,
      ...(told?.load && { script: told.load }),
      files: { 'summary.json': own },
      run: null,
      endedAt: changedAt,
    }
  }
  if (parseJson(text).kind === 'ok') {
    const whole = part(text)
    if (whole.summary.kind === 'unreadable') throw new Failure('usage', `${at}: ${whole.summary.reason}`)
    return [whole]
  }
  const { summaries, problems } = summariesInLog(text)
  const other = summaries.length > 0 ? null : recognise(Buffer.from(text.slice(0, 4096)))
  if (other && !other.startsWith('what k6 prints')) throw new Failure('usage', `${at}: ${other}`)
  return [
    ...summaries.map(part),
    ...problems.map((reason): ReadPart => {
      const summary = { kind: 'unreadable' as const, reason }
      return {
        generator: strangeGenerator(name),
        summary,
        timeline: null,
        files: {},
        run: null,
        endedAt: changedAt,
      }
    }),
  ]
}
