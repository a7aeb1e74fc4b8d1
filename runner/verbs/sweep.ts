import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { shuffle } from 'simple-statistics'
import { z } from 'zod'
import { readSource, type Source } from '../../analysis/formats/read.ts'
import { randomFrom } from '../../analysis/numbers/random.ts'
import { type RunStatistics, runStatistics } from '../../analysis/run/statistics.ts'
import { comparison, type Statistics, statistics } from '../../analysis/runs/statistics.ts'
import { bePatient } from '../cluster/kubectl.ts'
import { bundle, unknownScenario } from '../k6/bundle.ts'
import { findK6, type K6 } from '../k6/find.ts'
import { milliseconds } from '../k6/inspect.ts'
import { measure } from '../load/measure.ts'
import { count, counts, duration, requestOf, runFlags } from '../load/options.ts'
import { resultFolder, writeAtomically } from '../results/folder.ts'
import { exitCodes, Failure } from '../shell/exit.ts'
import { type Flag, type Given, helpText, parseFlags, shownPath, userPath } from '../shell/flags.ts'
import { say } from '../shell/progress.ts'
import type { Shell } from '../shell/shell.ts'
import { currentlyDeployed, restore, scale, serviceUrl, useImage } from '../targets/deployment.ts'
import { checkTarget, startWorkload } from '../targets/url.ts'
import { effectFlag, effectOf } from './compare.ts'
import { wantedFlag, wantedRate, writeAndPrint } from './report.ts'
import { checkCombination, interruption } from './run.ts'

const own: Flag[] = [
  {
    name: 'replicas',
    env: 'REPLICAS',
    value: 'N,N,…',
    help: 'the numbers of replicas (1,2,4)',
    check: counts,
  },
  { name: 'repeat', env: 'REPEAT', value: 'N', help: 'runs with each of them (3)', check: count },
  {
    name: 'scenario',
    env: 'SCENARIO',
    value: 'NAME',
    help: 'constant, unless told otherwise',
    check: unknownScenario,
  },
  { name: 'local', env: 'LOCAL', help: 'processes behind one loopback port instead of pods' },
  { name: 'seed', env: 'SEED', value: 'N', help: 'of the order in which they are run (1)', check: count },
  { name: 'warm-up', env: 'WARM_UP', value: 'TIME', help: 'load before each run (3s)', check: duration },
  { name: 'cool-down', env: 'COOL_DOWN', value: 'TIME', help: 'rest after each run (1s)', check: duration },
  { name: 'resume', env: 'RESUME', value: 'DIR', help: 'goes on with an interrupted sweep' },
]
const taken = ['url', 'cluster', 'allow-public', 'path']
const flags = [...own, wantedFlag, ...runFlags.filter(({ name }) => !taken.includes(name))]

const abOwn: Flag[] = [
  {
    name: 'a',
    env: 'A_URL',
    value: 'URL',
    help: 'the baseline, or image=NAME on the cluster; without, the workload is started here',
  },
  { name: 'b', env: 'B_URL', value: 'URL', help: 'the candidate, likewise' },
  { name: 'repeat', env: 'REPEAT', value: 'N', help: 'runs of each side (10)', check: count },
  ...own.filter(({ name }) => ['scenario', 'seed', 'warm-up', 'cool-down', 'resume'].includes(name)),
  effectFlag,
]
const abFlags = [...abOwn, ...runFlags.filter(({ name }) => !['url', 'cluster'].includes(name))]

const help = helpText(
  'npm run sweep [-- FLAGS]\n\nThe same load against different numbers of replicas, each repeated, in shuffled order, with one report at the end.',
  flags,
  `Without --local the workload on the current kube context is scaled, and scaled back at the end.
Exit codes: 0 every run passed, 1 one failed its SLOs, 2 usage, 3 one is invalid, 4 environment, 130 interrupted (--resume).

  npm run sweep -- --local --replicas 1,2
  npm run sweep -- --replicas 1,2,4,8 --repeat 5 --duration 60s --vus 64`,
)

const abHelp = helpText(
  'npm run ab [-- FLAGS]\n\nIs B worse than A? Both are run in turns, so that a machine that grows warm or busy meets both alike.',
  abFlags,
  `Exit codes: 0 not worse, 1 worse, 2 usage, 3 nothing valid to compare, 4 environment, 130 interrupted (--resume).

  npm run ab -- --a http://10.0.0.7:8080 --b http://10.0.0.8:8080 --repeat 10
  npm run ab -- --a image=load-and-stress:1.4 --b image=load-and-stress:1.5     both by the current deployment
  npm run ab -- --repeat 5 --duration 10s        the workload against itself: how much do runs vary here?`,
)

