import { appendFile, readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { issueWords } from '../../analysis/formats/json.ts'
import { junit } from '../../analysis/report/history.ts'
import { runStatistics } from '../../analysis/run/statistics.ts'
import { entryVerdicts, nightOf } from '../../analysis/runs/night.ts'
import { comparison, statistics } from '../../analysis/runs/statistics.ts'
import { unknownScenario } from '../k6/bundle.ts'
import { count, labelsOf, runFlags } from '../load/options.ts'
import { writeAtomically } from '../results/folder.ts'
import { exitCodes, Failure } from '../shell/exit.ts'
import { type Flag, type Given, helpText, parseFlags, userPath } from '../shell/flags.ts'
import { gitCommit } from '../shell/host.ts'
import { currentlyDeployed } from '../targets/deployment.ts'
import { addNight, historyFlag, openHistory, readHistory, reportOf, tell } from './history.ts'
import { writeAndPrint } from './report.ts'
import { checkCombination, interruption } from './run.ts'
import {
  type Begun,
  doneOf,
  type Plan,
  planOf,
  readPlan,
  runAll,
  sayHowToGoOn,
  settingsOf,
  sideOf,
  whole,
  write,
} from './sweep.ts'

/** What `nightly.json` may say. */
export const NightlyPlan = z.strictObject({
  $schema: z.string().optional(),
  minutes: z
    .number()
    .positive()
    .default(60)
    .describe('no further repeat is begun that would not end within them'),
  repeats: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(5)
    .describe(
      'runs of each entry a night: the night is their median, and fewer than five a side compare nothing',
    ),
  effect: z.number().positive().max(1).default(0.05).describe('the least change that matters, as a share'),
  unitsPerMs: z
    .number()
    .positive()
    .optional()
    .describe('pins the work of a request on a workload that is started here, so that nights do the same'),
  runs: z
    .array(
      z.strictObject({
        scenario: z.string().describe('constant, arrival, ramp …'),
        replicas: z
          .array(z.number().int().positive())
          .default([])
          .describe('on a cluster, or local: one series for each'),
        flags: z
          .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
          .default({})
          .describe('as on the command line, without the dashes: vus, rate, duration, slo, work-ms, path …'),
      }),
    )
    .min(1)
    .describe('what is run; each becomes series of its own'),
})
type NightlyPlan = z.infer<typeof NightlyPlan>

const flags: Flag[] = [
  { name: 'plan', env: 'PLAN', value: 'FILE', help: 'what is run (nightly.json)' },
  { name: 'url', env: 'BASE_URL', value: 'URL', help: 'the target' },
  {
    name: 'cluster',
    env: 'CLUSTER',
    help: 'the workload on the current kube context, scaled as the plan says',
  },
  { name: 'local', env: 'LOCAL', help: 'the workload, started here (so unless told otherwise)' },
  {
    name: 'baseline',
    env: 'BASELINE',
    value: 'URL',
    help: 'run in turns with the target; on a cluster image=NAME, the last release',
  },
  historyFlag,
  { name: 'minutes', env: 'MINUTES', value: 'N', help: 'the budget, instead of the plan’s', check: count },
  ...runFlags.filter(({ name }) => ['label', 'allow-public', 'out'].includes(name)),
  { name: 'resume', env: 'RESUME', value: 'DIR', help: 'goes on with an interrupted night' },
]

const help = helpText(
  'npm run nightly [-- FLAGS]\n\nRuns a plan, adds the night to the history, and says what has changed for good.',
  flags,
  `Writes results/<night>/: the runs, report/, history/ with every figure over the nights, junit.xml. In GitHub Actions
the summary of the job is written too. Exit codes: 0 all well, 1 a figure has got worse, the night is worse than its
baseline, or an SLO was missed in most runs, 2 usage, 3 most runs of an entry are invalid, 4 environment, 130 interrupted.

  npm run nightly
  npm run nightly -- --cluster --baseline image=load-and-stress:1.4 --label branch=main
  npm run nightly -- --url http://10.0.0.7:8080 --history /mnt/history`,
)

/** `npm run nightly`: see its help. Returns the exit code. */
export async function nightly(args: string[]): Promise<number> {
  const given = parseFlags(flags, args, process.env)
  if (given.help) {
    process.stdout.write(help)
    return exitCodes.pass
  }
  const told = await readNightly(userPath(given.get('plan') ?? 'nightly.json'))
  const folder = userPath(given.get('history') ?? 'history')
  // A history that cannot be read or written is told of before an hour of load, not after.
  await openHistory(folder)
  await readHistory(folder)
  if (told.unitsPerMs) process.env.WORK_UNITS_PER_MS = String(told.unitsPerMs)
  const startedAt = new Date()
  const resumed = given.get('resume')
  const begun = resumed ? await readPlan(userPath(resumed)) : await begin(given, told)
  const shell = interruption()
  await runAll(begun, shell)
  const { sources, complete } = await doneOf(begun)
  if (shell.signal.aborted) {
    sayHowToGoOn(begun, sources.length)
    return exitCodes.interrupted
  }
  if (sources.length === 0) throw new Failure('invalid', 'no run was made; the night is not in the history')
  const at = await whole(begun.folder)
  const runs = sources.map(runStatistics)
  const candidate = runs.filter(({ run }) => run?.labels.side !== 'a')
  const baseline = runs.filter(({ run }) => run?.labels.side === 'a')
  const labels = labelsOf(given)
  const remarks = complete
    ? []
    : [
        `${sources.length} of ${begun.plan.runs.length} planned runs were made: the ${begun.plan.minutes} minutes held no more.`,
      ]
  const judged =
    baseline.length > 0 ? comparison(baseline, candidate, { effect: told.effect }) : statistics(sources)
  await writeAndPrint(judged, path.join(at, 'report'))
  await addNight(
    folder,
    nightOf(candidate, {
      id: path.basename(at),
      startedAt: startedAt.toISOString(),
      // Of what is tested, which is not always where the command is started.
      commit: labels.commit ?? (await gitCommit(shell)),
      labels,
      planned: begun.plan.runs.filter(({ side }) => side !== 'a').length,
    }),
  )
  const entries = entryVerdicts(candidate)
  const report = reportOf(
    await readHistory(folder),
    [...remarks, ...entries.flatMap(({ name, failure }) => (failure ? [`${name}: ${failure}.`] : []))],
    judged.comparison,
  )
  const files = await tell(report, path.join(at, 'history'))
  await writeAtomically(path.join(at, 'junit.xml'), junit(report, entries))
  if (process.env.GITHUB_STEP_SUMMARY)
    await appendFile(process.env.GITHUB_STEP_SUMMARY, withoutPictures(files.get('report.md') ?? ''))
  if (entries.some(({ kind }) => kind === 'invalid')) return exitCodes.invalid
  const worse = report.alarms.length > 0 || judged.comparison?.judgement === 'worse'
  return exitCodes[worse || entries.some(({ kind }) => kind === 'fail') ? 'fail' : 'pass']
}

const withoutPictures = (markdown: string): string => markdown.replace(/^!\[.*\n+/gm, '')

async function readNightly(file: string): Promise<NightlyPlan> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Failure(
      'usage',
      `${file}: no plan there; --plan names one, and nightly.json of this project is an example`,
    )
  })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new Failure('usage', `${file}: not JSON (${(error as Error).message})`)
  }
  const parsed = NightlyPlan.safeParse(json)
  if (parsed.success) return parsed.data
  throw new Failure('usage', `${file}: ${issueWords(parsed.error)}`)
}

