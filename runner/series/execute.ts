import { existsSync } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Source } from '../../analysis/formats/read.ts'
import { quantity } from '../../analysis/formats/words.ts'
import { fewestRuns } from '../../analysis/numbers/repeated.ts'
import { checkCell } from '../../analysis/runs/arrivals.ts'
import type { Statistics } from '../../analysis/runs/statistics.ts'
import { Unfit } from '../cluster/deployment.ts'
import { findK6, type K6 } from '../k6/find.ts'
import { measure } from '../load/measure.ts'
import { checkLoad, type LoadOptions, loadFlags } from '../load/options.ts'
import { type Script, shortName } from '../load/script.ts'
import { generatorFlags } from '../load/target-options.ts'
import { warmUp } from '../load/warm-up.ts'
import { addToResults } from '../results/browse.ts'
import { writeAndPrint } from '../results/print.ts'
import { exitCodes, Failure } from '../shell/exit.ts'
import { optionsFrom } from '../shell/flags.ts'
import { type Shell, shownPath } from '../shell/shell.ts'
import { factorsOf, isLevels, levelsOf } from './factors.ts'
import { doneCells, finished, labelsOf, outcomeOf, seriesName } from './finished.ts'
import { cellWords, type Plan, type PlannedRun, type Series, scriptsOf } from './plan.ts'
import { searchCell } from './search.ts'
import { sideOf } from './sides.ts'
import { type Targets, targetsOf } from './targets.ts'
import { withheldNames } from './withheld.ts'

export type SeriesOptions = {
  /** Whether a URL of the plan may be public: consent is not kept in a file. */
  readonly allowPublic?: boolean
  /** Pins the work of a request on the workload started here. */
  readonly unitsPerMs?: number | undefined
  /** Whether the complete runs have answered what this one is for. Asked before each repeat of a plan with looks. */
  readonly decided?: (sources: readonly Source[], run: PlannedRun) => boolean
  /** Hears of a cell that no node has room for; the others go on. Without it, the series ends there. */
  readonly unfit?: (failure: Unfit) => void
  /** What to run once all of the plan is done, chosen by what it showed. */
  readonly last?: (sources: readonly Source[]) => PlannedRun | null
  /** Sees the first complete run, and throws where the rest would not be worth running. */
  readonly check?: (source: Source) => void
  /** A file for the results for CI. */
  readonly junit?: string | undefined
}

/**
 * Runs what of a plan is not done yet, as far as its minutes go, and leaves the cluster as it found it. Gives the number
 * of runs that are not needed since the comparison is decided.
 */
