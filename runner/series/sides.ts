import type { Source } from '../../analysis/formats/read.ts'
import { type RunStatistics, runStatistics } from '../../analysis/run/statistics.ts'
import { namedDeployment } from '../load/target.ts'
import { Failure } from '../shell/exit.ts'
import type { Written } from '../shell/flags.ts'
import type { Shell } from '../shell/shell.ts'
import { variableNow } from '../targets/deployment.ts'
import { checkUrl } from '../targets/url.ts'
import { deploymentWritten, type Plan } from './plan.ts'

/** A side of a comparison as a plan keeps it: image=NAME for the deployment of the kube context, or a URL, checked. */
export async function sideOf(
  text: string | undefined,
  { flag, allowPublic }: { readonly flag: string; readonly allowPublic: boolean },
): Promise<string | null> {
  if (!text) return null
  if (text.startsWith('image=')) return text
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
  }: { readonly options: Parameters<typeof namedDeployment>[0]; readonly written: Written },
): Promise<{ readonly deployment: Written; readonly before: NonNullable<Plan['before']> }> {
  const before = await variableNow(shell, namedDeployment(options))
  return { deployment: deploymentWritten(written), before }
}

export const sideRuns = (sources: readonly Source[], side: 'a' | 'b'): RunStatistics[] =>
  sources.filter(({ run }) => run?.labels.side === side).map(runStatistics)
