import { setTimeout as sleep } from 'node:timers/promises'
import type { Deployment } from 'kubernetes-types/apps/v1.js'
import { quantity } from '../../analysis/formats/words.ts'
import { Failure } from '../shell/exit.ts'
import { inNamespace, type Kubectl, namespace } from './kubectl.ts'
import { readPods } from './pods.ts'

const resource = 'deployment/workload'

/** The workload's deployment; a Failure with advice where there is none. */
export async function readDeployment(kubectl: Kubectl): Promise<Deployment> {
  const [deployment] = await kubectl.ofWorkload<Deployment>('deployments')
  if (deployment) return deployment
  throw new Failure(
    'environment',
    `no workload in the namespace ${namespace}; deploy it with "npm run cluster:deploy"`,
  )
}

/** What a deployment should run. */
export type Desired = { readonly replicas: number; readonly image: string }

export const desired = ({ spec }: Deployment): Desired => ({
  replicas: spec?.replicas ?? 1,
  image: spec?.template.spec?.containers[0]?.image ?? '',
})

/**
 * Sets replicas, image or both and waits until exactly these are ready. The image changes while the replicas are few,
 * because a roll-out needs room for one more pod; and scaling down does not wait, because pods that find no room or
 * crash would never become ready.
 */
export async function change(
  kubectl: Kubectl,
  levels: Partial<Desired>,
  signal?: AbortSignal,
): Promise<void> {
  const now = desired(await readDeployment(kubectl))
  const { replicas = now.replicas, image = now.image } = levels
  const fewer = Math.min(replicas, now.replicas)
  const scale = (to: number) => kubectl.run('scale', ...inNamespace, resource, `--replicas=${to}`)
  if (fewer < now.replicas) await scale(fewer)
  if (image !== now.image) {
    await kubectl.run('set', 'image', ...inNamespace, resource, `*=${image}`)
    await settled(kubectl, fewer, signal)
  }
  if (replicas > fewer) await scale(replicas)
  await settled(kubectl, replicas, signal)
}

const limitMs = 180_000
// The scheduler and a registry may report problems at first that pass by themselves.
const graceMs = 20_000

/**
 * Waits until exactly this many pods are ready, all of the newest revision, and none is terminating.
 * @throws a Failure: a problem of a pod that lasts, more than three minutes, or an abort
 */
export async function settled(kubectl: Kubectl, replicas: number, signal?: AbortSignal): Promise<void> {
  const startMs = performance.now()
  let lastProgress = ''
  for (;;) {
    const [{ metadata, status }, pods] = await Promise.all([readDeployment(kubectl), readPods(kubectl)])
    const staying = pods.filter(({ terminating }) => !terminating)
    const terminating = pods.length - staying.length
    const ready = staying.filter((pod) => pod.ready).length
    const current =
      status?.observedGeneration === metadata?.generation && (status?.updatedReplicas ?? 0) === replicas
    if (current && ready === replicas && pods.length === replicas) return
    if (signal?.aborted)
      throw new Failure('interrupted', `interrupted while waiting for ${quantity(replicas, 'replica')}`)
    const progress = `${ready} of ${quantity(replicas, 'replica')} ${replicas === 1 ? 'is' : 'are'} ready${terminating > 0 ? `, ${terminating} terminating` : ''} …`
    if (progress !== lastProgress) kubectl.shell.say(progress)
    lastProgress = progress
    const failure = status?.conditions?.find(({ type }) => type === 'ReplicaFailure')
    const problem = failure
      ? `the cluster creates no pods: ${failure.message ?? 'it does not say why'}`
      : staying.find((pod) => pod.problem)?.problem
    const waitedMs = performance.now() - startMs
    if (problem && waitedMs > graceMs) throw new Failure('environment', problem)
    if (waitedMs > limitMs)
      throw new Failure(
        'environment',
        `only ${ready} of ${quantity(replicas, 'replica')} ${replicas === 1 ? 'was' : 'were'} ready after ${limitMs / 1000} s; "npm run cluster:status" shows the pods`,
      )
    await sleep(500)
  }
}
