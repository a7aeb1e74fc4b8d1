import { Failure } from '../shell/exit.ts'
import type { Shell } from '../shell/shell.ts'
import type { Target } from '../targets/target.ts'
import { trustOf } from '../targets/trust.ts'
import type { RunOptions } from './options.ts'
import type { Script } from './script.ts'

type TargetOptions = Pick<RunOptions, 'url' | 'cluster' | 'allowPublic'> &
  Partial<Pick<RunOptions, 'path' | 'insecure' | 'ca'>>

/**
 * The target that the options name: a URL, the workload on the cluster, else the workload started here.
 * @param unitsPerMs pins the work of a request on the workload started here
 */
export async function openTarget(
  shell: Shell,
  { url, cluster, allowPublic, path, insecure, ca }: TargetOptions,
  { autoscaled = false, unitsPerMs }: { autoscaled?: boolean; unitsPerMs?: number | undefined } = {},
): Promise<Target> {
  if (cluster) {
    if (url) throw new Failure('usage', '--cluster finds the URL itself; leave --url and BASE_URL out')
    if (path) throw new Failure('usage', '--cluster is for the bundled workload; give --url for another path')
    const { deploymentTarget, needAutoscaler } = await import('../targets/deployment.ts')
    if (autoscaled) await needAutoscaler(shell)
    return deploymentTarget(shell)
  }
  if (url) {
    const { urlTarget } = await import('../targets/url.ts')
    return urlTarget(url, { allowPublic, flag: '--url', trust: trustOf(shell, { insecure, ca }) })
  }
  return (await import('../targets/embedded.ts')).embeddedTarget(shell, { unitsPerMs })
}

/** The target of somebody's own script; null for one that names its hosts itself. */
export async function openFor(
  shell: Shell,
  { name, own }: Script,
  options: TargetOptions,
  started: { readonly unitsPerMs?: number | undefined } = {},
): Promise<Target | null> {
  if (!own || own.readsBase) {
    if (own && !options.url && !options.cluster)
      shell.say(`${name} reads BASE_URL: it gets the bundled workload's; --url names another`)
    return openTarget(shell, options, started)
  }
  if (options.url || options.cluster)
    throw new Failure(
      'usage',
      `${options.url ? '--url' : '--cluster'}: ${name} does not read __ENV.BASE_URL, so that would not change whom it asks`,
    )
  return null
}