export async function execute(
  shell: Shell,
  { folder, plan, begun }: Series,
  options: SeriesOptions = {},
): Promise<number> {
  await checkPlan(plan, options)
  const k6 = await findK6(shell)
  const done = doneCells(await finished(folder), plan)
  const undone = plan.runs.filter(({ cell }) => !done.has(cell))
  // Side a of a duet stands for both.
  const planned = plan.duet ? plan.runs.filter(({ side }) => side === 'a') : plan.runs
  const left = plan.duet
    ? planned.filter(({ repeat }) => undone.some((each) => each.repeat === repeat))
    : undone
  const scripts = await scriptsOf(plan, left)
  const targets = targetsOf(shell, plan, options)
  let restored = true
  const start = performance.now()
  const unneeded = new Set<PlannedRun>()
  const omitted = new Set<PlannedRun>()
  try {
    for (const [index, run] of left.entries()) {
      if (shell.signal.aborted) break
      if (plan.looks > 1 && run.repeat > fewestRuns && run.repeat !== left[index - 1]?.repeat) {
        const sources = [...(await finished(folder)).values()]
        for (const each of left.slice(index)) if (options.decided?.(sources, each)) unneeded.add(each)
        if (unneeded.has(run) && unneeded.size === left.length - index)
          shell.say(`decided after ${run.repeat - 1} repeats: ${quantity(unneeded.size, 'run')} not needed`)
      }
      if (unneeded.has(run) || omitted.has(run)) continue
      const spentMs = performance.now() - start
      const eachMs = index > 0 ? spentMs / index : 0
      const repeatMs = eachMs * left.filter(({ repeat }) => repeat === run.repeat).length
      const begins = index > 0 && run.repeat !== left[index - 1]?.repeat
      if (plan.minutes !== null && begins && spentMs + repeatMs > plan.minutes * 60_000) {
        shell.say(
          `another repeat does not fit into the ${plan.minutes} minutes: ${quantity(left.length - index, 'run')} left out`,
        )
        break
      }
      const remaining = index > 0 ? `, about ${minutes(eachMs * (left.length - index))} left` : ''
      const number = planned.length - left.length + index + 1
      const words = plan.duet ? `${shortName(run.scenario)}, both sides at once` : cellWords(run)
      shell.say(`run ${number} of ${planned.length}: ${words}${remaining}`)
      try {
        const script = scripts.get(run.scenario) as Script
        await runCell(shell, { folder, plan }, run, { k6, targets, script, allowPublic: options.allowPublic })
      } catch (error) {
        if (!shell.signal.aborted) {
          if (!options.unfit || !(error instanceof Unfit)) throw error
          options.unfit(error)
          for (const each of left) if (cellWords(each) === cellWords(run)) omitted.add(each)
          shell.say(`${error.message}; ${words} is left out, and the others go on`)
          continue
        }
        // Interrupted while it waited for something: the end says how to resume.
        const { exitCode, message } = error as Failure
        if (exitCode !== exitCodes.interrupted) shell.say(message)
      }
      if (index === 0 && options.check)
        for (const source of (await finished(folder)).values()) options.check(source)
      await sleep(plan.coolDownMs, undefined, { signal: shell.signal }).catch(() => {})
    }
    const found = shell.signal.aborted || !options.last ? null : await finished(folder)
    const last = found && options.last?.([...found.values()])
    if (last && !found.has(last.cell)) {
      shell.say(`check: ${cellWords(last)}`)
      const script = (await scriptsOf(plan, [last])).get(last.scenario) as Script
      const context = { k6, targets, script, allowPublic: options.allowPublic }
      await runCell(shell, { folder, plan: { ...plan, search: undefined } }, last, context)
    }
  } finally {
    // A series that was killed has left the deployment as its last run had it, perhaps with nothing left to run.
    restored = await targets.close({ always: !begun })
  }
  if (!restored && !shell.signal.aborted)
    throw new Failure('environment', 'the deployment is not as it was: resume to restore it')
  return plan.duet ? 2 * unneeded.size : unneeded.size
}

/** A plan may come from a file: its sides and flags are checked as a command line's are, before anything is loaded. */
async function checkPlan({ sides, runs }: Plan, { allowPublic = false }: SeriesOptions): Promise<void> {
  for (const side of ['a', 'b'] as const)
    if (!isLevels(sides[side] ?? ''))
      await sideOf(sides[side] ?? undefined, { flag: `--${side}`, allowPublic })
  for (const { factors = {} } of runs) levelsOf(factors)
  const loads = new Map(
    runs.map(({ scenario, flags }) => [JSON.stringify([scenario, flags]), { scenario, flags }]),
  )
  for (const { scenario, flags } of loads.values()) checkLoad(scenario, optionsFrom(loadFlags, flags))
}

