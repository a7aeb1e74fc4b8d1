import type { Source } from '../../analysis/formats/read.ts'
import { type RunStatistics, runStatistics } from '../../analysis/run/statistics.ts'
import { namedDeployment } from '../load/target.ts'
import { Failure } from '../shell/exit.ts'
import type { Written } from '../shell/flags.ts'
import type { Shell } from '../shell/shell.ts'
import { variableNow } from '../targets/deployment.ts'
import type { Levels } from '../targets/target.ts'
import { checkUrl } from '../targets/url.ts'
import { isLevels, levelsOf, sideLevels } from './factors.ts'
import { placeWritten } from './options.ts'
import type { Plan } from './plan.ts'

/** A side of a comparison as a plan keeps it: levels of factors of a deployment, such as image=NAME, or a URL, checked. */
export async function sideOf(
  text: string | undefined,
  { flag, allowPublic }: { readonly flag: string; readonly allowPublic: boolean },
): Promise<string | null> {
  if (!text) return null
  if (isLevels(text)) {
    levelsOf(sideLevels(text), flag)
    return text
  }
  const url = await checkUrl(text, { allowPublic, flag })
  if (url.username || url.password)
    throw new Failure('usage', `${flag}: user and password would be kept with the plan; leave them out`)
  return url.href
}

/** What a plan keeps of the deployment that its series varies, after a look at it; a Failure where it cannot be varied. */
export async function variedDeployment(
  shell: Shell,
  {
    options,
    written,
    levels,
  }: {
    readonly options: Parameters<typeof namedDeployment>[0]
    readonly written: Written
    /** Any of what will be varied; default: replicas and image. */
    readonly levels?: Levels
  },
): Promise<Pick<Plan, 'deployment' | 'generators'> & { readonly before: NonNullable<Plan['before']> }> {
  const before = await variableNow(shell, namedDeployment(options), levels)
  return { ...placeWritten(written), before }
}

/** The side that a deployment is now, by the factors of the other one; what it has not, or not as a text, stays as it is. */
export function levelsNow(
  before: NonNullable<Plan['before']>,
  other: Readonly<Record<string, string>>,
): string | null {
  const { replicas, image, resources, env } = before
  const { limits } = (resources ?? {}) as { readonly limits?: Readonly<Record<string, string>> }
  const now: Readonly<Record<string, unknown>> = {
    replicas,
    image,
    ...limits,
    ...Object.fromEntries(Object.entries(env ?? {}).map(([name, entry]) => [`env.${name}`, entry?.value])),
  }
  const known = Object.keys(other).filter((name) => now[name] !== undefined)
  return known.length > 0 ? known.map((name) => `${name}=${now[name]}`).join(',') : null
}

export const sideRuns = (sources: readonly Source[], side: 'a' | 'b'): RunStatistics[] =>
  sources.filter(({ run }) => run?.labels.side === side).map(runStatistics)
