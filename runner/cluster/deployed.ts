import { readFile } from 'node:fs/promises'
import type { Deployment, StatefulSet } from 'kubernetes-types/apps/v1.js'
import type { Container } from 'kubernetes-types/core/v1.js'
import { Failure } from '../shell/exit.ts'
import { type Kubectl, kubectlOf } from './kubectl.ts'

/** A deployment or StatefulSet as somebody names it; what is not given is found. */
export type Named = {
  /** NAME or NAMESPACE/NAME */
  readonly deployment: string
  /** Default: the context's; of the bundled workload, load-and-stress. */
  readonly namespace?: string | undefined
  /** Default: the current one. */
  readonly context?: string | undefined
  /** Default: the one that selects its pods. */
  readonly service?: string | undefined
  /** Of the service, by name or number. */
  readonly port?: string | undefined
  /** A path that answers 2xx or 3xx where it is ready to be loaded; default: an open port is enough. */
  readonly health?: string | undefined
  /** Whose image and limits count; default: the only one. */
  readonly container?: string | undefined
  /** A base URL where it is reached, such as its Ingress; default: the service's. */
  readonly address?: string | undefined
  /** How long to wait for an API server that is away, and for a node for pods, in ms; default: as the caller says. */
  readonly patience?: number | undefined
  /** The URL of a Prometheus that knows what its pods use; default: the cluster is asked. */
  readonly observe?: string | undefined
  /** PromQL by name, for that Prometheus. */
  readonly observeQuery?: Readonly<Record<string, string>> | undefined
  /** Whether its autoscaler may be suspended while it is varied. */
  readonly suspendAutoscaler?: boolean | undefined
}

/** Where `manifests/base` puts the workload. */
export const workloadNamespace = 'load-and-stress'
const workload = (given: Named | null): Named => ({
  ...given,
  deployment: `${given?.namespace ?? workloadNamespace}/workload`,
  health: '/healthz',
})

/** What runs the pods: a Deployment, or a StatefulSet, which is alike as far as it is read. */
export type Controller = Deployment | StatefulSet

/** A deployment or StatefulSet that was found. */
export type Deployed = {
  readonly kubectl: Kubectl
  /** Whether it is the bundled workload, which may be asked for its /insight. */
  readonly bundled: boolean
  readonly name: string
  /** `deployment/shop` */
  readonly resource: string
  /** `kube context here, namespace shop: deployment/shop` */
  readonly words: string
  readonly context: string | null
  /** Selects its pods, in kubectl's notation. */
  readonly selector: string
  /** Of its pods: a service selects them by these. */
  readonly labels: Readonly<Record<string, string>>
  /** A Failure where it has several and none was named. */
  container(): string
  readonly named: Named
  /** As it is now. */
  read(): Promise<Controller>
}

const kinds = { deployment: 'deployments', statefulset: 'statefulsets' } as const

/**
 * Finds the deployment that somebody named, or the bundled workload's; a Failure with advice where there is none.
 * @param patienceMs how long to wait for an API server that does not answer, where `given` does not say
 */
export async function findDeployed(
  shell: Kubectl['shell'],
  given: Named | null,
  { patienceMs: usual = 0 } = {},
): Promise<Deployed> {
  const bundled = !given?.deployment
  const named: Named = given?.deployment ? given : workload(given)
  const { patience: patienceMs = usual } = named
  const [, before, name = ''] = /^(?:([^/]*)\/)?([^/]*)$/.exec(named.deployment) ?? []
  if (!name || before === '')
    throw new Failure('usage', `--deployment: "${named.deployment}" is not NAME or NAMESPACE/NAME`)
  const { context } = named
  const ofContext = kubectlOf(shell, { patienceMs, context, namespace: '' })
  const namespace = before ?? named.namespace ?? (await namespaceOf(ofContext))
  if (named.namespace !== undefined && named.namespace !== namespace)
    throw new Failure('usage', `--namespace ${named.namespace} and --deployment ${named.deployment} differ`)
  const kubectl = kubectlOf(shell, { patienceMs, context, namespace })
  const all = async (kind: keyof typeof kinds) =>
    (await kubectl.list<Controller>(kinds[kind], ...kubectl.inNamespace)).map((each) => ({ kind, each }))
  const there = [...(await all('deployment')), ...(bundled ? [] : await all('statefulset'))]
  const found = there.filter(({ each }) => each.metadata?.name === name)
  const [first] = found
  if (!first) throw missing(bundled, name, namespace, there)
  if (found.length > 1)
    throw new Failure(
      'usage',
      `--deployment ${name}: the namespace ${namespace} has a Deployment and a StatefulSet of this name`,
    )
  const resource = `${first.kind}/${name}`
  const current = context ?? (await ofContext.currentContext())
  const template = first.each.spec?.template
  const containers = template?.spec?.containers ?? []
  return {
    kubectl,
    bundled,
    name,
    resource,
    words: `${current === null ? 'the cluster it runs in' : `kube context ${current}`}, namespace ${namespace}: ${resource}`,
    context: current,
    selector: selectorText(first.each),
    labels: template?.metadata?.labels ?? {},
    container: () => chosen(containers, named, resource),
    named,
    async read() {
      // Asked for twice a second while pods start, so not for all of the namespace.
      const only = `--field-selector=metadata.name=${name}`
      const [now] = await kubectl.list<Controller>(kinds[first.kind], ...kubectl.inNamespace, only)
      if (now) return now
      throw new Failure('environment', `${resource} is gone from the namespace ${namespace}`)
    },
  }
}

function missing(
  bundled: boolean,
  name: string,
  namespace: string,
  there: readonly { each: Controller }[],
): Failure {
  if (bundled)
    return new Failure(
      'environment',
      `no workload in the namespace ${namespace}; deploy it with "npm run cluster:deploy"`,
    )
  const names = there.flatMap(({ each }) => each.metadata?.name ?? [])
  return new Failure(
    'environment',
    `no deployment or StatefulSet ${name} in the namespace ${namespace}, which has ${names.slice(0, 10).join(', ') || 'none'}; --namespace and --context name others`,
  )
}

function chosen(
  containers: readonly Container[],
  { container }: Pick<Named, 'container'>,
  resource: string,
): string {
  const names = containers.map(({ name }) => name)
  const [only = ''] = names
  if (container === undefined && names.length < 2) return only
  if (container !== undefined && names.includes(container)) return container
  throw new Failure(
    'usage',
    `${resource} has the containers ${names.join(', ')}${container === undefined ? '; name one with --container' : `, not ${container}`}`,
  )
}

/** A label selector in kubectl's notation (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/). */
function selectorText({ spec }: Controller): string {
  const { matchLabels = {}, matchExpressions = [] } = spec?.selector ?? {}
  return [
    ...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`),
    ...matchExpressions.map(({ key, operator, values = [] }) =>
      operator === 'Exists'
        ? key
        : operator === 'DoesNotExist'
          ? `!${key}`
          : `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`,
    ),
  ].join(',')
}

/** The namespace of a context; inside a cluster that of the pod. */
async function namespaceOf({ run }: Kubectl): Promise<string> {
  const text = await run('config', 'view', '--minify', '-o', 'jsonpath={..namespace}').catch(() => '')
  const ofPod = await readFile('/var/run/secrets/kubernetes.io/serviceaccount/namespace', 'utf8').catch(
    () => '',
  )
  return text.trim() || ofPod.trim() || 'default'
}
