import { checkHere } from '../load/generator-limits.ts'
import { loadFlags } from '../load/options.ts'
import { isFile, scenarioOf } from '../load/script.ts'
import { noTargetThere } from '../load/target.ts'
import { deploymentFlags, generatorFlags } from '../load/target-options.ts'
import { duration, positiveInteger } from '../load/values.ts'
import { Failure } from '../shell/exit.ts'
import {
  type Flags,
  flagName,
  grouped,
  option,
  optionsFrom,
  text,
  toggle,
  type Written,
} from '../shell/flags.ts'

export const seriesFlags = grouped('Series', {
  scenario: option(
    'LAS_SCENARIO',
    'name',
    'what to run: a scenario, or a k6 script such as ./checkout.ts (constant)',
    (name): string => (isFile(name) ? name : scenarioOf(name)),
  ),
  seed: option('LAS_SEED', 'n', 'of the order of the runs (1)', positiveInteger),
  warmUp: option('LAS_WARM_UP', 'time', 'load before each run (3s)', duration),
  coolDown: option('LAS_COOL_DOWN', 'time', 'rest after each run (1s)', duration),
})

const writtenOf = (flags: Flags, written: Written): Record<string, string> =>
  Object.fromEntries(
    Object.keys(flags).flatMap((key) => {
      const value = written[flagName(key)]
      return value === undefined ? [] : [[flagName(key), value] as const]
    }),
  )

/** Of the flags of a series those that each run is given. */
export const loadWritten = (written: Written): Written => writtenOf(loadFlags, written)

/** Those that name its deployment, and those of generators in its cluster: what a plan keeps of both. */
export const placeWritten = (
  written: Written,
): { readonly deployment: Record<string, string>; readonly generators?: Record<string, string> } => {
  const generators = writtenOf(generatorFlags, written)
  return {
    deployment: writtenOf(deploymentFlags, written),
    ...(Object.keys(generators).length > 0 && { generators }),
  }
}

/** A Failure for flags of generators in a cluster, where a series loads something else: they would be ignored. */
export function checkPlace(local: boolean, written: Written): void {
  if (!local) return
  const { on, ...of } = optionsFrom(generatorFlags, writtenOf(generatorFlags, written))
  if (on === 'cluster') throw new Failure('usage', noTargetThere)
  checkHere(of)
}

export const repeatFlag = (usual: number, help: string) =>
  grouped('Series', { repeat: option('LAS_REPEAT', 'n', `${help} (${usual})`, positiveInteger) })

function percentage(value: string): number {
  if (!(Number(value) > 0 && Number(value) <= 50))
    throw new Error(`"${value}" is not a percentage above 0, up to 50`)
  return Number(value)
}

/** Of a search for the highest rate. */
export const precisionFlag = (usual: number) =>
  grouped('Load', {
    precision: option(
      'LAS_PRECISION',
      '%',
      `of a search: how close the rates that hold and break come, and how much a queue may grow, at most 2 % (${usual})`,
      percentage,
    ),
  })

export const untilDecidedFlag = grouped('Series', {
  untilDecided: toggle(
    'LAS_UNTIL_DECIDED',
    'look after each repeat from the fifth on, and end when the comparison is decided',
  ),
})

export const resumeFlag = grouped('Series', {
  resume: option(
    'LAS_RESUME',
    'dir',
    'go on with a series that was interrupted or failed; --patience may be given anew',
    text,
  ),
})
