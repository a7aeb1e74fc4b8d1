import type { Pod as ApiPod } from 'kubernetes-types/core/v1.js'
import { inNamespace, type Kubectl, namespace } from './kubectl.ts'

export type Pod = {
  readonly name: string
  /** Empty before the pod is scheduled. */
  readonly node: string
  readonly ready: boolean
  readonly restarts: number
  readonly terminating: boolean
  /** A sentence that says what keeps the pod from becoming ready; null for nothing. */
  readonly problem: string | null
}

/** The workload's pods by name. */
export async function readPods(kubectl: Kubectl): Promise<Pod[]> {
  const pods = await kubectl.ofWorkload<ApiPod>('pods')
  return pods.map(podOf).sort((a, b) => a.name.localeCompare(b.name))
}

export function podOf(pod: ApiPod): Pod {
  const { metadata, spec, status } = pod
  const [container] = status?.containerStatuses ?? []
  return {
    name: metadata?.name ?? '',
    node: spec?.nodeName ?? '',
    ready: container?.ready === true,
    restarts: container?.restartCount ?? 0,
    terminating: metadata?.deletionTimestamp !== undefined,
    problem: problemOf(pod),
  }
}

const unsaid = 'it does not say why'

function problemOf({ metadata, spec, status }: ApiPod): string | null {
  const name = metadata?.name ?? 'a pod'
  const unschedulable = status?.conditions?.find(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable',
  )
  if (unschedulable) return `no node fits ${name}: ${unschedulable.message ?? unsaid}`
  const [container] = status?.containerStatuses ?? []
  const waiting = container?.state?.waiting
  const why = waiting?.message ?? waiting?.reason ?? unsaid
  if (/^(ErrImage|ImagePull|InvalidImageName)/.test(waiting?.reason ?? ''))
    return `the image ${spec?.containers[0]?.image ?? 'of the deployment'} cannot be pulled on ${spec?.nodeName ?? 'its node'} (${why}); cluster:deploy builds it into minikube, for another cluster push it and name it with --image`
  if (waiting?.reason === 'CrashLoopBackOff' || (container?.restartCount ?? 0) > 2) {
    const last = container?.lastState?.terminated
    return `${name} keeps crashing (exit code ${last?.exitCode ?? 'unknown'}, ${last?.reason ?? unsaid}); "kubectl -n ${namespace} logs ${name} --previous" shows why`
  }
  return waiting && waiting.reason !== 'ContainerCreating' ? `${name}: ${why}` : null
}

/** CPU of each pod from metrics-server, in Kubernetes' notation; empty without metrics-server. */
export async function podCpu(kubectl: Kubectl): Promise<Map<string, string>> {
  const text = await kubectl.run('top', 'pods', ...inNamespace, '--no-headers').catch(() => '')
  return new Map(
    text.split('\n').flatMap((line) => {
      const [pod, cpu] = line.trim().split(/\s+/)
      return pod && cpu ? [[pod, cpu] as const] : []
    }),
  )
}
