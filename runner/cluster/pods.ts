import type { Pod as ApiPod, ContainerStatus } from 'kubernetes-types/core/v1.js'
import type { Deployed } from './deployed.ts'

export type Pod = {
  readonly name: string
  /** Empty before the pod is scheduled. */
  readonly node: string
  /** Of its node; null before that. */
  readonly nodeAddress: string | null
  readonly ready: boolean
  readonly restarts: number
  readonly terminating: boolean
  /** A sentence that says what keeps the pod from becoming ready; null for nothing. */
  readonly problem: string | null
  /** Whether that is a node, which may be on its way. */
  readonly waitsForNode: boolean
  /** Whether one of the nodes that cannot take it is only away. */
  readonly nodeAway: boolean
}

/** Its pods by name. */
export async function readPods({ kubectl, selector }: Deployed): Promise<Pod[]> {
  const pods = await kubectl.list<ApiPod>('pods', ...kubectl.inNamespace, '-l', selector)
  return pods.map(podOf).sort((a, b) => a.name.localeCompare(b.name))
}

export function podOf(pod: ApiPod): Pod {
  const { metadata, spec, status } = pod
  const containers = status?.containerStatuses ?? []
  return {
    name: metadata?.name ?? '',
    node: spec?.nodeName ?? '',
    nodeAddress: status?.hostIP ?? null,
    ready: containers.length > 0 && containers.every(({ ready }) => ready),
    restarts: containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
    terminating: metadata?.deletionTimestamp !== undefined,
    problem: problemOf(pod),
    waitsForNode: unschedulable(pod) !== undefined,
    // https://kubernetes.io/docs/reference/labels-annotations-taints/
    nodeAway: /node\.kubernetes\.io\/(not-ready|unreachable)/.test(unschedulable(pod)?.message ?? ''),
  }
}

const unsaid = 'it does not say why'

const unschedulable = ({ status }: ApiPod) =>
  status?.conditions?.find(({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable')

function problemOf(pod: ApiPod): string | null {
  const { metadata, status } = pod
  const name = metadata?.name ?? 'a pod'
  const unfit = unschedulable(pod)
  if (unfit) return `no node fits ${name}: ${unfit.message ?? unsaid}; --patience waits longer for one`
  // Of a sidecar too: the pod is not ready without it.
  const containers = status?.containerStatuses ?? []
  const problems = containers.flatMap((each) => problemWith(each, pod) ?? [])
  return problems[0] ?? null
}

function problemWith(container: ContainerStatus, { metadata, spec }: ApiPod): string | null {
  const name = metadata?.name ?? 'a pod'
  const waiting = container.state?.waiting
  const why = waiting?.message ?? waiting?.reason ?? unsaid
  if (/^(ErrImage|ImagePull|InvalidImageName)/.test(waiting?.reason ?? ''))
    return `the image ${container.image || 'of the deployment'} cannot be pulled on ${spec?.nodeName ?? 'its node'} (${why}); cluster:deploy builds it into minikube, for another cluster push it and name it with --image`
  if (waiting?.reason === 'CrashLoopBackOff' || container.restartCount > 2) {
    const last = container.lastState?.terminated
    return `${name} keeps crashing (exit code ${last?.exitCode ?? 'unknown'}, ${last?.reason ?? unsaid}); "kubectl -n ${metadata?.namespace ?? 'default'} logs ${name} -c ${container.name} --previous" shows why`
  }
  return waiting && waiting.reason !== 'ContainerCreating' ? `${name}: ${why}` : null
}

/** CPU of each pod from metrics-server, in Kubernetes' notation; empty without metrics-server. */
export async function podCpu({ kubectl }: Deployed): Promise<Map<string, string>> {
  const text = await kubectl.run('top', 'pods', ...kubectl.inNamespace, '--no-headers').catch(() => '')
  return new Map(
    text.split('\n').flatMap((line) => {
      const [pod, cpu] = line.trim().split(/\s+/)
      return pod && cpu ? [[pod, cpu] as const] : []
    }),
  )
}
