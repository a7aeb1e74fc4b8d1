import { existsSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { parseFigures, type TaggedFigure } from '../../analysis/formats/figure.ts'
import { readText } from '../../analysis/formats/file.ts'
import { readJson } from '../../analysis/formats/json.ts'
import type { Noise } from '../../analysis/runs/noise.ts'
import { Statistics } from '../../analysis/runs/statistics.ts'
import { checkLoad, loadFlags } from '../load/options.ts'
import { scriptNamed, shortName } from '../load/script.ts'
import { Failure } from '../shell/exit.ts'
import { optionsFrom, type Written } from '../shell/flags.ts'
import type { Cell } from './plan.ts'

/** What `nightly.json` may say. */
export const NightlyPlan = z.strictObject({
  $schema: z.string().optional(),
  minutes: z.number().positive().default(60).describe('no repeat begins that would not end within them'),
  repeats: z
    .number()
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe(
      'runs of each entry a night (5, or what `noise` recommends): the night is their median, and a comparison needs at least five a side',
    ),
  noise: z
    .string()
    .optional()
    .describe(
      'the folder of a noise series, from here: its recommended repeats and duration, where the plan or an entry gives none',
    ),
  effect: z.number().positive().max(1).default(0.05).describe('the least change that matters, as a share'),
  figures: z
    .string()
    .optional()
    .describe(
      'figures kept and compared beside those of the whole run, such as p50{name:checkout},rate{check:paid}; default: the p95 of each request name; none for none',
    ),
  unitsPerMs: z
    .number()
    .positive()
    .optional()
    .describe('pins the work of a request on a workload started here, so that all nights do the same work'),
  runs: z
    .array(
      z.strictObject({
        scenario: z.string().describe('constant, arrival, ramp …, or the file of a k6 script, from here'),
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
    .describe('what to run; each entry becomes its own series'),
})
type NightlyPlan = Omit<z.infer<typeof NightlyPlan>, 'figures'> & {
  readonly repeats: number
  readonly figures: readonly TaggedFigure[] | null
}

export async function readNightlyPlan(file: string): Promise<NightlyPlan> {
  if (!existsSync(file))
    throw new Failure(
      'usage',
      `${file}: no such plan; --plan names one, and nightly.json of load-and-stress is an example`,
    )
  const text = readText(file)
  const reading = text.kind === 'ok' ? readJson(text.value, NightlyPlan, 'a plan') : text
  if (reading.kind === 'unreadable') throw new Failure('usage', `${file}: ${reading.reason}`)
  const plan = reading.value
  const found =
    plan.noise === undefined ? null : await recommended(path.resolve(path.dirname(file), plan.noise))
  return {
    ...plan,
    figures: figuresOf(plan.figures, file),
    repeats: plan.repeats ?? found?.repeats ?? 5,
    runs: plan.runs.map(({ flags, scenario, ...run }, index) => ({
      ...run,
      scenario: ofEntry(index, () => scriptNamed({ cwd: path.dirname(file) }, scenario)),
      flags: { ...(found && { duration: `${found.durationMs}ms` }), ...flags },
    })),
  }
}

function figuresOf(text: string | undefined, file: string): NightlyPlan['figures'] {
  const figures = text === undefined ? null : parseFigures(text)
  if (typeof figures === 'string') throw new Failure('usage', `${file}: "figures": ${figures}`)
  return figures
}

/** What a noise series recommends. */
async function recommended(folder: string): Promise<NonNullable<Noise['recommended']>> {
  const file = path.join(folder, 'report', 'statistics.json')
  if (!existsSync(file))
    throw new Failure(
      'usage',
      `${file}: no such file; "noise" in the plan names the folder of a noise series`,
    )
  const text = readText(file)
  const schema = Statistics.pick({ noise: true })
  const reading = text.kind === 'ok' ? readJson(text.value, schema, 'the statistics of a noise series') : text
  if (reading.kind === 'unreadable') throw new Failure('usage', `${file}: ${reading.reason}`)
  const found = reading.value.noise?.recommended
  if (!found) throw new Failure('usage', `${file}: recommends no number of repeats; give repeats in the plan`)
  return found
}

/** The cells of a plan: its entries by replicas and side. */
export function nightlyCells({ runs }: NightlyPlan, sides: readonly Cell['side'][]): Cell[] {
  const cells = runs.flatMap(({ scenario, replicas, flags: settings }, index) => {
    const flags = checkedFlags(scenario, settings, index)
    const levels = replicas.length > 0 ? replicas : [null]
    return levels.flatMap((level) =>
      sides.map((side) => ({
        name: [index + 1, shortName(scenario), level ?? '', side ?? '']
          .filter((part) => part !== '')
          .join('-'),
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
  if (sides.includes('a') && twice)
    throw new Failure(
      'usage',
      `the plan has ${shortName(twice.scenario)} twice, and --baseline compares by scenario; leave one out`,
    )
  return cells
}

/** The flags of the entry that a planned run is of; none where the plan no longer has it. */
export function entryFlags({ runs }: NightlyPlan, cell: string): Written {
  const index = Number.parseInt(cell, 10) - 1
  const entry = runs[index]
  return entry ? checkedFlags(entry.scenario, entry.flags, index) : {}
}

const { label: _, ...flagsOfEntry } = loadFlags

/** The flags of an entry, by the same checks as on the command line. */
function checkedFlags(
  scenario: string,
  settings: NightlyPlan['runs'][number]['flags'],
  index: number,
): Written {
  const flags = Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => (value === false ? [] : [[name, String(value)]])),
  )
  return ofEntry(index, () => {
    const options = optionsFrom(flagsOfEntry, flags)
    checkLoad(scenario, { ...options, label: undefined })
    return flags
  })
}

/** Names the entry of the plan in a Failure. */
function ofEntry<Result>(index: number, check: () => Result): Result {
  try {
    return check()
  } catch (error) {
    if (error instanceof Failure)
      throw new Failure('usage', `the plan’s entry ${index + 1}: ${error.message}`)
    throw error
  }
}
