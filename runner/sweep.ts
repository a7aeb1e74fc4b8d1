import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { shuffle } from 'simple-statistics'
import { z } from 'zod'
import { randomFrom } from '../analysis/random.ts'
import { readSource } from '../analysis/read.ts'
import { runStatistics, type Source } from '../analysis/run-statistics.ts'
import { comparison, type Statistics, statistics } from '../analysis/statistics.ts'
import { bundle, scenarioNames } from './bundle.ts'
import { effectFlag, effectOf } from './compare.ts'
import { currentReplicas, scale, serviceUrl } from './deployment.ts'
import { exitCodes, Failure } from './exit.ts'
import { type Flag, type Given, helpText, parseFlags, userPath } from './flags.ts'
import { findK6 } from './k6.ts'
import { milliseconds } from './k6-process.ts'
import { bePatient } from './kubectl.ts'
import { measure } from './measure.ts'
import { say } from './progress.ts'
import { wantedFlag, wantedRate, writeAndPrint } from './report.ts'
import { resultFolder, writeWhole } from './result-folder.ts'
import { checkCombination, interruption } from './run.ts'
import { count, counts, duration, runFlags } from './run-options.ts'
import { checkTarget, startWorkload } from './target.ts'

const own: Flag[] = [
  {
    name: 'replicas',
    env: 'REPLICAS',
    value: 'N,N,…',
    help: 'the numbers of replicas (1,2,4)',
    check: counts,
  },
  { name: 'repeat', env: 'REPEAT', value: 'N', help: 'runs with each of them (3)', check: count },
  { name: 'scenario', env: 'SCENARIO', value: 'NAME', help: 'constant, unless told otherwise' },
  { name: 'local', env: 'LOCAL', help: 'processes behind one loopback port instead of pods' },
  { name: 'seed', env: 'SEED', value: 'N', help: 'of the order in which they are run (1)', check: count },
  { name: 'warm-up', env: 'WARM_UP', value: 'TIME', help: 'load before each run (3s)', check: duration },
  { name: 'cool-down', env: 'COOL_DOWN', value: 'TIME', help: 'rest after each run (1s)', check: duration },
  { name: 'resume', env: 'RESUME', value: 'DIR', help: 'goes on with an interrupted sweep' },
]
const taken = ['url', 'cluster', 'allow-public', 'path']
const flags = [...own, wantedFlag, ...runFlags.filter(({ name }) => !taken.includes(name))]

