import type { Service, ServicePort } from 'kubernetes-types/core/v1.js'
import type { Ingress } from 'kubernetes-types/networking/v1.js'
import { Failure } from '../shell/exit.ts'
import { ask } from '../targets/ask.ts'
import { dial } from '../targets/dial.ts'
import type { Deployed } from './deployed.ts'
import { minikubeProfile } from './minikube.ts'
import { readPods } from './pods.ts'

/**
 * A base URL of the service in front of a deployment that has answered: the LoadBalancer's, else a node's port, and then
 * it says why. A Failure with advice where neither answers.
 */
export async function serviceUrl(deployed: Deployed): Promise<string> {
  const { kubectl, named } = deployed
  const service = await serviceOf(deployed)
  const { name = '' } = service.metadata ?? {}
  const type = service.spec?.type ?? 'ClusterIP'
  if (type === 'ClusterIP') throw await insideOnly(deployed, name)
  const port = portOf(service, named.port)
  const at = (host: string, number?: number) => urlOf(host, port, number)
  const ingress = service.status?.loadBalancer?.ingress ?? []
  const balancers = ingress.map(({ ip, hostname }) => at(ip ?? hostname ?? '', port.port))
  for (const url of balancers) if (await answers(url, named)) return url

  const profile = type === 'LoadBalancer' ? await minikubeProfile(kubectl) : null
  const why =
    type === 'NodePort'
      ? `the service ${name} has no LoadBalancer`
      : balancers.length > 0
        ? `the LoadBalancer's address ${balancers[0]} does not answer${profile ? ' (left behind by a tunnel that has ended?)' : ''}`
        : 'the LoadBalancer has no address yet'
  const advice =
    type === 'NodePort'
      ? 'is this machine in the nodes’ network? --address names another way to it'
      : profile
        ? `start "minikube tunnel -p ${profile}" in another terminal`
        : 'wait until the cloud provider assigns one'
  // Nodes themselves may be hidden from whoever has rights in one namespace only.
  const pods = port.nodePort ? await readPods(deployed) : []
  for (const host of new Set(pods.flatMap(({ nodeAddress }) => nodeAddress ?? []))) {
    const url = at(host, port.nodePort)
    if (!(await answers(url, named))) continue
    if (type === 'LoadBalancer')
      kubectl.shell.say(`${why}; using a node's port instead (${advice} to go through the LoadBalancer)`)
    return url
  }
  const nodes =
    port.nodePort === undefined
      ? 'it has no port on the nodes'
      : pods.length === 0
        ? 'there is no pod whose node could be asked'
        : `no node answers on port ${port.nodePort}${type === 'LoadBalancer' ? ' either' : ''}`
  throw new Failure('environment', `${why}, and ${nodes}; ${advice}`)
}

/**
 * The service's URL for pods of the cluster, and the addresses behind it, which are those that the load may reach; null
 * where others reach it too, unless `always`.
 */
export async function insideUrl(
  deployed: Deployed,
  always: boolean,
): Promise<{ readonly url: URL; readonly reach: { readonly also: readonly string[] } } | null> {
  const { kubectl, named } = deployed
  const service = await serviceOf(deployed)
  const { type = 'ClusterIP', clusterIP, clusterIPs = [] } = service.spec ?? {}
  if (type !== 'ClusterIP' && !always) return null
  const host = `${service.metadata?.name}.${kubectl.namespace}.svc`
  const also = [...new Set([clusterIP, ...clusterIPs])].flatMap((each) =>
    each && each !== 'None' ? [each] : [],
  )
  const port = portOf(service, named.port)
  return { url: new URL(urlOf(host, port, port.port)), reach: { also } }
}

