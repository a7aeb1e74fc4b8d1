import { existsSync } from 'node:fs'
import path from 'node:path'
import { shuffle } from 'simple-statistics'
import { z } from 'zod'
import { readText } from '../../analysis/formats/file.ts'
import { readJson } from '../../analysis/formats/json.ts'
import { number } from '../../analysis/formats/words.ts'
import { randomFrom } from '../../analysis/numbers/random.ts'
import { fewestRuns } from '../../analysis/numbers/repeated.ts'
import type { outFlag } from '../load/options.ts'
import { isFile, type Script, scriptNamed, scriptOf, shortName } from '../load/script.ts'
import { resultFolder, writeAtomically } from '../results/folder.ts'
import { clearJunit, type junitFlag } from '../results/junit.ts'
import { Failure } from '../shell/exit.ts'
import type { OptionsOf, Written } from '../shell/flags.ts'
import { type Shell, userPath } from '../shell/shell.ts'
import { checkPlace, type resumeFlag, type seriesFlags } from './options.ts'
import { hasher, newSalt, withoutSecrets, withSecrets } from './withheld.ts'

/** What `sweep.json` holds: enough to resume the series. */
export const Plan = z.object({
  schema: z.literal(1),
  kind: z.enum(['sweep', 'ab', 'nightly', 'noise', 'breakpoint']),
  local: z.boolean().describe('whether the plain target is the workload started here'),
  sides: z
    .object({ a: z.string().nullable(), b: z.string().nullable() })
    .describe(
      'what baseline and candidate are: a URL, image=NAME on the cluster, or null for the plain target',
    ),
  deployment: z
    .record(z.string(), z.string())
    .optional()
    .describe('the flags that name the deployment; absent for the bundled workload’s'),
  generators: z
    .record(z.string(), z.string())
    .optional()
    .describe('the flags of generators in the cluster: on, generator-image, generator-cpu, generator-memory'),
  before: z
    .object({
      replicas: z.number(),
      image: z.string(),
      resources: z
        .record(z.string(), z.unknown())
        .optional()
        .describe('of the container; absent where limits are not varied'),
      env: z
        .record(z.string(), z.record(z.string(), z.unknown()).nullable())
        .optional()
        .describe('the variables of the container that are varied; null for one that it did not have'),
      autoscalers: z
        .array(
          z.object({
            kind: z.literal('vpa').optional(),
            name: z.string(),
            spec: z.record(z.string(), z.unknown()),
          }),
        )
        .optional()
        .describe('suspended during the series'),
    })
    .optional()
    .describe('what the deployment ran before the series, to be restored at its end'),
  duet: z.boolean().optional().describe('whether both sides are loaded at the same moment'),
  search: z
    .object({ precision: z.number().describe('0.05: 5 %') })
    .optional()
    .describe('each run is a search for the highest arrival rate; absent where it is one load'),
  minutes: z.number().nullable().describe('after which no further repeat begins'),
  looks: z
    .number()
    .default(1)
    .describe('how many times the runs are looked at, each time to end the series if it is decided'),
  seed: z.number(),
  scripts: z
    .record(z.string(), z.string())
    .optional()
    .describe('the sha256 of each script of somebody’s own, by its file'),
  salt: z.string().optional().describe('of the hashes of what is withheld'),
  warmUpMs: z.number(),
  coolDownMs: z.number(),
  runs: z
    .array(
      z.object({
        cell: z.string().describe('what is run, and the repeat number'),
        repeat: z.number(),
        scenario: z.string().describe('a built-in one, or the file of a script'),
        side: z.enum(['a', 'b']).nullable(),
        replicas: z.number().nullable(),
        factors: z
          .record(z.string(), z.string())
          .optional()
          .describe('what else is varied: cpu, memory, image, env.NAME'),
        flags: z.record(z.string(), z.string()).describe('of the load, as on the command line'),
        withheld: z
          .record(z.string(), z.string())
          .optional()
          .describe('hashes of flags that can hold a secret: to resume, they are given again'),
      }),
    )
    .describe('in the order in which they are run'),
})
export type Plan = z.infer<typeof Plan>
export type PlannedRun = Plan['runs'][number]

/** One combination of what varies; the plan repeats each. */
export type Cell = Omit<PlannedRun, 'cell' | 'repeat'> & { readonly name: string }

/** A series with its folder; the folder's name begins with a dot until every run is there. */
export type Series = {
  readonly folder: string
  readonly plan: Plan
  /** Whether this command made it. */
  readonly begun?: boolean
}

/** Weeks of the shortest runs; a plan of millions would not fit into the memory. */
const mostRuns = 100_000

/** Every repeat runs each cell once, in shuffled order: what drifts over the hours meets all cells alike. */
export function planOf(
  kind: Plan['kind'],
  cells: readonly Cell[],
  {
    repeats,
    untilDecided = false,
    ...rest
  }: Pick<
    Plan,
    | 'local'
    | 'sides'
    | 'deployment'
    | 'generators'
    | 'before'
    | 'duet'
    | 'search'
    | 'minutes'
    | 'seed'
    | 'warmUpMs'
    | 'coolDownMs'
  > & {
    readonly repeats: number
    readonly untilDecided?: boolean
  },
): Plan {
  if (cells.length * repeats > mostRuns)
    throw new Failure(
      'usage',
      `${number(repeats)} repeats make ${number(cells.length * repeats)} runs, and a series has at most ${number(mostRuns)}`,
    )
  if (cells.some(({ flags }) => flags.generators === 'auto'))
    throw new Failure(
      'usage',
      '--generators auto is for run, and says how many; the runs of a series need the same: give a number',
    )
  const random = randomFrom(rest.seed)
  const runs = Array.from({ length: repeats }, (_, index) =>
    shuffle([...cells], random).map(({ name, ...cell }) => ({
      cell: `${name}.${index + 1}`,
      repeat: index + 1,
      ...cell,
    })),
  ).flat()
  const looks = untilDecided ? Math.max(1, repeats - fewestRuns + 1) : 1
  return { schema: 1, kind, ...rest, looks, runs }
}

