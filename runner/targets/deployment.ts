import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Run } from '../../analysis/formats/run.ts'
import { kubectl, kubeObject, minikubeProfile } from '../cluster/kubectl.ts'
import { Failure } from '../shell/exit.ts'
import { guard } from '../shell/processes.ts'
import { say } from '../shell/progress.ts'

/** Where manifests/base puts the workload. */
export const namespace = 'load-and-stress'
const name = 'workload'
const inNamespace = ['-n', namespace]
const ofWorkload = ['-l', 'app.kubernetes.io/name=load-and-stress,app.kubernetes.io/component=workload']

export type Pod = {
  readonly name: string
  readonly node: string
  readonly ready: boolean
  readonly restarts: number
  /** What keeps it from being ready, in a sentence; null for nothing. */
  readonly trouble: string | null
}

/** The workload's pods, those that are going left out. */
export async function pods(): Promise<Pod[]> {
  const { items } = await kubeObject('pods', ...inNamespace, ...ofWorkload)
  // biome-ignore lint/suspicious/noExplicitAny: a pod as the API has it
  return (items as any[])
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .map(({ metadata, spec, status }) => {
      const [container] = status.containerStatuses ?? []
      return {
        name: metadata.name,
        node: spec.nodeName ?? '',
        ready: container?.ready === true,
        restarts: container?.restartCount ?? 0,
        trouble: trouble(metadata.name, spec, status),
      }
    })
    .sort((a, b) => a.name.localeCompare(b.name))
}

// biome-ignore lint/suspicious/noExplicitAny: a pod's spec and status as the API has them
function trouble(pod: string, spec: any, status: any): string | null {
  const unschedulable = status.conditions?.find(
    ({ type, reason }: { type: string; reason?: string }) =>
      type === 'PodScheduled' && reason === 'Unschedulable',
  )
  if (unschedulable) return `${pod} finds no node: ${unschedulable.message}`
  const [container] = status.containerStatuses ?? []
  const { waiting } = container?.state ?? {}
  const image = spec.containers[0].image
  if (/^(ErrImage|ImagePull|InvalidImageName)/.test(waiting?.reason ?? ''))
    return `the image ${image} is not to be had on ${spec.nodeName} (${waiting.message ?? waiting.reason}); cluster:deploy builds it into minikube, elsewhere push it and name it with --image`
  if (waiting?.reason === 'CrashLoopBackOff' || container?.restartCount > 2) {
    const last = container.lastState?.terminated
    return `${pod} ends again and again (exit code ${last?.exitCode}, ${last?.reason}); kubectl -n ${namespace} logs ${pod} --previous tells more`
  }
  if (waiting && waiting.reason !== 'ContainerCreating') return `${pod}: ${waiting.message ?? waiting.reason}`
  return null
}

/** The deployment as it should be; a sentence of advice when there is none. */
async function deployment() {
  const { items } = await kubeObject('deployments', ...inNamespace, ...ofWorkload)
  if (items.length === 0)
    throw new Failure(
      'environment',
      `no workload in the namespace ${namespace}; "npm run cluster:deploy" puts it there`,
    )
  return items[0]
}

/**
 * Waits until exactly as many pods as wanted are ready and none is going or of an older kind; says what is wrong as
 * soon as that is clear, or after three minutes.
 */
export async function settled(replicas: number, signal?: AbortSignal): Promise<void> {
  const limitMs = 180_000
  const until = performance.now() + limitMs
  // What the scheduler or a registry says at first may pass by itself.
  const patientUntil = performance.now() + Math.min(20_000, limitMs / 2)
  let told = ''
  for (;;) {
    const [{ metadata, status }, all, { items }] = await Promise.all([
      deployment(),
      pods(),
      kubeObject('pods', ...inNamespace, ...ofWorkload),
    ])
    const ready = all.filter((pod) => pod.ready).length
    const current =
      status.observedGeneration === metadata.generation && (status.updatedReplicas ?? 0) === replicas
    if (current && ready === replicas && items.length === replicas) return
    if (signal?.aborted)
      throw new Failure('interrupted', `interrupted while waiting for ${replicas} replicas`)
    const progress = `${ready} of ${replicas} replicas are ready${items.length > all.length ? `, ${items.length - all.length} still going` : ''} …`
    if (progress !== told) say(progress)
    told = progress
    const failure = status.conditions?.find(({ type }: { type: string }) => type === 'ReplicaFailure')
    const wrong = failure
      ? `the cluster creates no pods: ${failure.message}`
      : all.find((pod) => pod.trouble)?.trouble
    if (wrong && performance.now() > patientUntil) throw new Failure('environment', wrong)
    if (performance.now() > until)
      throw new Failure(
        'environment',
        wrong ??
          `only ${ready} of ${replicas} replicas came within ${limitMs / 1000} s; npm run cluster:status shows them`,
      )
    await sleep(500)
  }
}

export type Deployed = { readonly replicas: number; readonly image: string }

/** What the deployment is meant to be. */
export async function currentlyDeployed(): Promise<Deployed> {
  const { spec } = await deployment()
  return { replicas: spec.replicas, image: spec.template.spec.containers[0].image }
}

/** Puts another image into the deployment and waits until all its pods run it; nothing where they do. */
export async function useImage(image: string, signal?: AbortSignal): Promise<void> {
  const now = await currentlyDeployed()
  if (now.image === image) return
  await kubectl('set', 'image', ...inNamespace, `deployment/${name}`, `*=${image}`)
  await settled(now.replicas, signal)
}

