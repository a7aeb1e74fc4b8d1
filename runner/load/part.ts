import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { readSummary } from '../../analysis/formats/read.ts'
import type { UsageSample } from '../../analysis/formats/recording.ts'
import type { Generator } from '../k6/generators.ts'
import type { Stage } from '../k6/inspect.ts'
import { type OutputOptions, outputs } from '../k6/outputs.ts'
import { type K6Options, type K6Run, k6Environment } from '../k6/run.ts'
import { recordingFile, writeTimeline } from '../k6/timeline.ts'
import { memoryMiB } from '../shell/host.ts'
import type { Shell } from '../shell/shell.ts'
import type { ProbeRequest } from '../targets/probe.ts'
import type { PodTrial, PodWarmUp } from './rehearsal.ts'
import type { WarmUp } from './warm-up.ts'

/** What one of several generators is to do, wherever it runs; plain data, for it may go to another machine. */
export type Part = {
  readonly name: string
  readonly segment: string
  readonly script: string
  /** For k6's environment. */
  readonly settings: Readonly<Record<string, string>>
  readonly args: readonly string[]
  readonly stages: readonly Stage[]
  /** null where it is not recorded. */
  readonly periodMs: number | null
  readonly raw: boolean
  readonly paths: boolean
  readonly secrets: readonly string[]
}

const noOutputs: OutputOptions = { raw: false, dashboard: false, otel: false, k6Out: [] }

export const pointsFile = 'points.json.gz'
const pointsIn = (folder: string) => path.join(folder, pointsFile)
/** Of what a script's own handleSummary writes. */
export const filesIn = (folder: string) => path.join(folder, 'files')

/**
 * What makes a k6 leave its results in a folder.
 * @param duetFolder of the other side of a duet
 */
export function intoFolder(
  shell: Pick<Shell, 'env' | 'say' | 'terminal'>,
  { settings, periodMs }: Pick<Part, 'settings' | 'periodMs'>,
  options: OutputOptions,
  folder: string,
  duetFolder?: string,
): Pick<K6Options, 'env' | 'args' | 'logFile'> & { readonly outputs: readonly string[] } {
  const recorder = periodMs === null ? null : { file: recordingFile(folder), periodMs }
  const extra = outputs(shell, options, pointsIn(folder), recorder)
  return {
    args: extra.args,
    outputs: extra.names,
    logFile: path.join(folder, 'k6.log'),
    env: k6Environment(shell.env, {
      ...settings,
      ...extra.environment,
      LAS_SUMMARY_PATH: path.join(folder, 'summary.json'),
      LAS_DUET_SUMMARY_PATH: duetFolder === undefined ? '' : path.join(duetFolder, 'summary.json'),
      LAS_FILES_PATH: filesIn(folder),
      LAS_RECORDED: String(recorder !== null),
    }),
  }
}

/** Writes the timeline into a folder of results, once its k6 has ended; `lost` says what is missing, in a sentence. */
export async function timelineInto(
  folder: string,
  { stages, periodMs, raw }: Pick<Part, 'stages' | 'periodMs' | 'raw'>,
  { samples, lingeredMs }: { readonly samples: readonly UsageSample[]; readonly lingeredMs: number },
  target: readonly UsageSample[],
): ReturnType<typeof writeTimeline> {
  if (periodMs === null) return { timeline: null, lost: null }
  const summary = await readSummary(path.join(folder, 'summary.json'))
  const ranMs = summary.kind === 'summary' ? summary.summary.durationMs : null
  const durationMs = ranMs === null ? null : ranMs + lingeredMs
  const around = { durationMs, stages, generator: samples, target }
  return writeTimeline(folder, around, raw ? pointsIn(folder) : null)
}

/**
 * Makes the folder of a generator's own results, and gives what k6 gets there.
 * @param sharing how many share this machine's memory
 */
export async function preparePart(
  shell: Pick<Shell, 'env' | 'say' | 'terminal'>,
  part: Part,
  folder: string,
  sharing: number,
): Promise<Generator & { readonly outputs: readonly string[] }> {
  await mkdir(filesIn(folder), { recursive: true })
  const { env, say, terminal } = shell
  const share = { GOMEMLIMIT: `${Math.floor(memoryMiB() / 2 / sharing)}MiB` }
  const prepared = intoFolder(
    { env: { ...share, ...env }, say, terminal },
    part,
    { ...noOutputs, raw: part.raw },
    folder,
  )
  return { ...prepared, name: part.name, args: [...prepared.args, ...part.args] }
}

/** Writes its timeline, once k6 has ended; a sentence where that is lost. */
export async function settlePart(
  part: Part,
  folder: string,
  run: { readonly samples: readonly UsageSample[]; readonly lingeredMs: number },
  target: readonly UsageSample[],
): Promise<string | null> {
  // Only where a handleSummary wrote none.
  await rmdir(filesIn(folder)).catch(() => {})
  return (await timelineInto(folder, part, run, target)).lost
}

/** What generators on another machine need beside their parts. */
export type Elsewhere = {
  /** Copies of files of this machine by their paths there, in base64: the settings name them, or the script opens them. */
  readonly files: readonly { readonly path: string; readonly content: string }[]
  /** The folder that the script's paths start from, among those of the files; null for a built-in one. */
  readonly at: string | null
  readonly insecure: boolean
  /** What the first one does before the load, for nothing here reaches the target. */
  readonly first: {
    /** What it asks once. */
    readonly probed?: { readonly base: string; readonly request: ProbeRequest }
    readonly warmUp?: WarmUp | PodWarmUp
    /** Of a script, instead of its load: what it does. */
    readonly rehearsal?: PodTrial
  }
}

/** What a generator on another machine is given; `first` is for one of them alone. */
export type PodOrder = Omit<Elsewhere, 'first'> & {
  /** Of this package: another one would not understand it. */
  readonly version: string
  readonly part: Part
  readonly first: Elsewhere['first'] | null
}

/** Makes the copies of an order's files below a folder, and gives its part with the paths that they have there. */
export async function unpacked(
  { part, files, at }: Pick<PodOrder, 'part' | 'files' | 'at'>,
  folder: string,
): Promise<{ readonly part: Part; readonly at: string | undefined }> {
  const here = (there: string) => path.join(folder, path.resolve('/', there))
  for (const { path: there, content } of files) {
    await mkdir(path.dirname(here(there)), { recursive: true })
    await writeFile(here(there), Buffer.from(content, 'base64'), { mode: 0o600 })
  }
  const copied = new Set(files.map((each) => each.path))
  const settings = Object.entries(part.settings).map(([name, value]) => [
    name,
    copied.has(value) ? here(value) : value,
  ])
  if (at !== null) await mkdir(here(at), { recursive: true })
  return {
    part: { ...part, settings: Object.fromEntries(settings) },
    at: at === null ? undefined : here(at),
  }
}

/** The files of this machine that settings name, for a generator elsewhere. */
export const packed = (files: readonly string[]): Promise<Elsewhere['files']> =>
  Promise.all(files.map(async (file) => ({ path: file, content: (await readFile(file)).toString('base64') })))

/** How a generator on another machine ended; `reason` where k6 never ran. */
export type Outcome =
  | {
      readonly k6: string
      readonly exit: Omit<K6Run, 'samples'> & { readonly error?: string | undefined }
      readonly lost: string | null
      /** For whoever started it, in sentences. */
      readonly said: readonly string[]
    }
  | { readonly reason: string }

/** The name of that among its results, and that of what a rehearsal found. */
export const [outcomeFile, rehearsalFile] = ['outcome.json', 'rehearsal.json']