/** What `sweep.json` holds: enough to go on with it. */
const Plan = z.object({
  schema: z.literal(1),
  kind: z.enum(['sweep', 'ab', 'nightly']),
  local: z.boolean(),
  sides: z
    .object({ a: z.string().nullable(), b: z.string().nullable() })
    .describe(
      'what baseline and candidate are: a URL, image=NAME on the cluster, or null for the plain target',
    ),
  minutes: z.number().nullable().describe('after which no further repeat is begun'),
  seed: z.number(),
  warmUpMs: z.number(),
  coolDownMs: z.number(),
  runs: z
    .array(
      z.object({
        cell: z.string().describe('what is run, and the how manieth time'),
        repeat: z.number(),
        scenario: z.string(),
        side: z.enum(['a', 'b']).nullable(),
        replicas: z.number().nullable(),
        flags: z.record(z.string(), z.string()).describe('what the run is told'),
      }),
    )
    .describe('in the order in which they are run'),
})
export type Plan = z.infer<typeof Plan>
type Cell = Omit<Plan['runs'][number], 'cell' | 'repeat'> & { readonly name: string }

/** `npm run sweep`: see its help. Returns the exit code. */
export async function sweep(args: string[]): Promise<number> {
  const given = parseFlags(flags, args, process.env)
  if (!given.help) return series(given, begin)
  process.stdout.write(help)
  return exitCodes.pass
}

/** `npm run ab`: see its help. Returns the exit code. */
export async function ab(args: string[]): Promise<number> {
  const given = parseFlags(abFlags, args, process.env)
  if (!given.help) return series(given, beginAb)
  process.stdout.write(abHelp)
  return exitCodes.pass
}

export type Begun = { folder: string; plan: Plan }

/** Runs whatever of a plan has not been run yet, and makes the report of all. */
async function series(given: Given, fresh: (given: Given) => Promise<Begun>): Promise<number> {
  const resumed = given.get('resume')
  const begun = resumed ? await readPlan(userPath(resumed)) : await fresh(given)
  const shell = interruption()
  await runAll(begun, shell)
  return finish(begun, given, shell.signal.aborted)
}

/**
 * Runs what of a plan has not been run yet, as far as its minutes go, and leaves the cluster as it found it.
 */
export async function runAll({ folder, plan }: Begun, shell: Shell): Promise<void> {
  const { signal } = shell
  const k6 = await findK6(shell)
  const onCluster = plan.runs.some((run) => isOnCluster(plan, run))
  if (onCluster) bePatient()
  const before = onCluster ? await currentlyDeployed() : null
  const done = await finished(folder)
  const left = plan.runs.filter(({ cell }) => !done.has(cell))
  // Once for all of its runs: an edit meanwhile must not change what is measured.
  const scripts = new Map<string, string>()
  for (const name of new Set(left.map(({ scenario }) => scenario))) scripts.set(name, await bundle(name))
  const start = performance.now()
  try {
    for (const [index, run] of left.entries()) {
      if (signal.aborted) break
      const spentMs = performance.now() - start
      const each = index > 0 ? spentMs / index : 0
      if (
        plan.minutes !== null &&
        begins(left, index) &&
        spentMs + each * repeatSize(left, index) > plan.minutes * 60_000
      ) {
        say(
          `the ${plan.minutes} minutes do not hold another repeat: ${left.length - index} runs are left out`,
        )
        break
      }
      const remaining = index > 0 ? `, about ${minutes(each * (left.length - index))} left` : ''
      say(
        `run ${plan.runs.length - left.length + index + 1} of ${plan.runs.length}: ${cellWords(run)}${remaining}`,
      )
      try {
        await runCell(folder, plan, run, scripts.get(run.scenario) ?? '', k6, shell)
      } catch (error) {
        // Interrupted while it waited for something: told of at the end, with how to go on.
        if (!signal.aborted) throw error
      }
      if (!signal.aborted) await sleep(plan.coolDownMs, undefined, { signal }).catch(() => {})
    }
  } finally {
    if (before) {
      say(`back to ${before.replicas} replicas of ${before.image} …`)
      await restore(before).catch((error: Error) =>
        say(`could not put the deployment back: ${error.message}`),
      )
    }
  }
}

const begins = (runs: Plan['runs'], index: number): boolean =>
  index > 0 && runs[index]?.repeat !== runs[index - 1]?.repeat

const repeatSize = (runs: Plan['runs'], index: number): number =>
  runs.filter(({ repeat }) => repeat === runs[index]?.repeat).length

const isOnCluster = (plan: Plan, run: Plan['runs'][number]): boolean => {
  const place = placeOf(plan, run)
  return place === null ? !plan.local : place.startsWith('image=')
}

