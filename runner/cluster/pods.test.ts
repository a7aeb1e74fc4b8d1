import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerStatus, PodStatus } from 'kubernetes-types/core/v1.js'
import { podOf } from './pods.ts'

const pod = (status: PodStatus) =>
  podOf({
    metadata: { name: 'workload-a', namespace: 'load-and-stress' },
    spec: { nodeName: 'node-1', containers: [{ name: 'workload', image: 'app:1' }] },
    status,
  })
const container = (status: Partial<ContainerStatus>) =>
  pod({
    containerStatuses: [
      { name: 'workload', image: 'app:1', imageID: '', ready: false, restartCount: 0, ...status },
    ],
  })
const waiting = (reason: string, message?: string) =>
  container({ state: { waiting: { reason, ...(message && { message }) } } })

test('a pod that is ready or starting has no problem', () => {
  assert.deepEqual(container({ ready: true, restartCount: 1 }), {
    name: 'workload-a',
    node: 'node-1',
    nodeAddress: null,
    ready: true,
    restarts: 1,
    terminating: false,
    problem: null,
    waitsForNode: false,
    nodeAway: false,
  })
  assert.equal(waiting('ContainerCreating').problem, null)
  assert.deepEqual([pod({}).ready, pod({}).problem], [false, null])
})

test('a pod that is being deleted is terminating', () => {
  assert.equal(podOf({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }).terminating, true)
})

test('the problem of a pod is one sentence', () => {
  const unschedulable = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: '0/1 nodes are available: 1 Insufficient cpu.',
  }
  assert.equal(
    pod({ conditions: [unschedulable] }).problem,
    'no node fits workload-a: 0/1 nodes are available: 1 Insufficient cpu.; --patience waits longer for one',
  )
  for (const reason of ['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName'])
    assert.match(
      waiting(reason, 'no such manifest').problem ?? '',
      /^the image app:1 cannot be pulled on node-1 \(no such manifest\); cluster:deploy builds it into minikube/,
    )
  const crash = {
    restartCount: 3,
    lastState: { terminated: { exitCode: 1, reason: 'Error' } },
  }
  const crashing =
    'workload-a keeps crashing (exit code 1, Error); "kubectl -n load-and-stress logs workload-a -c workload --previous" shows why'
  assert.equal(container(crash).problem, crashing)
  const backingOff = { ...crash, restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } } }
  assert.equal(container(backingOff).problem, crashing)
  assert.equal(waiting('CreateContainerConfigError').problem, 'workload-a: CreateContainerConfigError')
})
