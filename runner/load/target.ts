import type { Named } from '../cluster/deployed.ts'
import { Failure } from '../shell/exit.ts'
import { flagName, type OptionsOf } from '../shell/flags.ts'
import type { Shell } from '../shell/shell.ts'
import type { Target } from '../targets/target.ts'
import { trustOf } from '../targets/trust.ts'
import type { RunOptions } from './options.ts'
import type { Script } from './script.ts'
import { deploymentFlags } from './target-options.ts'

type DeploymentOptions = OptionsOf<typeof deploymentFlags>
type TargetOptions = Pick<RunOptions, 'url' | 'cluster' | 'allowPublic'> &
  Partial<Pick<RunOptions, 'path' | 'insecure' | 'ca' | 'on'> & DeploymentOptions>

type Opening = { readonly unitsPerMs?: number | undefined; readonly patient?: boolean }

/** What is said of the bundled workload's too. */
const ofAny = ['namespace', 'context', 'address', 'patience', 'suspendAutoscaler', 'observe', 'observeQuery']

/**
 * The deployment that the options name; without a name that of the bundled workload, in another place perhaps. A
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
  const { namespace, context, address, patience, suspendAutoscaler = false, observe, observeQuery } = options
  const where = { namespace, context, address, patience, observe, observeQuery }
  return Object.values(where).every((each) => each === undefined) && !suspendAutoscaler
    ? null
    : { deployment: '', ...where, suspendAutoscaler }
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
 * @param patient for a series: waits for an API server that does not answer for a while
 */
export async function openTarget(
  shell: Shell,
  { url, cluster, allowPublic, path, insecure, ca, on, ...options }: TargetOptions,
  { autoscaled = false, unitsPerMs, patient = false }: Opening & { readonly autoscaled?: boolean } = {},
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
    return deploymentTarget(shell, {
      named,
      allowPublic,
      patient,
      on: placeOf(on),
    })
  }
  if (on === 'cluster') throw new Failure('usage', noTargetThere)
  if (named)
    throw new Failure(
      'usage',
      '--namespace, --context, --address, --patience, --suspend-autoscaler and --observe are for a deployment: add --deployment or --cluster',
    )
  if (url) {
    const { urlTarget } = await import('../targets/url.ts')
    return urlTarget(url, { allowPublic, flag: '--url', trust: trustOf(shell, { insecure, ca }) })
  }
  return (await import('../targets/embedded.ts')).embeddedTarget(shell, { unitsPerMs })
}

/** Of --on cluster. */
export const noTargetThere = '--on cluster needs a target in the cluster, such as a --deployment'

/** Where --on says that the load is made. */
export const placeOf = (on: string | undefined) =>
  on === 'here' || on === 'cluster' ? on : ('where it is reached' as const)

/** The target of somebody's own script; null for one that names its hosts itself. */
export async function openFor(
  shell: Shell,
  { name, own }: Script,
  options: TargetOptions,
  started: Opening = {},
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