export async function restore({ replicas, image }: Deployed): Promise<void> {
  await useImage(image)
  await scale(replicas)
}

export async function scale(replicas: number, signal?: AbortSignal): Promise<void> {
  await deployment()
  await kubectl('scale', ...inNamespace, `deployment/${name}`, `--replicas=${replicas}`)
  await settled(replicas, signal)
}

const answers = async (url: string): Promise<boolean> => {
  const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(3000) }).catch(() => null)
  await response?.body?.cancel()
  return response?.ok === true
}

/**
 * The address of the service, in the order of what a load test should prefer: the LoadBalancer's, a node's port,
 * what `minikube service` forwards. Only one that answers is given; how it was found is said.
 */
export async function serviceUrl(): Promise<string> {
  const { items } = await kubeObject('services', ...inNamespace, ...ofWorkload)
  const [service] = items
  if (!service)
    throw new Failure(
      'environment',
      `no service in the namespace ${namespace}; "npm run cluster:deploy" puts it there`,
    )
  const { port, nodePort } = service.spec.ports[0]
  const ingress: { ip?: string; hostname?: string }[] = service.status.loadBalancer?.ingress ?? []
  const balancers = ingress.map(({ ip, hostname }) => address(ip ?? hostname ?? '', port))
  for (const url of balancers) if (await answers(url)) return url

  const profile = await minikubeProfile()
  const why =
    balancers.length > 0
      ? `the LoadBalancer's address ${balancers[0]} does not answer${profile ? ' (left behind by a tunnel that has ended?)' : ''}`
      : 'the LoadBalancer has no address yet'
  const advice = profile
    ? `start "minikube tunnel -p ${profile}" in another terminal`
    : 'wait for the cloud to give one'
  const { items: nodes } = await kubeObject('nodes')
  for (const { status } of nodes) {
    const internal = status.addresses.find(({ type }: { type: string }) => type === 'InternalIP')?.address
    const url = internal && nodePort ? address(internal, nodePort) : ''
    if (url && (await answers(url))) {
      say(`${why}; using a node's port instead (${advice} to go through the balancer)`)
      return url
    }
  }
  throw new Failure('environment', `${why}, and no node answers on port ${nodePort} either; ${advice}`)
}

const address = (host: string, port: number) => `http://${host.includes(':') ? `[${host}]` : host}:${port}`

export type PodCount = {
  readonly node: string
  readonly instance: string
  readonly served: number
  readonly cpuSeconds: number
}

/** What each pod says of itself, asked one by one through the API server: a balancer would choose. */
export async function countedByPods(): Promise<Map<string, PodCount>> {
  const counted = new Map<string, PodCount>()
  for (const pod of await pods()) {
    const path = `/api/v1/namespaces/${namespace}/pods/${pod.name}:8080/proxy/insight`
    const said = await kubectl('get', '--raw', path).catch(() => null)
    if (!said) continue
    const { instance, work, used } = JSON.parse(said)
    counted.set(pod.name, { instance, served: work.served, cpuSeconds: used.cpuSeconds, node: pod.node })
  }
  return counted
}

type Cluster = NonNullable<Run['target']['cluster']>

/** What stands behind the service, for `run.json`. */
export async function clusterFacts(): Promise<{
  replicas: number
  facts: Omit<Cluster, 'pods' | 'scaling'>
}> {
  const [{ spec }, { items: nodes }] = await Promise.all([deployment(), kubeObject('nodes')])
  const [container] = spec.template.spec.containers
  const { limits = {} } = container.resources
  return {
    replicas: spec.replicas,
    facts: {
      nodes: nodes.length,
      image: container.image,
      cpuLimit: limits.cpu ?? null,
      memoryLimit: limits.memory ?? null,
    },
  }
}

export type ReplicaChange = { readonly at: number; readonly wanted: number; readonly ready: number }

/** Notes every change of the number of replicas, as kubectl tells of it, until it is stopped. */
export function watchReplicas(): { stop(): ReplicaChange[] } {
  const changes: ReplicaChange[] = []
  const template = '{.spec.replicas} {.status.readyReplicas}{"\\n"}'
  const child = spawn(
    'kubectl',
    ['get', ...inNamespace, `deployment/${name}`, '--watch', '-o', `jsonpath=${template}`],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: process.platform !== 'win32',
    },
  )
  const watched = child.pid ? guard(child.pid) : undefined
  child.on('error', () => {})
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [wanted = 0, ready = 0] = line.split(' ').map(Number)
    const last = changes.at(-1)
    if (last?.wanted !== wanted || last.ready !== ready) changes.push({ at: Date.now(), wanted, ready })
  })
  return {
    stop() {
      child.kill()
      watched?.release()
      return changes
    },
  }
}

/** @throws a Failure with advice when nothing would scale the workload. */
export async function needAutoscaler(): Promise<void> {
  const { items } = await kubeObject('hpa', ...inNamespace)
  if (items.length === 0)
    throw new Failure(
      'environment',
      'nothing scales the workload; "npm run cluster:deploy -- --with autoscaling" adds an autoscaler',
    )
}

/** CPU of each pod as metrics-server has it, in its own notation; empty without one. */
export async function podCpu(): Promise<Map<string, string>> {
  const text = await kubectl('top', 'pods', ...inNamespace, '--no-headers').catch(() => '')
  return new Map(
    text.split('\n').flatMap((line) => {
      const [pod, cpu] = line.trim().split(/\s+/)
      return pod && cpu ? [[pod, cpu] as const] : []
    }),
  )
}