/** The service that the deployment's pods belong to. */
async function serviceOf({ kubectl, labels, named, bundled, resource }: Deployed): Promise<Service> {
  const all = await kubectl.list<Service>('services', ...kubectl.inNamespace)
  const name = ({ metadata }: Service) => metadata?.name ?? ''
  if (named.service !== undefined) {
    const found = all.find((each) => name(each) === named.service)
    if (found) return found
    throw new Failure(
      'environment',
      `no service ${named.service} in the namespace ${kubectl.namespace}, which has ${all.map(name).join(', ') || 'none'}`,
    )
  }
  const selecting = all.filter(({ spec }) => {
    const pairs = Object.entries(spec?.selector ?? {})
    // A headless one has no address of its own.
    return (
      pairs.length > 0 && spec?.clusterIP !== 'None' && pairs.every(([key, value]) => labels[key] === value)
    )
  })
  const outside = selecting.filter(({ spec }) => spec?.type === 'LoadBalancer' || spec?.type === 'NodePort')
  const [first, ...others] = outside.length > 0 ? outside : selecting
  if (!first)
    throw new Failure(
      'environment',
      bundled
        ? `no service in the namespace ${kubectl.namespace}; deploy the workload with "npm run cluster:deploy"`
        : `no service in the namespace ${kubectl.namespace} selects the pods of ${resource}; --address names where it is reached`,
    )
  if (others.length === 0) return first
  throw new Failure(
    'usage',
    `the services ${[first, ...others].map(name).join(', ')} select the pods of ${resource}; name one with --service`,
  )
}

const web = /^(https?|web)$/

/** The port to load: the named one, the only one, the only one with a port on the nodes, or the only one called http. */
function portOf({ metadata, spec }: Service, wanted: string | undefined): ServicePort {
  const ports = spec?.ports ?? []
  const tries =
    wanted === undefined
      ? [
          ports,
          ports.filter(({ nodePort }) => nodePort !== undefined),
          ports.filter(({ name }) => web.test(name ?? '')),
        ]
      : [ports.filter(({ name, port }) => name === wanted || String(port) === wanted)]
  const [found] = tries.find(({ length }) => length === 1) ?? []
  if (found) return found
  const all = ports.map(({ name, port }) => (name ? `${name} (${port})` : String(port))).join(', ')
  throw new Failure(
    'usage',
    `the service ${metadata?.name ?? ''} has the ports ${all}${wanted === undefined ? '; name one with --port' : `, not ${wanted}`}`,
  )
}

/** What to do about a service that only pods reach. */
async function insideOnly({ kubectl, bundled }: Deployed, service: string): Promise<Failure> {
  const ingresses = await kubectl.list<Ingress>('ingresses', ...kubectl.inNamespace).catch(() => [])
  const [host] = ingresses.flatMap(({ spec }) =>
    (spec?.rules ?? []).flatMap(({ host, http }) =>
      host && http?.paths.some(({ backend }) => backend.service?.name === service) ? [host] : [],
    ),
  )
  const advice = bundled
    ? '"npm run cluster:deploy" makes it a LoadBalancer, and --on cluster loads it from pods'
    : host === undefined
      ? 'load it from pods (--on cluster), or name with --address where it is reached'
      : `an Ingress leads to it: --address http://${host}, or https`
  return new Failure(
    'environment',
    `the service ${service} is a ClusterIP, which only pods of the cluster reach; ${advice}`,
  )
}

function urlOf(host: string, { name = '', appProtocol, port }: ServicePort, number = port): string {
  const secure = appProtocol === 'https' || name === 'https' || port === 443
  return `http${secure ? 's' : ''}://${host.includes(':') ? `[${host}]` : host}:${number}`
}

/** Whether it takes connections, or where a health path is known answers there. */
async function answers(url: string, { health }: Deployed['named']): Promise<boolean> {
  const signal = AbortSignal.timeout(3000)
  // The cluster said that the address is its own. Its certificate is looked at when it is loaded.
  const trust = { variables: {}, insecure: true, authorities: () => undefined }
  const way = { reach: 'anywhere', signal, trust } as const
  if (health === undefined) {
    const socket = await dial(new URL(url.replace(/^https/, 'http')), way).catch(() => null)
    socket?.destroy()
    return socket !== null
  }
  const answer = await ask(new URL(url + health), way).catch(() => null)
  answer?.close()
  return answer !== null && answer.status >= 200 && answer.status < 400
}
