import { rm } from 'node:fs/promises'
import path from 'node:path'
import { formatSummary } from '../../analysis/formats/format-summary.ts'
import {
  allProcesses,
  type Generator,
  generatorFolder,
  type Process,
} from '../../analysis/formats/generators.ts'
import { readSummary, readTimeline } from '../../analysis/formats/read.ts'
import type { UsageSample } from '../../analysis/formats/recording.ts'
import { formatTimeline } from '../../analysis/formats/timeline.ts'
import { largest } from '../../analysis/numbers/extremes.ts'
import { type Merged, mergeSummaries } from '../../analysis/run/merge.ts'
import type { K6 } from '../k6/find.ts'
import { type GeneratorRun, type Member, runTogether, shares, startHere } from '../k6/generators.ts'
import type { Stage } from '../k6/inspect.ts'
import { writeAtomically } from '../results/folder.ts'
import type { Shell } from '../shell/shell.ts'
import type { Loaded, Loading } from './alone.ts'
import { type Part, preparePart, settlePart } from './part.ts'

/** Where the generators run. */
export type Place = {
  /** Starts a k6 for each part, which waits; its own results are in the folder when it has ended. */
  start(parts: readonly Part[], folderOf: (part: Part) => string): Promise<Member[]>
  about(part: Part): Pick<Generator, 'node' | 'cores' | 'k6'>
  /** What k6 wrote or showed beside its summary. */
  readonly outputs: readonly string[]
  /** Finishes the results of a part; a sentence where something is lost. */
  settle(
    part: Part,
    folder: string,
    run: GeneratorRun,
    target: readonly UsageSample[],
  ): Promise<string | null>
  /** Why generators were lost, in sentences. */
  losses(): readonly string[]
  close(): Promise<void>
}

/** On this machine. */
export function here(shell: Shell, k6: K6, { at }: Loading): Place {
  let names: readonly string[] = []
  return {
    async start(parts, folderOf) {
      const prepared = await Promise.all(
        parts.map((part, index) =>
          // What an output costs is said once.
          preparePart(index === 0 ? shell : { ...shell, say() {} }, part, folderOf(part), parts.length),
        ),
      )
      const [first] = parts as [Part]
      names = prepared[0]?.outputs ?? []
      return startHere(shell, k6, first.script, { ...first, at }, prepared)
    },
    about: () => ({ node: null, cores: null, k6: k6.version }),
    get outputs() {
      return names
    },
    settle: settlePart,
    losses: () => [],
    async close() {},
  }
}

/** Runs a load in several k6; each leaves its own results in `generators/`. */
export async function loadShared(shell: Shell, count: number, load: Loading, place: Place): Promise<Loaded> {
  const { script, stages, folder, plannedMs } = load
  const teardown = script.own !== null && /\bteardown\b/.test(script.text)
  const parts = shares(count, { teardown }).map((share, index): Part => {
    const { settings, periodMs, paths, secrets, options } = load
    const common = { script: script.text, settings, stages, periodMs, paths, secrets }
    return { ...share, ...common, name: String(index + 1), raw: options.raw }
  })
  const folderOf = ({ name }: Pick<Part, 'name'>) => path.join(folder, generatorFolder(name))
  const vus = stages.reduce((sum, each) => sum + each.vus, 0)
  const { startedAt, runs } = await place
    .start(parts, folderOf)
    .then((members) => runTogether(shell, members, { vus, teardown, plannedMs }))
    .catch(async (error) => {
      await place.close()
      // Nothing was loaded, so there is nothing to keep.
      await rm(path.join(folder, 'generators'), { recursive: true, force: true })
      throw error
    })
  const endedAt = new Date()
  await place.close()
  const generators = runs.map(({ name, skewMs, code, lingeredMs: _, samples: __, ...used }, index) => {
    const part = parts[index] as Part
    return {
      name,
      ...place.about(part),
      segment: part.segment,
      startedAt: new Date(startedAt.getTime() + skewMs).toISOString(),
      skewMs,
      // Of one that was lost nothing is known.
      process: code === null && used.signal === null ? null : { exitCode: code, ...used },
      figures: null,
    }
  })
  return {
    startedAt,
    endedAt,
    process: together(generators.flatMap(({ process }) => process ?? [])),
    outputs: place.outputs,
    async results(target) {
      const sentences: string[] = []
      for (const [index, part] of parts.entries()) {
        const lost = await place.settle(part, folderOf(part), runs[index] as GeneratorRun, target)
        if (lost !== null) sentences.push(`generator ${part.name}: ${lost}`)
      }
      const merged = await mergedIn(folder, generators, stages)
      const problems = [...place.losses(), ...merged.problems]
      return {
        timeline: merged.timeline,
        lost: sentences.join('; ') || null,
        merged: { ...merged, problems },
      }
    },
  }
}

/** Makes one summary and one timeline of those in `generators/`. */
async function mergedIn(
  folder: string,
  generators: readonly Generator[],
  stages: readonly Stage[],
): Promise<Merged> {
  const parts = await Promise.all(
    generators.map(async (generator) => {
      const at = path.join(folder, generatorFolder(generator.name))
      const timeline = readTimeline(at)
      return {
        generator,
        summary: await readSummary(path.join(at, 'summary.json')),
        timeline: timeline?.kind === 'ok' ? timeline.value : null,
      }
    }),
  )
  const merged = mergeSummaries(parts, [...stages])
  const { summary, timeline } = merged
  if (summary) await writeAtomically(path.join(folder, 'summary.json'), formatSummary(summary))
  if (timeline) await writeAtomically(path.join(folder, 'timeline.ndjson'), formatTimeline(timeline))
  return merged
}

/** What processes of one machine used, as one; its busy CPU is what the longest saw, and crossed thresholds show. */
function together(processes: readonly Process[]): Process {
  const all = allProcesses(processes)
  const busy = processes.flatMap(({ machineBusyCores }) => machineBusyCores ?? [])
  return {
    ...all,
    exitCode:
      all.exitCode === 0 ? largest([0, ...processes.map(({ exitCode }) => exitCode ?? 0)]) : all.exitCode,
    machineBusyCores: busy.length > 0 ? largest(busy) : null,
  }
}
