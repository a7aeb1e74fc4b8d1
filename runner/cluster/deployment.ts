import { setTimeout as sleep } from 'node:timers/promises'
import { quantity } from '../../analysis/formats/words.ts'
import { Failure } from '../shell/exit.ts'
import type { Controller, Deployed } from './deployed.ts'
import { readPods } from './pods.ts'

/** What a deployment should run. */
export type Desired = { readonly replicas: number; readonly image: string }

/** @param container whose image counts */
export const desired = ({ spec }: Controller, container: string): Desired => ({
  replicas: spec?.replicas ?? 1,
  image: spec?.template.spec?.containers.find(({ name }) => name === container)?.image ?? '',
})

/**
 * Sets replicas, image or both and waits until exactly these are ready. The image changes while the replicas are few,
 * because a roll-out needs room for one more pod; and scaling down does not wait, because pods that find no room or
 * crash would never become ready.
 */
export async function change(
  deployed: Deployed,
  levels: Partial<Desired>,
  signal?: AbortSignal,
): Promise<void> {
  const { kubectl, resource } = deployed
  const { inNamespace } = kubectl
  const container = deployed.container()
  const now = desired(await deployed.read(), container)
  const { replicas = now.replicas, image = now.image } = levels
  const fewer = Math.min(replicas, now.replicas)
  const scale = (to: number) => kubectl.run('scale', ...inNamespace, resource, `--replicas=${to}`)
  if (fewer < now.replicas) await scale(fewer)
  if (image !== now.image) {
    await kubectl.run('set', 'image', ...inNamespace, resource, `${container}=${image}`)
    await settled(deployed, fewer, signal)
  }
  if (replicas > fewer) await scale(replicas)
  await settled(deployed, replicas, signal)
}

const limitMs = 180_000
// The scheduler and a registry may report problems at first that pass by themselves.
const graceMs = 20_000

/**
 * Waits until exactly this many pods are ready, all of the newest revision, and none is terminating.
 * @throws a Failure: a problem of a pod that lasts, more than three minutes, or an abort
 */
export async function settled(deployed: Deployed, replicas: number, signal?: AbortSignal): Promise<void> {
  const { kubectl, named } = deployed
  const mostMs = Math.max(limitMs, (named.patience ?? 0) + graceMs)
  const startMs = performance.now()
  let lastProgress = ''
  for (;;) {
    const [{ metadata, status }, pods] = await Promise.all([deployed.read(), readPods(deployed)])
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
    const troubled = staying.find((pod) => pod.problem)
    const failure = status?.conditions?.find(({ type }) => type === 'ReplicaFailure')
    const problem = failure
      ? `the cluster creates no pods: ${failure.message ?? 'it does not say why'}`
      : troubled?.problem
    const waitedMs = performance.now() - startMs
    const patienceMs = troubled?.waitsForNode ? (named.patience ?? graceMs) : graceMs
    if (problem && waitedMs > patienceMs) throw new Failure('environment', problem)
    if (waitedMs > mostMs)
      throw new Failure(
        'environment',
        `only ${ready} of ${quantity(replicas, 'replica')} ${replicas === 1 ? 'was' : 'were'} ready after ${mostMs / 1000} s; "kubectl${['', ...kubectl.inContext, ...kubectl.inNamespace].join(' ')} get pods" shows them`,
      )
    await sleep(500)
  }
}
