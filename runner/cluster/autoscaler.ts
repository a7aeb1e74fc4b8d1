import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.js'
import type { ObjectMeta } from 'kubernetes-types/meta/v1.js'
import { Failure } from '../shell/exit.ts'
import type { Deployed } from './deployed.ts'
import { isMissingRight } from './kubectl.ts'

/** A vertical one, which changes the requests and limits of pods (autoscaling.k8s.io/v1). */
type VerticalPodAutoscaler = {
  readonly metadata?: ObjectMeta
  readonly spec?: {
    readonly targetRef?: { readonly kind?: string; readonly name?: string }
    readonly updatePolicy?: { readonly updateMode?: string }
  }
}

/** An autoscaler of a deployment, as it was; without a kind a horizontal one. */
export type Autoscaler = { kind?: 'vpa' | undefined; name: string; spec: Record<string, unknown> }

/** Those that scale the deployment, KEDA's too; none where they may not be read. */
export async function autoscalersOf(deployed: Deployed): Promise<HorizontalPodAutoscaler[]> {
  const all = await listed<HorizontalPodAutoscaler>(deployed, 'hpa')
  return all.filter(({ spec }) => isOf(deployed, spec?.scaleTargetRef))
}

/** Those that change the size of its pods; none that only recommends, and none where they may not be read. */
async function verticalsOf(deployed: Deployed): Promise<VerticalPodAutoscaler[]> {
  const all = await listed<VerticalPodAutoscaler>(deployed, 'verticalpodautoscalers')
  return all.filter(({ spec }) => isOf(deployed, spec?.targetRef) && spec?.updatePolicy?.updateMode !== 'Off')
}

const listed = <Item>({ kubectl }: Deployed, resource: string): Promise<Item[]> =>
  kubectl.list<Item>(resource, ...kubectl.inNamespace).catch((error: Error) => {
    // The last is said of a kind that kubectl remembers, and that the cluster no longer has.
    const unknown = /doesn't have a resource type|could not find the requested resource/.test(error.message)
    if (unknown || isMissingRight(error)) return []
    throw error
  })

const isOf = (
  { name, resource }: Deployed,
  target: { readonly kind?: string; readonly name?: string } = {},
): boolean => target.name === name && resource === `${target.kind?.toLowerCase()}/${name}`

/**
 * The autoscalers that must be suspended before the deployment is varied; a Failure where the user has not agreed to it,
 * or where it would not last.
 * @param suspended those that are suspended already
 */
export async function toSuspend(
  deployed: Deployed,
  suspended: readonly Autoscaler[] = [],
): Promise<Autoscaler[]> {
  const isNew = (kind: Autoscaler['kind'], { metadata }: { readonly metadata?: ObjectMeta }) =>
    !suspended.some((each) => each.kind === kind && each.name === metadata?.name)
  const active = (await autoscalersOf(deployed)).filter((each) => isNew(undefined, each))
  const verticals = (await verticalsOf(deployed)).filter((each) => isNew('vpa', each))
  const [first] = active
  const [vertical] = verticals
  if (!first && !vertical) return []
  const what = first
    ? `scaled by the autoscaler ${first.metadata?.name} (${first.spec?.minReplicas ?? 1} to ${first.spec?.maxReplicas} replicas)`
    : `resized by the vertical autoscaler ${vertical?.metadata?.name} (updateMode ${vertical?.spec?.updatePolicy?.updateMode ?? 'Auto'})`
  const words = `${deployed.resource} is ${what}, so what is set would not stay`
  if (active.some(({ metadata }) => metadata?.labels?.['app.kubernetes.io/managed-by'] === 'keda-operator'))
    throw new Failure(
      'environment',
      `${words}; it is KEDA's: annotate its ScaledObject with autoscaling.keda.sh/paused=true while this runs`,
    )
  if (!deployed.named.suspendAutoscaler)
    throw new Failure('environment', `${words}; --suspend-autoscaler suspends it while this runs`)
  return [
    ...active.map(({ metadata, spec }) => ({ name: metadata?.name ?? '', spec: { ...spec } })),
    ...verticals.map(({ metadata, spec }) => ({
      kind: 'vpa' as const,
      name: metadata?.name ?? '',
      spec: { ...spec },
    })),
  ]
}

// It scales in neither direction, and no number of replicas is outside its limits
// (https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#configurable-scaling-behavior).
const disabled = { selectPolicy: 'Disabled' }
const idle = {
  spec: { minReplicas: 1, maxReplicas: 100_000, behavior: { scaleUp: disabled, scaleDown: disabled } },
}
// It still recommends
// (https://kubernetes.io/docs/concepts/workloads/autoscaling/vertical-pod-autoscale/#update-modes).
const off = { spec: { updatePolicy: { updateMode: 'Off' } } }

const resourceOf = ({ kind }: Autoscaler): string => (kind === 'vpa' ? 'verticalpodautoscalers' : 'hpa')

/** Keeps an autoscaler from scaling. */
export async function suspend({ kubectl }: Deployed, autoscaler: Autoscaler): Promise<void> {
  const { kind, name } = autoscaler
  const patch = ['--type=merge', '-p', JSON.stringify(kind === 'vpa' ? off : idle)]
  await kubectl.run('patch', resourceOf(autoscaler), name, ...kubectl.inNamespace, ...patch)
  kubectl.shell.say(
    `the autoscaler ${name} is suspended${kind === 'vpa' ? '; pods that it has resized stay so until they are replaced' : ''}`,
  )
}

/** Makes it as it was. */
export async function unsuspend({ kubectl }: Deployed, autoscaler: Autoscaler): Promise<void> {
  const { name, spec } = autoscaler
  const patch = ['--type=json', '-p', JSON.stringify([{ op: 'replace', path: '/spec', value: spec }])]
  await kubectl.run('patch', resourceOf(autoscaler), name, ...kubectl.inNamespace, ...patch)
  kubectl.shell.say(`the autoscaler ${name} works again`)
}
