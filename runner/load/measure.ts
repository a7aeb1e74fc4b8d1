import { copyFile, mkdir, rmdir } from 'node:fs/promises'
import path from 'node:path'
import { plannedMs, sizesWords } from '../../analysis/formats/load.ts'
import { readSummary, readTimeline, type Source } from '../../analysis/formats/read.ts'
import { formatRun, type Run } from '../../analysis/formats/run.ts'
import { halvesOf } from '../../analysis/run/halves.ts'
import { keep } from '../../analysis/run/kept.ts'
import { runStatistics } from '../../analysis/run/statistics.ts'
import type { K6 } from '../k6/find.ts'
import type { Stage } from '../k6/inspect.ts'
import { outputs } from '../k6/outputs.ts'
import { k6Environment, runK6 } from '../k6/run.ts'
import { periodFor, recordingFile, writeTimeline } from '../k6/timeline.ts'
import { type ResultFolder, resultFolder, writeAtomically } from '../results/folder.ts'
import { shownUrl } from '../shell/credentials.ts'
import { Failure } from '../shell/exit.ts'
import { gitCommit, hostFacts } from '../shell/host.ts'
import { refusal } from '../shell/refusal.ts'
import { type Shell, shownPath } from '../shell/shell.ts'
import type { Observation, Target } from '../targets/target.ts'
import { prepareBuiltIn } from './built-in.ts'
import { type OwnOptions, prepareOwn } from './own-script.ts'
import { freePorts, portWords } from './ports.ts'
import type { Script } from './script.ts'
import { slosOf } from './settings.ts'

/** What to run, against what, and where its result folder goes. */
export type Order = Load &
  Side & {
    /** The other side of a duet: both are loaded at the same moment, each with half of the load. */
    readonly duet?: Side
  }

/** What receives load, and the labels of its run beside those of the options. */
type Side = {
  /** null: a script that names its hosts itself. */
  readonly target: Target | null
  readonly labels?: Readonly<Record<string, string>>
}

type Load = {
  readonly script: Script
  readonly options: OwnOptions
  /** Of a search: iterations a second, instead of the load of somebody's own script. */
  readonly search?: number
  /** How long somebody's own script loads the target before it is measured. */
  readonly warmUpMs?: number
  readonly out: string
  readonly k6: K6
}

/** A load that has been checked, and what run.json says of it. */
export type Prepared = {
  /** For k6's environment. */
  readonly settings: Readonly<Record<string, string>>
  readonly stages: readonly Stage[]
  readonly load: Omit<Run['load'], 'stages'>
  readonly script?: Run['script']
  /** Whether the script judges itself, so that no SLO is needed. */
  readonly judged?: boolean
  /** What is loaded, where that is not a target's URL. */
  readonly shown?: string | undefined
  /** Whether the load is the bundled workload's own. */
  readonly workload: boolean
  /** Whether every request is one that the workload counts as work. */
  readonly countsWork: boolean
  readonly through: string
  /** Whether k6's log may show the paths of URLs. */
  readonly paths: boolean
  readonly secrets: readonly string[]
  /** The folder that the script's paths start from. */
  readonly at?: string
  release(): Promise<void>
}

type Measured = { readonly folder: string; readonly source: Source }

/**
 * Runs k6 once and puts a complete result folder in place, for a duet one of each side; an interrupted or invalid run
 * leaves them too. Gives the first.
 */
export async function measure(shell: Shell, order: Order): Promise<Measured> {
  const { script, options, k6, target, duet } = order
  const { own } = script
  const targets = [target, duet?.target].flatMap((each) => each ?? [])
  const urls = targets.map(({ url }) => url)
  if (urls.length > 0) await freePorts(shell, urls)
  const prepared = await (own
    ? prepareOwn(shell, k6, { ...script, own }, target, options, order)
    : prepareBuiltIn(shell, k6, script, targets, options))
  const folders: ResultFolder[] = []
  const tight = prepared.load.connections === 'kept' || own ? null : portWords(prepared.stages, urls)
  if (tight !== null) shell.say(tight)
  try {
    return await measured(shell, order, prepared, folders)
  } catch (error) {
    throw await saying(shell, error as NodeJS.ErrnoException, folders)
  } finally {
    await prepared.release()
  }
}

/** The error of a run that could not be finished, saying where its files are; a folder that holds nothing is removed. */
async function saying(
  shell: Shell,
  error: NodeJS.ErrnoException,
  folders: readonly ResultFolder[],
): Promise<Error> {
  const left = await Promise.all(folders.map((each) => each.giveUp().catch(() => each.filling)))
  const kept = left.flatMap((at) => (at === null ? [] : [shownPath(shell, at)]))
  const [place] = folders
  const { syscall = 'spawn' } = error
  const failure =
    syscall.startsWith('spawn') || !place
      ? error
      : new Failure('environment', `${place.filling}: cannot be written (${refusal(error)})`)
  if (kept.length === 0) return failure
  const { kind } = await readSummary(path.join(left.find((at) => at !== null) ?? '', 'summary.json'))
  const advice = kind === 'summary' ? `; "npm run report -- ${kept[0]}/summary.json --out DIR" reads it` : ''
  failure.message += `; what was measured is in ${kept.join(' and ')}${advice}`
  return failure
}

