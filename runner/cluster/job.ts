import type { Job } from 'kubernetes-types/batch/v1.js'
import { generatorPort } from '../k6/served.ts'

export type Generators = {
  readonly name: string
  readonly count: number
  readonly image: string
  /** In Kubernetes' notation. */
  readonly cpu: string
  readonly memory: string
  /** The last resort, should everything else fail to end it. */
  readonly deadlineSeconds: number
  /** See `hashOf` of the key: the Job itself holds no secret. */
  readonly keyHash: string
  /** Of the target's pods, from which the generators keep away where they can. */
  readonly targetLabels: Readonly<Record<string, string>>
}

/** A finished Job, and its pods with it, goes away by itself if its runner is no longer there to delete it. */
const keptSeconds = 60

const generatorLabels = { 'app.kubernetes.io/name': 'load-and-stress-generator' } as const

/** A pod of a Job has its label. */
export const selectorOf = (job: string): string => `batch.kubernetes.io/job-name=${job}`

/**
 * A Job with one pod a generator, each of which waits for its order; it passes Pod Security "restricted". A pod that is
 * lost is not replaced: a new one would wait for ever, and its part of the load is over.
 */
export function jobOf({
  name,
  count,
  image,
  cpu,
  memory,
  deadlineSeconds,
  keyHash,
  targetLabels,
}: Generators): Job {
  const limits = { cpu, memory }
  const own = { 'load-and-stress/run': name }
  const away = (weight: number, matchLabels: Readonly<Record<string, string>>) => ({
    weight,
    podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels } },
  })
  // A spread constraint counts as much as the distance from the target, and would put every second one beside it.
  const avoiding = [...(Object.keys(targetLabels).length > 0 ? [away(100, targetLabels)] : []), away(5, own)]
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, labels: { ...generatorLabels } },
    spec: {
      completionMode: 'Indexed',
      completions: count,
      parallelism: count,
      backoffLimitPerIndex: 0,
      activeDeadlineSeconds: deadlineSeconds,
      ttlSecondsAfterFinished: keptSeconds,
      template: {
        metadata: { labels: { ...generatorLabels, ...own } },
        spec: {
          restartPolicy: 'Never',
          // It needs no API of the cluster.
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 5,
          affinity: {
            podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: avoiding },
          },
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            runAsGroup: 65532,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'generator',
              image,
              imagePullPolicy: 'IfNotPresent',
              args: ['generator'],
              env: [{ name: 'LAS_GENERATOR_KEY_HASH', value: keyHash }],
              ports: [{ containerPort: generatorPort }],
              resources: { requests: limits, limits },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
            },
          ],
          volumes: [{ name: 'tmp', emptyDir: {} }],
        },
      },
    },
  } as Job
}
