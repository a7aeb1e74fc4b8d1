import type { Source } from '../../analysis/formats/read.ts'
import { type RunStatistics, runStatistics } from '../../analysis/run/statistics.ts'
import { Failure } from '../shell/exit.ts'
import type { Shell } from '../shell/shell.ts'
import { currentImage } from '../targets/deployment.ts'
import { checkUrl } from '../targets/url.ts'

/** A side of a comparison as a plan keeps it: image=NAME for the deployment of the kube context, or a URL, checked. */
export async function sideOf(
  shell: Shell,
  text: string | undefined,
  { flag, allowPublic }: { readonly flag: string; readonly allowPublic: boolean },
): Promise<string | null> {
  if (!text) return null
  if (text.startsWith('image=')) {
    await currentImage(shell)
    return text
  }
  const url = await checkUrl(text, { allowPublic, flag })
  if (url.username || url.password)
    throw new Failure('usage', `${flag}: user and password would be kept with the plan; leave them out`)
  return url.href
}

export const sideRuns = (sources: readonly Source[], side: 'a' | 'b'): RunStatistics[] =>
  sources.filter(({ run }) => run?.labels.side === side).map(runStatistics)
