import type { Named } from '../cluster/deployed.ts'
import { Failure } from '../shell/exit.ts'
import { flagName, type OptionsOf } from '../shell/flags.ts'
import type { Shell } from '../shell/shell.ts'
import type { Target } from '../targets/target.ts'
import { trustOf } from '../targets/trust.ts'
import { deploymentFlags, type RunOptions } from './options.ts'
import type { Script } from './script.ts'

type DeploymentOptions = OptionsOf<typeof deploymentFlags>
type TargetOptions = Pick<RunOptions, 'url' | 'cluster' | 'allowPublic'> &
  Partial<Pick<RunOptions, 'path' | 'insecure' | 'ca'> & DeploymentOptions>

/** What is said of the bundled workload's too. */
const ofAny = ['context', 'patience', 'suspendAutoscaler']

/**
 * The deployment that the options name; without a name that of the bundled workload, in another context perhaps. A
 * Failure for what describes a deployment that nobody named.
 */
export function namedDeployment(options: Partial<DeploymentOptions>): Named | null {
  const { deployment, ...rest } = options
  if (deployment !== undefined) return { ...rest, deployment }
  const lonely = Object.keys(deploymentFlags).find(
    (key) => !ofAny.includes(key) && options[key as keyof DeploymentOptions] !== undefined,
  )
  if (lonely)
    throw new Failure('usage', `--${flagName(lonely)} is about a deployment of yours: add --deployment`)
  const { context, patience, suspendAutoscaler = false } = options
  return context === undefined && patience === undefined && !suspendAutoscaler
    ? null
    : { deployment: '', context, patience, suspendAutoscaler }
}

/** What a built-in scenario needs to load a deployment of one's own. */
export function needPath({
  deployment,
  path,
}: {
  readonly deployment?: string | undefined
  readonly path?: string | undefined
}): void {
  if (deployment !== undefined && path === undefined)
    throw new Failure('usage', '--deployment is a service of your own: add --path, or run a script')
}

/**
 * The target that the options name: a URL, the workload on the cluster, else the workload started here.
 * @param unitsPerMs pins the work of a request on the workload started here
 */
export async function openTarget(
  shell: Shell,
  { url, cluster, allowPublic, path, insecure, ca, ...options }: TargetOptions,
  { autoscaled = false, unitsPerMs }: { autoscaled?: boolean; unitsPerMs?: number | undefined } = {},
): Promise<Target> {
  const named = namedDeployment(options)
  if (cluster || options.deployment !== undefined) {
    const flag = cluster ? '--cluster' : '--deployment'
    if (cluster && options.deployment !== undefined)
      throw new Failure('usage', '--cluster is the bundled workload; leave it out for --deployment')
    if (url) throw new Failure('usage', `${flag} finds the URL itself; leave --url and BASE_URL out`)
    if (cluster && path)
      throw new Failure(
        'usage',
        '--cluster is for the bundled workload; give --deployment or --url for another path',
      )
    const { deploymentTarget, needAutoscaler } = await import('../targets/deployment.ts')
    if (autoscaled) await needAutoscaler(shell, named)
    return deploymentTarget(shell, { named, allowPublic })
  }
  if (named)
    throw new Failure(
      'usage',
      '--context, --patience and --suspend-autoscaler are for a deployment: add --deployment or --cluster',
    )
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
    if (!own) needPath(options)
    if (own && !options.url && !options.cluster && options.deployment === undefined)
      shell.say(`${name} reads BASE_URL: it gets the bundled workload's; --url names another`)
    return openTarget(shell, options, started)
  }
  const [flag] = (['url', 'cluster', 'deployment'] as const).filter((key) => options[key])
  if (flag)
    throw new Failure(
      'usage',
      `--${flag}: ${name} does not read __ENV.BASE_URL, so that would not change whom it asks`,
    )
  return null
}
