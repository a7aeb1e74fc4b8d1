import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { formatSummary } from '../../analysis/formats/format-summary.ts'
import { allProcesses, type Generator, generatorFolder } from '../../analysis/formats/generators.ts'
import { readTimeline, type Source } from '../../analysis/formats/read.ts'
import { formatRun, type Run } from '../../analysis/formats/run.ts'
import { formatTimeline } from '../../analysis/formats/timeline.ts'
import { largest, smallest } from '../../analysis/numbers/extremes.ts'
import { keep } from '../../analysis/run/kept.ts'
import { mergeSummaries } from '../../analysis/run/merge.ts'
import { endedIn } from '../../analysis/run/rates.ts'
import { runStatistics } from '../../analysis/run/statistics.ts'
import { Failure } from '../shell/exit.ts'
import { hostFacts } from '../shell/host.ts'
import type { Shell } from '../shell/shell.ts'
import { resultFolder, writeAtomically } from './folder.ts'
import { type ReadPart, readParts } from './parts.ts'

/** Merges what several generators left into a new result folder in `out`, with all that was read. */
export async function mergeInto(
  shell: Shell,
  named: readonly string[],
  out: string,
): Promise<{ folder: string; source: Source }> {
  const parts = await readParts(shell, named)
  const without = parts.find(({ summary }) => summary.kind === 'unreadable')
  if (parts.every(({ summary }) => summary.kind === 'unreadable') && without?.summary.kind === 'unreadable')
    throw new Failure('usage', `${without.generator.name}: ${without.summary.reason}`)
  if (parts.length < 2)
    throw new Failure('usage', 'only one summary was found; --merge needs those of two generators or more')
  const given = parts.map(withSkew)
  const runs = parts.flatMap(({ run }) => run ?? [])
  const first = runs.length === parts.length ? (runs[0] ?? null) : null
  const merged = mergeSummaries(given, first?.load.stages ?? null)
  const place = await resultFolder(out, first?.scenario ?? 'merged', new Date())
  try {
    for (const [index, { files }] of parts.entries()) {
      const at = path.join(place.filling, generatorFolder(given[index]?.generator.name ?? ''))
      await mkdir(at, { recursive: true })
      for (const [file, text] of Object.entries(files)) await writeAtomically(path.join(at, file), text)
    }
    const summaryFile = path.join(place.filling, 'summary.json')
    if (merged.summary) await writeAtomically(summaryFile, formatSummary(merged.summary))
    if (merged.timeline)
      await writeAtomically(path.join(place.filling, 'timeline.ndjson'), formatTimeline(merged.timeline))
    const all = first ? ofRuns(first, runs) : ofStrangers(parts, merged.generators)
    const ended = merged.timeline && endedIn(merged.timeline, all)
    const unjudged: Run = {
      ...all,
      ...(ended && { ended }),
      id: place.id,
      generators: [...merged.generators],
      merge: { problems: [...merged.problems], notes: [...merged.notes, ...timeNote(merged.generators)] },
    }
    const summary = merged.summary
      ? ({ kind: 'summary', summary: merged.summary } as const)
      : ({ kind: 'unreadable', reason: 'no generator left one' } as const)
    const figures = runStatistics({ name: place.id, run: unjudged, summary })
    const run = { ...unjudged, verdict: figures.verdict }
    await writeAtomically(
      path.join(place.filling, 'run.json'),
      formatRun(run, keep({ ...figures, run }, summaryFile)),
    )
    const folder = await place.complete()
    return { folder, source: { name: place.id, run, summary, timeline: () => readTimeline(folder) } }
  } catch (error) {
    await place.giveUp()
    throw error
  }
}

/** When each started after the first, where that is known of all. */
function withSkew<Part extends ReadPart>(part: Part, _: number, parts: readonly ReadPart[]): Part {
  const starts = parts.map(({ generator: { startedAt } }) => Date.parse(startedAt ?? ''))
  const own = Date.parse(part.generator.startedAt ?? '')
  const skewMs = starts.some(Number.isNaN) ? null : own - smallest(starts)
  return { ...part, generator: { ...part.generator, skewMs } }
}

const timeNote = (generators: readonly Generator[]): string[] =>
  generators.every(({ startedAt }) => startedAt !== null)
    ? []
    : ['when the test ran is not in the summaries: the time of this run is that of their files']

/** The load of all together. */
function ofRuns(first: Run, runs: readonly Run[]): Omit<Run, 'id'> {
  const stages = first.load.stages.map((stage, index) => {
    const same = runs.flatMap(({ load }) => load.stages[index] ?? [])
    const sum = (of: (each: (typeof same)[number]) => number | null | undefined) =>
      same.reduce((all, each) => all + (of(each) ?? 0), 0)
    return {
      ...stage,
      vus: sum(({ vus }) => vus),
      offered: stage.offered === null ? null : sum(({ offered }) => offered),
      ...(stage.iterations !== undefined && { iterations: sum(({ iterations }) => iterations) }),
    }
  })
  const times = runs.map(({ startedAt, endedAt }) => [startedAt, endedAt] as const)
  const labels = Object.entries(first.labels).filter(([key, value]) =>
    runs.every((each) => each.labels[key] === value),
  )
  const { halves: _, ended: __, verdict: ___, duet: ____, ...rest } = first
  return {
    ...rest,
    load: { ...first.load, stages },
    labels: Object.fromEntries(labels),
    startedAt: times.map(([start]) => start).sort()[0] ?? first.startedAt,
    endedAt:
      times
        .map(([, end]) => end)
        .sort()
        .at(-1) ?? first.endedAt,
    interrupted: false,
    k6: { ...allProcesses(runs.map(({ k6 }) => k6)), outputs: [], timeline: first.k6.timeline },
  }
}

/** Of summaries without run.json next to nothing is known of the load. */
function ofStrangers(parts: readonly ReadPart[], generators: readonly Generator[]): Omit<Run, 'id'> {
  const lengthMs = largest(generators.map(({ figures }) => figures?.durationMs ?? 0))
  const starts = generators.flatMap(({ startedAt }) => (startedAt === null ? [] : [Date.parse(startedAt)]))
  const ended = largest(parts.map(({ endedAt }) => endedAt.getTime()))
  const started = starts.length > 0 ? smallest(starts) : ended - lengthMs
  return {
    schema: 1,
    scenario: 'merged',
    script: { file: 'unknown', sha256: parts.find(({ script }) => script)?.script ?? '' },
    load: { request: '', stages: [], connections: 'kept' },
    slos: [],
    labels: {},
    target: { url: '', embedded: false, replicas: null, workload: null, cluster: null, workServed: null },
    host: hostFacts('unknown'),
    commit: null,
    startedAt: dateOf(started, ended),
    endedAt: dateOf(started + lengthMs, ended),
    interrupted: false,
    k6: { ...allProcesses(generators.map(({ process }) => process)), outputs: [], timeline: null },
  }
}

/** A damaged duration or time leads beyond what a date can be (ECMA-262, 21.4.1.1); then it is another one. */
function dateOf(ms: number, other: number): string {
  const valid = [ms, other].find((each) => Math.abs(each) <= 8.64e15)
  return new Date(valid ?? Date.now()).toISOString()
}
