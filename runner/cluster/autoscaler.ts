import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.js'
import { Failure } from '../shell/exit.ts'
import type { Deployed } from './deployed.ts'

/** An autoscaler of a deployment, as it was. */
export type Autoscaler = { name: string; spec: Record<string, unknown> }

/** Those that scale the deployment, KEDA's too; none where they may not be read. */
export async function autoscalersOf({
  kubectl,
  name,
  resource,
}: Deployed): Promise<HorizontalPodAutoscaler[]> {
  const all = await kubectl
    .list<HorizontalPodAutoscaler>('hpa', ...kubectl.inNamespace)
    .catch((error: Error) => {
      if (/does not allow/.test(error.message)) return []
      throw error
    })
  return all.filter(({ spec }) => {
    const { kind = '', name: scaled } = spec?.scaleTargetRef ?? {}
    return scaled === name && resource.startsWith(`${kind.toLowerCase()}/`)
  })
}

/**
 * The autoscalers that must be suspended before the deployment is varied; a Failure where the user has not agreed to it,
 * or where it would not last.
 * @param suspended those that are suspended already
 */
export async function toSuspend(
  deployed: Deployed,
  suspended: readonly Autoscaler[] = [],
): Promise<Autoscaler[]> {
  const known = new Set(suspended.map(({ name }) => name))
  const active = (await autoscalersOf(deployed)).filter(({ metadata }) => !known.has(metadata?.name ?? ''))
  const [first] = active
  if (!first) return []
  const { minReplicas = 1, maxReplicas } = first.spec ?? {}
  const words = `${deployed.resource} is scaled by the autoscaler ${first.metadata?.name} (${minReplicas} to ${maxReplicas} replicas), so what is set would not stay`
  if (active.some(({ metadata }) => metadata?.labels?.['app.kubernetes.io/managed-by'] === 'keda-operator'))
    throw new Failure(
      'environment',
      `${words}; it is KEDA's: annotate its ScaledObject with autoscaling.keda.sh/paused=true while this runs`,
    )
  if (!deployed.named.suspendAutoscaler)
    throw new Failure('environment', `${words}; --suspend-autoscaler suspends it while this runs`)
  return active.map(({ metadata, spec }) => ({ name: metadata?.name ?? '', spec: { ...spec } }))
}

// It scales in neither direction, and no number of replicas is outside its limits
// (https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#configurable-scaling-behavior).
const disabled = { selectPolicy: 'Disabled' }
const idle = {
  spec: { minReplicas: 1, maxReplicas: 100_000, behavior: { scaleUp: disabled, scaleDown: disabled } },
}

/** Keeps an autoscaler from scaling. */
export async function suspend({ kubectl }: Deployed, { name }: Autoscaler): Promise<void> {
  const patch = ['--type=merge', '-p', JSON.stringify(idle)]
  await kubectl.run('patch', 'hpa', name, ...kubectl.inNamespace, ...patch)
  kubectl.shell.say(`the autoscaler ${name} is suspended`)
}

/** Makes it as it was. */
export async function unsuspend({ kubectl }: Deployed, { name, spec }: Autoscaler): Promise<void> {
  const patch = ['--type=json', '-p', JSON.stringify([{ op: 'replace', path: '/spec', value: spec }])]
  await kubectl.run('patch', 'hpa', name, ...kubectl.inNamespace, ...patch)
  kubectl.shell.say(`the autoscaler ${name} works again`)
}
