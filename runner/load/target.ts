import { Failure } from '../shell/exit.ts'
import type { Shell } from '../shell/shell.ts'
import type { Target } from '../targets/target.ts'
import type { RunOptions } from './options.ts'

type TargetOptions = Pick<RunOptions, 'url' | 'cluster' | 'allowPublic'> & {
  readonly path?: string | undefined
}

/**
 * The target that the options name: a URL, the workload on the cluster, else the workload started here.
 * @param unitsPerMs pins the work of a request on the workload started here
 */
export async function openTarget(
  shell: Shell,
  { url, cluster, allowPublic, path }: TargetOptions,
  { autoscaled = false, unitsPerMs }: { autoscaled?: boolean; unitsPerMs?: number | undefined } = {},
): Promise<Target> {
  if (cluster) {
    if (url) throw new Failure('usage', '--cluster finds the URL itself; leave --url and BASE_URL out')
    if (path) throw new Failure('usage', '--cluster is for the bundled workload; give --url for another path')
    const { deploymentTarget, needAutoscaler } = await import('../targets/deployment.ts')
    if (autoscaled) await needAutoscaler(shell)
    return deploymentTarget(shell)
  }
  if (url) return (await import('../targets/url.ts')).urlTarget(shell, url, { allowPublic, flag: '--url' })
  return (await import('../targets/embedded.ts')).embeddedTarget(shell, { unitsPerMs })
}