async function begin(given: Given, told: NightlyPlan): Promise<Begun> {
  const [onCluster, url] = [given.get('cluster') === 'true', given.get('url')]
  if ([onCluster, Boolean(url), given.get('local') === 'true'].filter(Boolean).length > 1)
    throw new Failure('usage', '--url, --cluster and --local each name a target; give one of them')
  const allowPublic = given.get('allow-public') === 'true'
  const [a, b] = [
    await sideOf('baseline', given.get('baseline'), allowPublic),
    await sideOf('url', url, allowPublic),
  ]
  if (a?.startsWith('image=') && !onCluster) throw new Failure('usage', '--baseline image=… needs --cluster')
  const sides: Plan['runs'][number]['side'][] = a ? ['a', 'b'] : b ? ['b'] : [null]
  const cells = told.runs.flatMap(({ scenario, replicas, flags: settings }, index) => {
    const flags = checked(scenario, settings, index)
    const levels = replicas.length > 0 ? replicas : [null]
    return levels.flatMap((level) =>
      sides.map((side) => ({
        name: [index + 1, scenario, level ?? '', side ?? ''].filter((part) => part !== '').join('-'),
        scenario,
        replicas: level,
        side,
        flags,
      })),
    )
  })
  const twice = cells.find(({ scenario, replicas, side }, index) =>
    cells
      .slice(0, index)
      .some((other) => other.scenario === scenario && other.replicas === replicas && other.side === side),
  )
  if (a && twice)
    throw new Failure(
      'usage',
      `the plan has ${twice.scenario} twice, and --baseline compares by scenario; leave one out`,
    )
  if (url && cells.some(({ replicas }) => replicas !== null))
    throw new Failure(
      'usage',
      'the plan sets replicas, which only --cluster and --local can; leave them out for --url',
    )
  const plan = planOf('nightly', !onCluster, cells, {
    repeats: told.repeats,
    // Another order every night.
    seed: Math.floor(Date.now() / 86_400_000),
    warmUpMs: 2000,
    coolDownMs: 1000,
  })
  const current = a?.startsWith('image=') ? `image=${(await currentlyDeployed()).image}` : null
  return write(
    { ...plan, sides: { a, b: b ?? current }, minutes: Number(given.get('minutes') ?? told.minutes) },
    given,
  )
}

/** The flags of an entry, by the same checks as on the command line. */
function checked(
  scenario: string,
  settings: NightlyPlan['runs'][number]['flags'],
  index: number,
): Record<string, string> {
  const where = `the plan’s entry ${index + 1}`
  const taken = ['url', 'cluster', 'allow-public', 'out', 'label']
  const known = runFlags.filter(({ name }) => !taken.includes(name))
  try {
    const unknown = unknownScenario(scenario)
    if (unknown) throw new Failure('usage', unknown)
    const args = Object.entries(settings).flatMap(([name, value]) =>
      value === true ? [`--${name}`] : value === false ? [] : [`--${name}=${value}`],
    )
    const given = parseFlags(known, args, {})
    checkCombination(scenario, given)
    return settingsOf(given)
  } catch (error) {
    if (error instanceof Failure) throw new Failure('usage', `${where}: ${error.message}`)
    throw error
  }
}