const placeOf = ({ sides }: Plan, { side }: Plan['runs'][number]): string | null =>
  side ? sides[side] : null

async function runCell(
  folder: string,
  plan: Plan,
  run: Plan['runs'][number],
  script: string,
  k6: K6,
  shell: Shell,
): Promise<void> {
  const { signal } = shell
  const { cell, replicas, scenario, side, flags } = run
  const [place, onCluster] = [placeOf(plan, run), isOnCluster(plan, run)]
  const told: Given = {
    positionals: [],
    help: false,
    get: (name) => (name === 'cluster' ? String(onCluster) : flags[name]),
  }
  const local = place === null && plan.local ? await startWorkload(process.env, replicas ?? undefined) : null
  try {
    if (onCluster && place) await useImage(place.slice('image='.length), signal)
    if (onCluster && replicas !== null) await scale(replicas, signal)
    const target = new URL(local?.url ?? (onCluster ? await serviceUrl() : (place ?? '')))
    await warmUp(target.href.replace(/\/$/, '') + requestOf(told), plan.warmUpMs, signal)
    if (signal.aborted) return
    await measure({
      scenario,
      script,
      given: told,
      target,
      embedded: local !== null,
      replicas,
      labels: { cell, ...(side && { side }) },
      out: folder,
      k6,
      shell,
    })
  } finally {
    await local?.stop()
  }
}

const cellWords = ({ scenario, side, replicas }: Plan['runs'][number]): string =>
  [
    side === 'a' ? `${scenario} of A` : side === 'b' ? `${scenario} of B` : scenario,
    ...(replicas === null ? [] : [`${replicas} replica${replicas === 1 ? '' : 's'}`]),
  ].join(', ')

async function begin(given: Given): Promise<Begun> {
  const local = given.get('local') === 'true'
  const scenario = scenarioOf(given)
  // Told now rather than after a plan has been written.
  if (!local) await currentlyDeployed()
  const replicas = [...new Set((given.get('replicas') ?? '1,2,4').split(',').map(Number))]
  const cells = replicas.map((each) => ({ name: String(each), replicas: each, side: null }))
  return write(plan('sweep', given, scenario, local, cells, 3), given)
}

async function beginAb(given: Given): Promise<Begun> {
  const scenario = scenarioOf(given)
  const allowPublic = given.get('allow-public') === 'true'
  const [a, b] = [
    await sideOf('a', given.get('a'), allowPublic),
    await sideOf('b', given.get('b'), allowPublic),
  ]
  if (a && a === b) throw new Failure('usage', '--a and --b are the same')
  const cells = (['a', 'b'] as const).map((side) => ({ name: side, replicas: null, side }))
  return write({ ...plan('ab', given, scenario, true, cells, 10), sides: { a, b } }, given)
}

/** A side of a comparison: an image for the deployment of the current kube context, or a URL, checked. */
export async function sideOf(
  flag: string,
  text: string | undefined,
  allowPublic: boolean,
): Promise<string | null> {
  if (!text) return null
  if (text.startsWith('image=')) {
    await currentlyDeployed()
    return text
  }
  const url = await checkTarget(text, allowPublic)
  if (url.username || url.password)
    throw new Failure('usage', `--${flag}: a name and password would be kept with the plan; leave them out`)
  return url.href
}

function scenarioOf(given: Given): string {
  const scenario = given.get('scenario') ?? 'constant'
  checkCombination(scenario, given)
  return scenario
}

/** What a run of a plan is told, by flag; where it runs is the plan's own. */
export const settingsOf = (given: Given): Record<string, string> =>
  Object.fromEntries(
    runFlags.flatMap(({ name }) => {
      const value = given.get(name)
      const elsewhere = ['url', 'cluster', 'allow-public', 'out'].includes(name)
      return value === undefined || elsewhere ? [] : [[name, value] as const]
    }),
  )

function plan(
  kind: Plan['kind'],
  given: Given,
  scenario: string,
  local: boolean,
  cells: readonly Pick<Cell, 'name' | 'replicas' | 'side'>[],
  usual: number,
): Plan {
  const flags = settingsOf(given)
  return planOf(
    kind,
    local,
    cells.map((cell) => ({ ...cell, scenario, flags })),
    {
      repeats: Number(given.get('repeat') ?? usual),
      seed: Number(given.get('seed') ?? 1),
      warmUpMs: milliseconds(given.get('warm-up') ?? '3s'),
      coolDownMs: milliseconds(given.get('cool-down') ?? '1s'),
    },
  )
}

