import { copyFile } from 'node:fs/promises'
import path from 'node:path'
import { sizesWords } from '../../analysis/formats/load.ts'
import { readSummary, readTimeline, type Source } from '../../analysis/formats/read.ts'
import { formatRun, type Run } from '../../analysis/formats/run.ts'
import { quantity } from '../../analysis/formats/words.ts'
import { halvesOf } from '../../analysis/run/halves.ts'
import { keep } from '../../analysis/run/kept.ts'
import { endedIn } from '../../analysis/run/rates.ts'
import { runStatistics } from '../../analysis/run/statistics.ts'
import type { Stage } from '../k6/inspect.ts'
import { periodFor } from '../k6/timeline.ts'
import { type ResultFolder, resultFolder, writeAtomically } from '../results/folder.ts'
import { shownUrl } from '../shell/credentials.ts'
import { Failure } from '../shell/exit.ts'
import { gitCommit, hostFacts } from '../shell/host.ts'
import { refusal } from '../shell/refusal.ts'
import { type Shell, shownPath } from '../shell/shell.ts'
import type { Observation } from '../targets/target.ts'
import { loadAlone } from './alone.ts'
import { prepareBuiltIn } from './built-in.ts'
import { neededGenerators } from './calibrate.ts'
import { checkHere, checkInside, checkShared } from './generator-limits.ts'
import { here, loadShared } from './generators.ts'
import { loadingOf, type Order, type Prepared, podsOf, type Side } from './order.ts'
import { prepareOwn } from './own-script.ts'
import { freePorts, portWords } from './ports.ts'
import { slosOf } from './settings.ts'

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
  if (target?.inside) checkInside(options)
  else checkHere(options)
  if (urls.length > 0 && !target?.inside) await freePorts(shell, urls)
  const prepare = ({ options, search, warmUpMs }: Order): Promise<Prepared> =>
    own
      ? prepareOwn(shell, k6, { ...script, own }, target, options, { search, warmUpMs })
      : prepareBuiltIn(shell, k6, script, targets, options, warmUpMs)
  const prepared = await prepare(order)
  const folders: ResultFolder[] = []
  try {
    const generators =
      options.generators === 'auto'
        ? await neededGenerators(shell, order, prepared, prepare)
        : (options.generators ?? 1)
    if (generators > 1 || target?.inside)
      checkShared(generators, prepared.stages, { ...options, k6Out: options.k6Out ?? [] }, duet !== undefined)
    const tight =
      prepared.load.connections !== 'one per iteration' || own || target?.inside
        ? null
        : portWords(prepared.stages, urls)
    if (tight !== null) shell.say(tight)
    return await measured(shell, order, prepared, { folders, generators })
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
  order: Order,
  prepared: Prepared,
  { folders, generators }: { readonly folders: ResultFolder[]; readonly generators: number },
): Promise<Measured> {
  const { script, options, out, k6, duet, ...first } = order
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
  const [place, other] = places as [(typeof places)[number], (typeof places)[number] | undefined]
  const what = `${shown || urls.map(shownUrl).join(' and ')}, ${sizesWords(stagesOf(stages, 'a'))}`
  const { inside } = first.target ?? {}
  const by = generators > 1 || inside ? `${quantity(generators, 'generator')} with ` : ''
  shell.say(`${name}: ${what}${duet ? ' each' : ''}${prepared.through}, ${by}k6 ${k6.version}`)
  // Both sides of a duet share one k6, whose recorder does not tell them apart.
  const periodMs = options.noTimeline || duet ? null : periodFor({ ...prepared.load, stages: [...stages] })
  const watch = periodMs === null ? undefined : place.observation.watchUsage?.()
  const loading = {
    ...loadingOf(order, prepared, periodMs),
    folder: place.folder.filling,
    otherFolder: other?.folder.filling,
  }
  const { startedAt, endedAt, process, outputs, results } = await (inside || generators > 1
    ? loadShared(
        shell,
        generators,
        loading,
        inside ? podsOf(shell, inside, order, prepared) : here(shell, k6, loading),
      )
    : loadAlone(shell, k6, loading)
  ).finally(() => watch?.stop())
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
    k6: { ...process, outputs: [...outputs], timeline: periodMs === null ? null : { periodMs } },
  }
  const measured = await Promise.all(
    places.map(async ({ labels, factors, observation, folder }, index): Promise<Measured> => {
      const alone: Run = {
        ...facts,
        id: folder.id,
        load: { ...facts.load, stages: stagesOf(stages, index === 0 ? 'a' : 'b') },
        labels: { ...options.label, ...labels },
        ...(factors && { factors }),
        target: await observation.finish({ startedAt, endedAt, countsWork: prepared.countsWork }),
        ...(duet && { duet: duetWith(urls[1 - index] as URL, urls) }),
      }
      const { filling } = folder
      const log = path.join(place.folder.filling, 'k6.log')
      if (index > 0) await copyFile(log, path.join(filling, 'k6.log')).catch(() => {})
      const { timeline, lost, merged } = await results(watch?.stop() ?? [])
      if (lost !== null) shell.say(`${name}: ${lost}`)
      const summaryFile = path.join(filling, 'summary.json')
      const summary = await readSummary(summaryFile)
      const halves = timeline && !script.own && halvesOf(timeline, alone)
      const ended = timeline && endedIn(timeline, alone)
      const unjudged: Run = {
        ...alone,
        ...(halves && { halves }),
        ...(ended && { ended }),
        ...(merged && {
          generators: [...merged.generators],
          merge: { problems: [...merged.problems], notes: [...merged.notes] },
        }),
      }
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
  stages.flatMap(({ side = wanted, peak: _, ...stage }) => (side === wanted ? [stage] : []))

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