const abOwn: Flag[] = [
  { name: 'a', env: 'A_URL', value: 'URL', help: 'the baseline; without, the workload is started here' },
  { name: 'b', env: 'B_URL', value: 'URL', help: 'the candidate; without, the workload is started here' },
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
  npm run ab -- --repeat 5 --duration 10s        the workload against itself: how much do runs vary here?`,
)

/** What `sweep.json` holds: enough to go on with it. */
const Plan = z.object({
  schema: z.literal(1),
  scenario: z.string(),
  local: z.boolean(),
  sides: z
    .object({ a: z.string().nullable(), b: z.string().nullable() })
    .nullable()
    .default(null)
    .describe('the URLs of an A/B comparison, null for a workload of one’s own; null for a sweep'),
  seed: z.number(),
  warmUpMs: z.number(),
  coolDownMs: z.number(),
  runs: z
    .array(z.object({ cell: z.string(), replicas: z.number().nullable() }))
    .describe('in the order in which they are run'),
  flags: z.record(z.string(), z.string()).describe('what every run was told'),
})
type Plan = z.infer<typeof Plan>

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

type Begun = { folder: string; plan: Plan }

/** Runs whatever of a plan has not been run yet, and makes the report of all. */
async function series(given: Given, fresh: (given: Given) => Promise<Begun>): Promise<number> {
  const resumed = given.get('resume')
  const { folder, plan } = resumed ? await readPlan(userPath(resumed)) : await fresh(given)
  const told: Given = {
    positionals: [],
    help: false,
    get: (name) => (name === 'cluster' ? String(onCluster(plan)) : plan.flags[name]),
  }
  const signal = interruption()
  const [k6, script] = await Promise.all([findK6(process.env, signal), bundle(plan.scenario)])
  if (onCluster(plan)) bePatient()
  const before = onCluster(plan) ? await currentReplicas() : null
  try {
    const done = await finished(folder)
    let spentMs = 0
    const left = plan.runs.filter(({ cell }) => !done.has(cell))
    for (const [index, { cell, replicas }] of left.entries()) {
      if (signal.aborted) break
      const remaining = index > 0 ? `, about ${minutes((spentMs / index) * (left.length - index))} left` : ''
      say(
        `run ${plan.runs.length - left.length + index + 1} of ${plan.runs.length}: ${cellName(cell, replicas)}${remaining}`,
      )
      const start = performance.now()
      const url = urlOf(plan, cell)
      const local =
        plan.local && url === null ? await startWorkload(process.env, replicas ?? undefined) : null
      try {
        if (onCluster(plan)) await scale(replicas ?? 1, signal)
        const target = new URL(url ?? local?.url ?? (await serviceUrl()))
        const request = told.get('path') ?? `/work?ms=${told.get('work-ms') ?? '5'}`
        await warmUp(target.href.replace(/\/$/, '') + request, plan.warmUpMs, signal)
        if (signal.aborted) break
        await measure({
          scenario: plan.scenario,
          script,
          given: told,
          target,
          embedded: local !== null,
          replicas,
          labels: { cell },
          out: folder,
          k6,
          signal,
        })
      } catch (error) {
        // Interrupted while it waited for something: told of below, with how to go on.
        if (!signal.aborted) throw error
      } finally {
        await local?.stop()
      }
      if (!signal.aborted) await sleep(plan.coolDownMs, undefined, { signal }).catch(() => {})
      spentMs += performance.now() - start
    }
  } finally {
    if (before !== null) {
      say(`back to ${before} replicas …`)
      await scale(before).catch((error: Error) =>
        say(`could not scale back to ${before} replicas: ${error.message}`),
      )
    }
  }
  return finish(folder, plan, given, signal.aborted)
}

const onCluster = ({ local, sides }: Plan): boolean => !local && sides === null

const urlOf = ({ sides }: Plan, cell: string): string | null =>
  sides ? (sides[cell.startsWith('a') ? 'a' : 'b'] ?? null) : null

const cellName = (cell: string, replicas: number | null): string =>
  replicas === null
    ? `side ${cell.startsWith('a') ? 'A' : 'B'}`
    : `${replicas} replica${replicas === 1 ? '' : 's'}`

async function begin(given: Given): Promise<Begun> {
  const local = given.get('local') === 'true'
  const scenario = scenarioOf(given)
  // Told now rather than after a plan has been written.
  if (!local) await currentReplicas()
  const replicas = [...new Set((given.get('replicas') ?? '1,2,4').split(',').map(Number))]
  const runs = blocks(
    given,
    3,
    replicas.map((each) => ({ name: String(each), replicas: each })),
  )
  return write('sweep', { ...common(given, scenario), local, sides: null, runs }, given)
}

async function beginAb(given: Given): Promise<Begun> {
  const scenario = scenarioOf(given)
  const [a, b] = await Promise.all(
    (['a', 'b'] as const).map(async (side) => {
      const text = given.get(side)
      if (!text) return null
      const url = await checkTarget(text, given.get('allow-public') === 'true')
      if (url.username || url.password)
        throw new Failure(
          'usage',
          `--${side}: a name and password would be kept with the plan; leave them out`,
        )
      return url.href
    }),
  )
  if (a && a === b) throw new Failure('usage', '--a and --b are the same URL')
  const runs = blocks(given, 10, [
    { name: 'a', replicas: null },
    { name: 'b', replicas: null },
  ])
  return write(
    'ab',
    { ...common(given, scenario), local: true, sides: { a: a ?? null, b: b ?? null }, runs },
    given,
  )
}

function scenarioOf(given: Given): string {
  const scenario = given.get('scenario') ?? 'constant'
  if (!scenarioNames().includes(scenario))
    throw new Failure(
      'usage',
      `--scenario: "${scenario}" is no scenario; there are ${scenarioNames().join(', ')}`,
    )
  checkCombination(scenario, given)
  return scenario
}

/** A block of each cell once, shuffled, repeat after repeat: what drifts over the hours meets all alike. */
function blocks(
  given: Given,
  usual: number,
  cells: readonly { readonly name: string; readonly replicas: number | null }[],
): Plan['runs'] {
  const random = randomFrom(Number(given.get('seed') ?? 1))
  return Array.from({ length: Number(given.get('repeat') ?? usual) }, (_, repeat) =>
    shuffle([...cells], random).map(({ name, replicas }) => ({ cell: `${name}.${repeat + 1}`, replicas })),
  ).flat()
}

function common(
  given: Given,
  scenario: string,
): Pick<Plan, 'schema' | 'scenario' | 'seed' | 'warmUpMs' | 'coolDownMs' | 'flags'> {
  const forRuns = runFlags.flatMap(({ name }) => {
    const value = given.get(name)
    const elsewhere = ['url', 'cluster', 'allow-public', 'out'].includes(name)
    return value === undefined || elsewhere ? [] : [[name, value] as const]
  })
  return {
    schema: 1,
    scenario,
    seed: Number(given.get('seed') ?? 1),
    warmUpMs: milliseconds(given.get('warm-up') ?? '3s'),
    coolDownMs: milliseconds(given.get('cool-down') ?? '1s'),
    flags: Object.fromEntries(forRuns),
  }
}

async function write(kind: string, plan: Plan, given: Given): Promise<Begun> {
  const { filling } = await resultFolder(userPath(given.get('out') ?? 'results'), kind, new Date())
  await writeWhole(path.join(filling, 'sweep.json'), `${JSON.stringify(plan, null, 2)}\n`)
  return { folder: filling, plan }
}

async function readPlan(folder: string): Promise<{ folder: string; plan: Plan }> {
  const file = path.join(folder, 'sweep.json')
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text === null) throw new Failure('usage', `${folder}: no sweep (no sweep.json)`)
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

async function finish(folder: string, plan: Plan, given: Given, interrupted: boolean): Promise<number> {
  const done = await finished(folder)
  const sources = plan.runs
    .flatMap(({ cell, replicas }) => (done.has(cell) ? [{ replicas, source: done.get(cell) as Source }] : []))
    .sort((a, b) => (a.replicas ?? 0) - (b.replicas ?? 0))
    .map(({ source }) => source)
  const complete = sources.length === plan.runs.length
  // With its dot it is one to go on with.
  const whole = path.join(path.dirname(folder), path.basename(folder).replace(/^\./, ''))
  if (complete && whole !== folder) await rename(folder, whole)
  const at = complete ? whole : folder
  let code: number = exitCodes.interrupted
  if (sources.length > 0) {
    await mkdir(at, { recursive: true })
    code = await writeAndPrint(figuresOf(plan, sources, given), path.join(at, 'report'))
  }
  if (!interrupted && complete) return code
  say(
    `${sources.length} of ${plan.runs.length} runs are done; go on with: npm run ${plan.sides ? 'ab' : 'sweep'} -- --resume ${path.relative(process.env.INIT_CWD ?? process.cwd(), folder)}`,
  )
  return exitCodes.interrupted
}

function figuresOf(plan: Plan, sources: readonly Source[], given: Given): Statistics {
  if (!plan.sides) return statistics(sources, { wanted: wantedRate(given) })
  const of = (side: string) =>
    sources.filter(({ run }) => run?.labels.cell?.startsWith(side)).map(runStatistics)
  return comparison(of('a'), of('b'), { effect: effectOf(given.get('effect') ?? '5%') })
}

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