async function measured(
  shell: Shell,
  { script, options, out, k6, duet, ...first }: Order,
  prepared: Prepared,
  folders: ResultFolder[],
): Promise<Measured> {
  const { name } = script
  const { stages, shown = '' } = prepared
  const sides: [Side, ...Side[]] = duet ? [first, duet] : [first]
  const urls = sides.flatMap(({ target }) => target?.url ?? [])

  if (shell.signal.aborted) throw new Failure('interrupted', 'interrupted before the load started')
  const observations = await Promise.all(
    sides.map(
      ({ target }) =>
        target?.observe({ scaling: name === 'autoscale', workload: prepared.workload }) ??
        unknownTarget(shown),
    ),
  )
  const places = await Promise.all(
    sides.map(async (side, index) => {
      const observation = observations[index] as Observation
      const { replicas } = observation
      const named = replicas === null ? name : `${name}-r${replicas}`
      const folder = await resultFolder(out, named, new Date())
      folders.push(folder)
      return { ...side, observation, folder }
    }),
  )
  const commit = gitCommit(shell)
  const startedAt = new Date()
  const [place] = places as [(typeof places)[number]]
  const { filling } = place.folder
  const what = `${shown || urls.map(shownUrl).join(' and ')}, ${sizesWords(stagesOf(stages, 'a'))}`
  shell.say(`${name}: ${what}${duet ? ' each' : ''}${prepared.through}, k6 ${k6.version}`)
  // Both sides of a duet share one k6, whose recorder does not tell them apart.
  const recorder =
    options.noTimeline || duet
      ? null
      : { file: recordingFile(filling), periodMs: periodFor({ ...prepared.load, stages: [...stages] }) }
  const pointsFile = path.join(filling, 'points.json.gz')
  const extra = outputs(shell, { ...options, k6Out: options.k6Out ?? [] }, pointsFile, recorder)
  const [summaryFile = '', otherFile = ''] = places.map(({ folder }) =>
    path.join(folder.filling, 'summary.json'),
  )
  // What a script's own handleSummary writes.
  const files = path.join(filling, 'files')
  if (script.own) await mkdir(files)
  const logFile = path.join(filling, 'k6.log')
  const watch = recorder && place.observation.watchUsage?.()
  const {
    code: exitCode,
    samples,
    ...exit
  } = await runK6(shell, k6, script.text, {
    env: k6Environment(shell.env, {
      ...prepared.settings,
      ...extra.environment,
      LAS_SUMMARY_PATH: summaryFile,
      LAS_DUET_SUMMARY_PATH: otherFile,
      LAS_FILES_PATH: files,
      LAS_RECORDED: String(recorder !== null),
    }),
    logFile,
    args: extra.args,
    plannedMs: plannedMs(stages),
    paths: prepared.paths,
    secrets: [...urls.flatMap(({ username, password }) => [username, password]), ...prepared.secrets],
    at: prepared.at,
  }).finally(() => watch?.stop())
  if (script.own) await rmdir(files).catch(() => {})
  const endedAt = new Date()
  const facts = {
    schema: 1 as const,
    scenario: name,
    ...(prepared.script && { script: prepared.script }),
    load: prepared.load,
    slos: prepared.judged && !options.slo ? [] : [...slosOf(options)],
    host: hostFacts(k6.version),
    commit: await commit,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    interrupted: shell.signal.aborted,
    k6: {
      exitCode,
      ...exit,
      outputs: [...extra.names],
      timeline: recorder && { periodMs: recorder.periodMs },
    },
  }
  const measured = await Promise.all(
    places.map(async ({ labels, observation, folder }, index): Promise<Measured> => {
      const alone: Run = {
        ...facts,
        id: folder.id,
        load: { ...facts.load, stages: stagesOf(stages, index === 0 ? 'a' : 'b') },
        labels: { ...options.label, ...labels },
        target: await observation.finish({ startedAt, endedAt, countsWork: prepared.countsWork }),
        ...(duet && { duet: duetWith(urls[1 - index] as URL, urls) }),
      }
      if (index > 0) await copyFile(logFile, path.join(folder.filling, 'k6.log')).catch(() => {})
      const summaryFile = path.join(folder.filling, 'summary.json')
      const summary = await readSummary(summaryFile)
      const durationMs = summary.kind === 'summary' ? summary.summary.durationMs : null
      const around = { durationMs, stages, generator: samples, target: watch?.stop() ?? [] }
      const { timeline, lost } = recorder
        ? await writeTimeline(folder.filling, around, options.raw ? pointsFile : null)
        : { timeline: null, lost: null }
      if (lost !== null) shell.say(`${name}: ${lost}`)
      const halves = timeline && !script.own && halvesOf(timeline, alone)
      const unjudged: Run = { ...alone, ...(halves && { halves }) }
      const figures = runStatistics({ name: folder.id, run: unjudged, summary })
      const run = { ...unjudged, verdict: figures.verdict }
      const kept = keep({ ...figures, run }, summaryFile)
      await writeAtomically(path.join(folder.filling, 'run.json'), formatRun(run, kept))
      return { folder: folder.filling, source: { name: run.id, run, summary } }
    }),
  )
  const complete = await Promise.all(places.map(({ folder }) => folder.complete()))
  const folder = complete[0] as string
  return { folder, source: { ...(measured[0] as Measured).source, timeline: () => readTimeline(folder) } }
}

/** Of a duet the stages of that side; of any other load all of them. */
const stagesOf = (stages: readonly Stage[], wanted: 'a' | 'b'): Run['load']['stages'] =>
  stages.flatMap(({ side = wanted, ...stage }) => (side === wanted ? [stage] : []))

const duetWith = (other: URL, sides: readonly URL[]): Run['duet'] => ({
  with: shownUrl(other),
  sameHost: new Set(sides.map(({ hostname }) => hostname)).size === 1,
})

/** A script that names its hosts itself: nothing else is known of them. */
const unknownTarget = (shown: string): Observation => ({
  replicas: null,
  finish: async () => ({
    url: shown,
    embedded: false,
    replicas: null,
    workload: null,
    cluster: null,
    workServed: null,
  }),
})
