import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from 'kubernetes-types/core/v1.js'
import { generatorPodOf } from './generators.ts'
import { jobOf } from './job.ts'

const job = jobOf({
  name: 'las-generators-1',
  count: 3,
  image: 'localhost/runner:1',
  cpu: '500m',
  memory: '256Mi',
  deadlineSeconds: 600,
  keyHash: 'abc',
  targetLabels: { app: 'shop' },
})

test('a generator has one pod, which is not replaced when it is lost, and all go away by themselves', () => {
  const { spec } = job
  assert.deepEqual([spec?.completionMode, spec?.completions, spec?.parallelism], ['Indexed', 3, 3])
  assert.deepEqual([spec?.backoffLimitPerIndex, spec?.template.spec?.restartPolicy], [0, 'Never'])
  assert.deepEqual([spec?.activeDeadlineSeconds, spec?.ttlSecondsAfterFinished], [600, 60])
})

test('a pod has no secret and no right, and passes the strictest Pod Security', () => {
  const pod = job.spec?.template.spec
  const [container] = pod?.containers ?? []
  assert.equal(pod?.automountServiceAccountToken, false)
  assert.equal(pod?.securityContext?.runAsNonRoot, true)
  assert.deepEqual(pod?.securityContext?.seccompProfile, { type: 'RuntimeDefault' })
  assert.equal(container?.securityContext?.allowPrivilegeEscalation, false)
  assert.deepEqual(container?.securityContext?.capabilities, { drop: ['ALL'] })
  assert.deepEqual(container?.env, [{ name: 'LAS_GENERATOR_KEY_HASH', value: 'abc' }])
  assert.deepEqual(container?.resources?.limits, { cpu: '500m', memory: '256Mi' })
})

test('generators keep away from the target first, and from each other where that leaves a choice', () => {
  const { preferredDuringSchedulingIgnoredDuringExecution: terms = [] } =
    job.spec?.template.spec?.affinity?.podAntiAffinity ?? {}
  const weights = terms.map(({ weight, podAffinityTerm: { labelSelector } }) => [
    weight,
    labelSelector?.matchLabels,
  ])
  assert.deepEqual(weights, [
    [100, { app: 'shop' }],
    [5, { 'load-and-stress/run': 'las-generators-1' }],
  ])
  assert.deepEqual(
    job.spec?.template.metadata?.labels?.['load-and-stress/run'],
    'las-generators-1',
    'the label that they know each other by',
  )
})

type Status = NonNullable<Pod['status']>

const pod = (status: Status, metadata: Pod['metadata'] = {}): Pod => ({
  metadata: {
    name: 'las-generators-1-2-abcde',
    labels: { 'batch.kubernetes.io/job-completion-index': '2' },
    ...metadata,
  },
  spec: { nodeName: 'node1', containers: [] },
  status,
})
const terminated = (reason: string, exitCode: number) => ({
  containerStatuses: [
    {
      name: 'generator',
      image: '',
      imageID: '',
      ready: false,
      restartCount: 0,
      state: { terminated: { reason, exitCode } },
    },
  ],
})

test('what became of a generator is read from its pod, in words', () => {
  const { index, node, running, ended, problem } = generatorPodOf(pod({ phase: 'Running' }))
  assert.deepEqual([index, node, running, ended, problem], [2, 'node1', true, false, null])
  const lost = (status: Status, metadata?: Pod['metadata']) => generatorPodOf(pod(status, metadata)).problem
  assert.equal(lost({ phase: 'Succeeded', ...terminated('Completed', 0) }), null)
  assert.equal(
    lost({ phase: 'Failed', ...terminated('OOMKilled', 137) }),
    'its pod ran out of memory (--generator-memory gives it more)',
  )
  assert.equal(
    lost({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' }),
    'its pod was lost: Evicted (The node was low on resource: memory.)',
  )
  assert.equal(lost({ phase: 'Failed', ...terminated('Error', 4) }), 'its pod failed with exit code 4')
  assert.equal(
    lost({ phase: 'Running' }, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    'its pod was deleted',
  )
})

test('a generator that no node fits may still be scheduled', () => {
  const conditions = [
    { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '1 Insufficient cpu.' },
  ]
  const { problem, waitsForNode } = generatorPodOf(pod({ phase: 'Pending', conditions }))
  assert.equal(problem, 'no node fits las-generators-1-2-abcde: 1 Insufficient cpu.')
  assert.equal(waitsForNode, true)
})

test('a node that no longer reports is seen by what the control plane takes away from its pods', () => {
  const condition = (type: string, status: 'True' | 'False', reason?: string) => ({
    ...{ type, status },
    ...(reason && { reason }),
  })
  const silent = (phase: string, ready: 'True' | 'False', containers: 'True' | 'False') =>
    generatorPodOf(
      pod({ phase, conditions: [condition('Ready', ready), condition('ContainersReady', containers)] }),
    ).silent
  assert.equal(silent('Running', 'False', 'True'), true)
  assert.equal(silent('Running', 'True', 'True'), false)
  // Its container has ended, or has not begun.
  assert.equal(silent('Running', 'False', 'False'), false)
  assert.equal(silent('Succeeded', 'False', 'False'), false)
})