/** A block of each cell once, shuffled, repeat after repeat: what drifts over the hours meets all alike. */
export function planOf(
  kind: Plan['kind'],
  local: boolean,
  cells: readonly Cell[],
  { repeats, ...rest }: Pick<Plan, 'seed' | 'warmUpMs' | 'coolDownMs'> & { readonly repeats: number },
): Plan {
  const random = randomFrom(rest.seed)
  const runs = Array.from({ length: repeats }, (_, index) =>
    shuffle([...cells], random).map(({ name, ...cell }) => ({
      cell: `${name}.${index + 1}`,
      repeat: index + 1,
      ...cell,
    })),
  ).flat()
  return { schema: 1, kind, local, sides: { a: null, b: null }, minutes: null, ...rest, runs }
}

export async function write(plan: Plan, given: Given): Promise<Begun> {
  const { filling } = await resultFolder(userPath(given.get('out') ?? 'results'), plan.kind, new Date())
  await writeAtomically(path.join(filling, 'sweep.json'), `${JSON.stringify(plan, null, 2)}\n`)
  return { folder: filling, plan }
}

/** What an interrupted series has left to do. */
export async function readPlan(folder: string): Promise<Begun> {
  const file = path.join(folder, 'sweep.json')
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text === null) throw new Failure('usage', `${folder}: nothing to go on with (no sweep.json)`)
  try {
    return { folder, plan: Plan.parse(JSON.parse(text)) }
  } catch {
    throw new Failure('usage', `${file}: not a plan of this version`)
  }
}

/** The cells that have a run which was not cut short, each with the folder of its last. */
async function finished(folder: string): Promise<Map<string, Source>> {
  const done = new Map<string, Source>()
  for (const name of (await readdir(folder)).sort()) {
    if (!existsSync(path.join(folder, name, 'run.json')) || name.startsWith('.')) continue
    const reading = await readSource(path.join(folder, name))
    if (reading.kind !== 'source') continue
    const { run } = reading.source
    if (run?.labels.cell && !run.interrupted) done.set(run.labels.cell, reading.source)
  }
  return done
}

/** The runs of a plan that are done, by replicas; and whether they are all of it. */
export async function doneOf({ folder, plan }: Begun): Promise<{ sources: Source[]; complete: boolean }> {
  const done = await finished(folder)
  const sources = plan.runs
    .flatMap(({ cell, replicas }) => (done.has(cell) ? [{ replicas, source: done.get(cell) as Source }] : []))
    .sort((a, b) => (a.replicas ?? 0) - (b.replicas ?? 0))
    .map(({ source }) => source)
  return { sources, complete: sources.length === plan.runs.length }
}

/** Without its dot: nothing more is to come. */
export async function whole(folder: string): Promise<string> {
  const named = path.join(path.dirname(folder), path.basename(folder).replace(/^\./, ''))
  if (named !== folder) await rename(folder, named)
  return named
}

async function finish({ folder, plan }: Begun, given: Given, interrupted: boolean): Promise<number> {
  const { sources, complete } = await doneOf({ folder, plan })
  const at = complete ? await whole(folder) : folder
  let code: number = exitCodes.interrupted
  if (sources.length > 0) {
    await mkdir(at, { recursive: true })
    code = await writeAndPrint(figuresOf(plan, sources, given), path.join(at, 'report'))
  }
  if (!interrupted && complete) return code
  sayHowToGoOn({ folder, plan }, sources.length)
  return exitCodes.interrupted
}

export function sayHowToGoOn({ folder, plan }: Begun, done: number): void {
  say(
    `${done} of ${plan.runs.length} runs are done; go on with: npm run ${plan.kind} -- --resume ${shownPath(folder)}`,
  )
}

function figuresOf({ kind }: Plan, sources: readonly Source[], given: Given): Statistics {
  if (kind === 'sweep') return statistics(sources, { wanted: wantedRate(given) })
  return comparison(sideRuns(sources, 'a'), sideRuns(sources, 'b'), {
    effect: effectOf(given.get('effect') ?? '5%'),
  })
}

export const sideRuns = (sources: readonly Source[], side: 'a' | 'b'): RunStatistics[] =>
  sources.filter(({ run }) => run?.labels.side === side).map(runStatistics)

/** The same requests for a while, without looking at the answers. */
async function warmUp(url: string, forMs: number, signal: AbortSignal): Promise<void> {
  const until = performance.now() + forMs
  const headers = process.env.STRESS_TOKEN ? { authorization: `Bearer ${process.env.STRESS_TOKEN}` } : {}
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (performance.now() < until && !signal.aborted) {
        const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) }).catch(() => null)
        await response?.body?.cancel()
        if (!response) await sleep(100)
      }
    }),
  )
}

const minutes = (ms: number) =>
  ms < 90_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`