async function runCell(
  shell: Shell,
  series: Series,
  run: PlannedRun,
  context: {
    readonly k6: K6
    readonly script: Script
    readonly targets: Targets
    readonly allowPublic: boolean | undefined
  },
): Promise<void> {
  const { folder, plan } = series
  const { k6, script, targets, allowPublic } = context
  const load: LoadOptions = optionsFrom(loadFlags, run.flags)
  const options = { ...load, ...optionsFrom(generatorFlags, plan.generators ?? {}), allowPublic }
  const other = plan.duet && plan.runs.find(({ repeat, side }) => repeat === run.repeat && side === 'b')
  const open: Awaited<ReturnType<Targets['open']>>[] = []
  try {
    for (const each of other ? [run, other] : [run]) open.push(await targets.open(each, script))
    const loaded = open.flatMap(({ target }) => target ?? [])
    // What only pods reach is warmed up from there.
    const here = loaded.filter(({ inside }) => !inside)
    if (!script.own && here.length > 0) await warmUp(shell, load, here, plan.warmUpMs)
    const [one, two] = open
    if (shell.signal.aborted || !one) return
    if (plan.search) {
      await searchCell(shell, series, run, { k6, script, target: one.target, options })
      return
    }
    await measure(shell, {
      script,
      options,
      warmUpMs: plan.warmUpMs,
      target: one.target,
      labels: labelsOf(series, run),
      factors: factorsOf(run, run.side && plan.sides[run.side]),
      ...(run.cell.startsWith(checkCell) && load.rate !== undefined && { search: load.rate }),
      ...(other && two && { duet: { target: two.target, labels: labelsOf(series, other) } }),
      out: folder,
      k6,
    })
  } finally {
    await Promise.all(open.map(({ release }) => release()))
  }
}

/** Gives a series its name: no more runs will come. */
export async function closeSeries({ folder }: Series): Promise<string> {
  const named = path.join(path.dirname(folder), seriesName(folder))
  if (named !== folder) await rename(folder, named)
  return named
}

/** Whatever ends a series early, it says how to resume; one that measured nothing leaves nothing. */
export async function resumable<Result>(
  shell: Shell,
  series: Series,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const { folder: hidden, begun } = series
    const folder = existsSync(hidden) ? hidden : path.join(path.dirname(hidden), seriesName(hidden))
    const names = await readdir(folder).catch(() => null)
    if (begun && names?.every((name) => name === 'sweep.json')) await rm(folder, { recursive: true })
    else if (names)
      sayHowToResume(shell, { ...series, folder }, doneCells(await finished(folder), series.plan).size)
    throw error
  }
}

export function sayHowToResume(shell: Shell, { folder, plan }: Series, done: number): void {
  // How many probes a search needs, nobody knows before.
  const [command, words] =
    plan.kind === 'breakpoint'
      ? ['scenario:breakpoint', `${quantity(done, 'probe')} done`]
      : [plan.kind, `${done} of ${plan.runs.length} ${plan.search ? 'searches' : 'runs'} are done`]
  shell.say(`${words}; resume with: npm run ${command} -- --resume ${shownPath(shell, folder)}${again(plan)}`)
}

/** A nightly plan's own file has what the series does not keep. */
function again({ kind, runs }: Plan): string {
  const names = kind === 'nightly' ? [] : withheldNames(runs[0]?.flags ?? {})
  return names.length === 0 ? '' : `, and ${names.map((name) => `--${name}`).join(' and ')} as before`
}

const minutes = (ms: number) =>
  ms < 90_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`

/** Runs a series and prints its report: what `sweep` and `ab` have in common. */
export async function runSeries(
  shell: Shell,
  series: Series,
  options: SeriesOptions,
  figures: (sources: readonly Source[]) => Statistics,
): Promise<number> {
  return resumable(shell, series, async () => {
    const unfit: Unfit[] = []
    const goesOn = series.plan.kind === 'sweep' && { unfit: (failure: Unfit) => void unfit.push(failure) }
    const unneeded = await execute(shell, series, { ...options, ...goesOn })
    const { sources, done, complete } = await outcomeOf(series, unneeded)
    const folder = complete ? await closeSeries(series) : series.folder
    const code =
      sources.length > 0
        ? await writeAndPrint(shell, figures(sources), path.join(folder, 'report'), { junit: options.junit })
        : (unfit[0]?.exitCode ?? exitCodes.interrupted)
    await addToResults(shell, path.dirname(folder))
    if (!shell.signal.aborted && complete) return code
    sayHowToResume(shell, series, done)
    return shell.signal.aborted ? exitCodes.interrupted : (unfit[0]?.exitCode ?? exitCodes.interrupted)
  })
}
