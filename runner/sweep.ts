import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { shuffle } from 'simple-statistics'
import { z } from 'zod'
import { readSource } from '../analysis/read.ts'
import { type Source, statistics } from '../analysis/statistics.ts'
import { bundle, scenarioNames } from './bundle.ts'
import { currentReplicas, scale, serviceUrl } from './deployment.ts'
import { exitCodes, Failure } from './exit.ts'
import { type Flag, type Given, helpText, parseFlags, userPath } from './flags.ts'
import { findK6 } from './k6.ts'
import { milliseconds } from './k6-process.ts'
import { bePatient } from './kubectl.ts'
import { measure } from './measure.ts'
import { say } from './progress.ts'
import { writeAndPrint } from './report.ts'
import { resultFolder, writeWhole } from './result-folder.ts'
import { checkCombination, interruption } from './run.ts'
import { count, counts, duration, runFlags } from './run-options.ts'
import { startWorkload } from './target.ts'

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
const flags = [...own, ...runFlags.filter(({ name }) => !taken.includes(name))]

const help = helpText(
  'npm run sweep [-- FLAGS]\n\nThe same load against different numbers of replicas, each repeated, in shuffled order, with one report at the end.',
  flags,
  `Without --local the workload on the current kube context is scaled, and scaled back at the end.
Exit codes: 0 every run passed, 1 one failed its SLOs, 2 usage, 3 one is invalid, 4 environment, 130 interrupted (--resume).

  npm run sweep -- --local --replicas 1,2
  npm run sweep -- --replicas 1,2,4,8 --repeat 5 --duration 60s --vus 64`,
)

/** What `sweep.json` holds: enough to go on with it. */
const Plan = z.object({
  schema: z.literal(1),
  scenario: z.string(),
  local: z.boolean(),
  seed: z.number(),
  warmUpMs: z.number(),
  coolDownMs: z.number(),
  runs: z
    .array(z.object({ cell: z.string(), replicas: z.number() }))
    .describe('in the order in which they are run'),
  flags: z.record(z.string(), z.string()).describe('what every run was told'),
})
type Plan = z.infer<typeof Plan>

/** `npm run sweep`: see its help. Returns the exit code. */
export async function sweep(args: string[]): Promise<number> {
  const given = parseFlags(flags, args, process.env)
  if (given.help) {
    process.stdout.write(help)
    return exitCodes.pass
  }
  const resumed = given.get('resume')
  const { folder, plan } = resumed ? await readPlan(userPath(resumed)) : await begin(given)
  const told: Given = {
    positionals: [],
    help: false,
    get: (name) => (name === 'cluster' ? String(!plan.local) : plan.flags[name]),
  }
  const signal = interruption()
  const [k6, script] = await Promise.all([findK6(process.env, signal), bundle(plan.scenario)])
  if (!plan.local) bePatient()
  const before = plan.local ? null : await currentReplicas()
  try {
    const done = await finished(folder)
    let spentMs = 0
    const left = plan.runs.filter(({ cell }) => !done.has(cell))
    for (const [index, { cell, replicas }] of left.entries()) {
      if (signal.aborted) break
      const remaining = index > 0 ? `, about ${minutes((spentMs / index) * (left.length - index))} left` : ''
      say(
        `run ${plan.runs.length - left.length + index + 1} of ${plan.runs.length}: ${replicas} replica${replicas === 1 ? '' : 's'}${remaining}`,
      )
      const start = performance.now()
      const local = plan.local ? await startWorkload(process.env, replicas) : null
      try {
        if (!local) await scale(replicas, signal)
        const target = new URL(local?.url ?? (await serviceUrl()))
        await warmUp(`${target.origin}/work?ms=${told.get('work-ms') ?? '5'}`, plan.warmUpMs, signal)
        if (signal.aborted) break
        const labels = { cell }
        await measure({
          scenario: plan.scenario,
          script,
          given: told,
          target,
          embedded: local !== null,
          replicas,
          labels,
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
  return finish(folder, plan, signal.aborted)
}

async function begin(given: Given): Promise<{ folder: string; plan: Plan }> {
  const scenario = given.get('scenario') ?? 'constant'
  if (!scenarioNames().includes(scenario))
    throw new Failure(
      'usage',
      `--scenario: "${scenario}" is no scenario; there are ${scenarioNames().join(', ')}`,
    )
  checkCombination(scenario, given)
  const local = given.get('local') === 'true'
  // Told now rather than after a plan has been written.
  if (!local) await currentReplicas()
  const replicas = [...new Set((given.get('replicas') ?? '1,2,4').split(',').map(Number))]
  const seed = Number(given.get('seed') ?? 1)
  const random = generator(seed)
  // A block of each number once, shuffled, repeat after repeat: what drifts over the hours meets all alike.
  const runs = Array.from({ length: Number(given.get('repeat') ?? 3) }, (_, repeat) =>
    shuffle(replicas, random).map((each) => ({ cell: `${each}.${repeat + 1}`, replicas: each })),
  ).flat()
  const forRuns = runFlags.flatMap(({ name }) => {
    const value = given.get(name)
    return value === undefined || taken.includes(name) || name === 'out' ? [] : [[name, value] as const]
  })
  const plan: Plan = {
    schema: 1,
    scenario,
    local,
    seed,
    warmUpMs: milliseconds(given.get('warm-up') ?? '3s'),
    coolDownMs: milliseconds(given.get('cool-down') ?? '1s'),
    runs,
    flags: Object.fromEntries(forRuns),
  }
  const { filling } = await resultFolder(userPath(given.get('out') ?? 'results'), 'sweep', new Date())
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

async function finish(folder: string, plan: Plan, interrupted: boolean): Promise<number> {
  const done = await finished(folder)
  const sources = plan.runs
    .flatMap(({ cell, replicas }) => (done.has(cell) ? [{ replicas, source: done.get(cell) as Source }] : []))
    .sort((a, b) => a.replicas - b.replicas)
    .map(({ source }) => source)
  const complete = sources.length === plan.runs.length
  // With its dot it is one to go on with.
  const whole = path.join(path.dirname(folder), path.basename(folder).replace(/^\./, ''))
  if (complete && whole !== folder) await rename(folder, whole)
  const at = complete ? whole : folder
  let code: number = exitCodes.interrupted
  if (sources.length > 0) {
    await mkdir(at, { recursive: true })
    code = await writeAndPrint(statistics(sources), path.join(at, 'report'))
  }
  if (!interrupted && complete) return code
  say(
    `${sources.length} of ${plan.runs.length} runs are done; go on with: npm run sweep -- --resume ${path.relative(process.env.INIT_CWD ?? process.cwd(), folder)}`,
  )
  return exitCodes.interrupted
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

/** Numbers in [0, 1) that a seed gives on every machine. */
function generator(seed: number): () => number {
  let drawn = 0
  return () => createHash('sha256').update(`${seed} ${drawn++}`).digest().readUInt32BE() / 2 ** 32
}

const minutes = (ms: number) =>
  ms < 90_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`
