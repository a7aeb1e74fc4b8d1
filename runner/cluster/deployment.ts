import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { quantity } from '../../analysis/formats/words.ts'
import { Failure } from '../shell/exit.ts'
import type { Controller, Deployed } from './deployed.ts'
import { readPods } from './pods.ts'

/** What a deployment should run. */
export type Desired = {
  readonly replicas: number
  readonly image: string
  /** The whole `resources` of the container; absent where they are left alone. */
  readonly resources?: Readonly<Record<string, unknown>> | undefined
  /** Variables of the container as the API writes them, by name; null for one that it does not have. */
  readonly env?: Readonly<Record<string, Readonly<Record<string, unknown>> | null>> | undefined
}

/**
 * What it runs now.
 * @param container whose image, resources and variables count
 * @param variables those that are read
 */
export function desired(
  { spec }: Controller,
  container: string,
  variables: readonly string[] = [],
): Required<Desired> {
  const found = spec?.template.spec?.containers.find(({ name }) => name === container)
  const entry = (name: string) => ({ ...found?.env?.findLast((each) => each.name === name) })
  return {
    replicas: spec?.replicas ?? 1,
    image: found?.image ?? '',
    resources: { ...found?.resources },
    env: Object.fromEntries(
      variables.map((name) => [name, Object.keys(entry(name)).length > 0 ? entry(name) : null]),
    ),
  }
}

/**
 * Sets what is given and differs, and waits until exactly these pods are ready. The container changes in one patch, so
 * one roll-out, while the replicas are few, because a roll-out needs room for one more pod; and scaling down does not
 * wait, because pods that find no room or crash would never become ready.
 */
export async function change(
  deployed: Deployed,
  wanted: Partial<Desired>,
  signal?: AbortSignal,
): Promise<void> {
  const { kubectl, resource } = deployed
  const { inNamespace } = kubectl
  const container = deployed.container()
  const now = desired(await deployed.read(), container, Object.keys(wanted.env ?? {}))
  const { replicas = now.replicas } = wanted
  const fewer = Math.min(replicas, now.replicas)
  const scale = (to: number) => kubectl.run('scale', ...inNamespace, resource, `--replicas=${to}`)
  if (fewer < now.replicas) await scale(fewer)
  const changes = changesOf(now, wanted)
  if (Object.keys(changes).length > 0) {
    const patch = { spec: { template: { spec: { containers: [{ name: container, ...changes }] } } } }
    await kubectl.run('patch', resource, ...inNamespace, '--type=strategic', '-p', JSON.stringify(patch))
    await settled(deployed, fewer, signal)
  }
  if (replicas > fewer) await scale(replicas)
  await settled(deployed, replicas, signal)
}

/**
 * Of a container what differs, as a strategic merge patch, which finds containers and variables by name and may be
 * repeated (https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/).
 */
function changesOf(now: Required<Desired>, { image, resources, env = {} }: Partial<Desired>): object {
  const variables = Object.entries(env).flatMap(([name, entry]) => {
    const current = now.env?.[name] ?? null
    if (isDeepStrictEqual(entry, current)) return []
    return [
      entry === null
        ? { name, $patch: 'delete' }
        : { ...(current && { value: null, valueFrom: null }), ...entry, name },
    ]
  })
  return {
    ...(image !== undefined && image !== now.image && { image }),
    ...(resources &&
      !isDeepStrictEqual(resources, now.resources) && { resources: { ...resources, $patch: 'replace' } }),
    ...(variables.length > 0 && { env: variables }),
  }
}

/** No node has room for what a deployment should run, so waiting does not help; other levels may fit. */
export class Unfit extends Failure {}

const limitMs = 180_000
// The scheduler and a registry may report problems at first that pass by themselves.
const graceMs = 20_000
// A node that the cluster has not heard of for a while, as after its API server was away.
const nodeBackMs = 90_000

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
    const troubled = staying.find((pod) => pod.problem)
    const node = troubled?.waitsForNode ? `; ${troubled.problem}` : ''
    const progress = `${ready} of ${quantity(replicas, 'replica')} ${replicas === 1 ? 'is' : 'are'} ready${terminating > 0 ? `, ${terminating} terminating` : ''}${node} …`
    if (progress !== lastProgress) kubectl.shell.say(progress)
    lastProgress = progress
    const failure = status?.conditions?.find(({ type }) => type === 'ReplicaFailure')
    const problem = failure
      ? `the cluster creates no pods: ${failure.message ?? 'it does not say why'}`
      : troubled?.problem
    const waitedMs = performance.now() - startMs
    // What is wrong after the API server was away may pass too.
    const seenMs = performance.now() - Math.max(startMs, kubectl.awayAt())
    const patienceMs = troubled?.waitsForNode
      ? Math.max(named.patience ?? graceMs, troubled.nodeAway ? nodeBackMs : 0)
      : graceMs
    if (problem && (seenMs > patienceMs || waitedMs > mostMs))
      throw new (troubled?.waitsForNode ? Unfit : Failure)('environment', problem)
    if (waitedMs > mostMs)
      throw new Failure(
        'environment',
        `only ${ready} of ${quantity(replicas, 'replica')} ${replicas === 1 ? 'was' : 'were'} ready after ${mostMs / 1000} s; "kubectl${['', ...kubectl.inContext, ...kubectl.inNamespace].join(' ')} get pods" shows them`,
      )
    await sleep(500)
  }
}