const planFile = (folder: string): string => path.join(folder, 'sweep.json')

/** Puts a plan into a new folder below `out`, hidden until the series is complete. */
export async function beginSeries(plan: Plan, out: string): Promise<Series> {
  const salt = newSalt()
  const hash = hasher(salt)
  const runs = plan.runs.map((run) => ({ ...run, ...withoutSecrets(run.flags, hash) }))
  const scripts: Record<string, string> = {}
  for (const file of new Set(runs.map(({ scenario }) => scenario).filter(isFile)))
    scripts[file] = (await scriptOf(file)).own?.sha256 ?? ''
  const kept = {
    ...plan,
    ...(Object.keys(scripts).length > 0 && { scripts }),
    ...(runs.some(({ withheld }) => withheld) && { salt, runs }),
  }
  const { filling } = await resultFolder(out, plan.kind, new Date())
  await writeAtomically(planFile(filling), `${JSON.stringify(kept, null, 2)}\n`, 0o600)
  return { folder: filling, plan, begun: true }
}

/**
 * A series of that kind, to be resumed. Its file is only a file: whoever runs it checks it like a command line.
 * @param flagsOf the flags of a run as they are given now, for those that the file does not hold
 */
export async function resumeSeries(
  folder: string,
  kind: Plan['kind'],
  flagsOf: (run: PlannedRun) => Written,
): Promise<Series> {
  if (!existsSync(planFile(folder))) throw new Failure('usage', `${folder}: cannot resume: no sweep.json`)
  const text = readText(planFile(folder))
  const reading = text.kind === 'ok' ? readJson(text.value, Plan, 'a plan') : text
  if (reading.kind !== 'ok')
    throw new Failure('usage', `${planFile(folder)}: cannot resume: ${reading.reason}`)
  const { salt = '', ...plan } = reading.value
  if (plan.kind !== kind)
    throw new Failure('usage', `${folder}: cannot resume: this is a series of ${plan.kind}, not of ${kind}`)
  const hash = hasher(salt)
  const runs = plan.runs.map(({ withheld, ...run }) => ({
    ...run,
    flags: withSecrets({ flags: run.flags, withheld }, withheld ? flagsOf(run) : {}, hash),
  }))
  return { folder, plan: { ...plan, runs } }
}

/** A resumed series with another patience, which nothing that is measured depends on. */
export const withPatience = ({ plan, ...series }: Series, { patience }: Written): Series =>
  patience === undefined
    ? { ...series, plan }
    : { ...series, plan: { ...plan, deployment: { ...plan.deployment, patience } } }

type SeriesOptions = Partial<
  OptionsOf<typeof seriesFlags & typeof resumeFlag & typeof junitFlag & typeof outFlag>
>

/** The series that --resume names, or else the one that `begin` describes, in a new folder. */
export async function openSeries(
  shell: Pick<Shell, 'cwd'>,
  kind: Plan['kind'],
  { options, written }: { readonly options: SeriesOptions; readonly written: Written },
  begin: () => Promise<
    Pick<Plan, 'local' | 'sides' | 'deployment' | 'generators' | 'before' | 'duet' | 'search'> & {
      readonly cells: readonly Cell[]
      readonly repeats: number
      readonly untilDecided?: boolean
    }
  >,
): Promise<Series> {
  const { resume, out = 'results', seed = 1, warmUp = 3000, coolDown = 1000 } = options
  await clearJunit(shell, options.junit)
  if (resume) return withPatience(await resumeSeries(userPath(shell, resume), kind, () => written), written)
  const { cells: described, ...settings } = await begin()
  checkPlace(settings.local, written)
  const cells = described.map((cell) => ({ ...cell, scenario: scriptNamed(shell, cell.scenario) }))
  const times = { minutes: null, seed, warmUpMs: warmUp, coolDownMs: coolDown }
  return beginSeries(planOf(kind, cells, { ...settings, ...times }), userPath(shell, out))
}

/** Every script that the plan needs, bundled once: an edit meanwhile must not change what is measured. */
export async function scriptsOf(
  { scripts }: Pick<Plan, 'scripts'>,
  runs: readonly PlannedRun[],
): Promise<ReadonlyMap<string, Script>> {
  const names = [...new Set(runs.map(({ scenario }) => scenario))]
  const found = new Map(await Promise.all(names.map(async (name) => [name, await scriptOf(name)] as const)))
  for (const [name, { own }] of found)
    if (own && scripts?.[name] !== undefined && scripts[name] !== own.sha256)
      throw new Failure('usage', `cannot resume: ${path.basename(name)} has changed since the series began`)
  return found
}

/** `constant of A, 4 replicas` */
export const cellWords = ({ scenario, side, replicas, factors = {} }: PlannedRun): string =>
  [
    side ? `${shortName(scenario)} of ${side.toUpperCase()}` : shortName(scenario),
    ...(replicas === null ? [] : [`${replicas} replica${replicas === 1 ? '' : 's'}`]),
    ...Object.entries(factors).map(([name, level]) => `${name}=${level}`),
  ].join(', ')
