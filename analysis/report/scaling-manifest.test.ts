import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Scaling, scalingManifests, targetUtilisation } from './scaling-manifest.ts'

const known: Scaling = {
  resource: 'deployment/api',
  namespace: 'shop',
  container: 'app',
  replicas: 4,
  cpu: '200m',
  utilisation: 70,
}

test('the files set the container’s CPU and an autoscaler, and leave the replicas to it', () => {
  assert.deepEqual(scalingManifests(known), [
    [
      'size.yaml',
      `# kubectl patch deployment/api -n shop --patch-file size.yaml
spec:
  template:
    spec:
      containers:
        - name: "app"
          resources:
            requests:
              cpu: "200m"
            limits:
              cpu: "200m"
`,
    ],
    [
      'autoscaler.yaml',
      `# kubectl apply -f autoscaler.yaml
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: "api"
  namespace: "shop"
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: "api"
  minReplicas: 1
  maxReplicas: 5
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: 70
`,
    ],
  ])
})

test('without a known use there is no autoscaler, and without a known container no limit', () => {
  assert.deepEqual(scalingManifests({ ...known, utilisation: null, container: null, namespace: null }), [
    ['size.yaml', '# kubectl patch deployment/api --patch-file size.yaml\nspec:\n  replicas: 4\n'],
  ])
  const [[file, stateful] = [], ...others] = scalingManifests({
    ...known,
    cpu: null,
    resource: 'statefulset/1e3',
  })
  assert.equal(file, 'autoscaler.yaml')
  assert.deepEqual(others, [])
  assert.deepEqual(stateful?.match(/kind: .*|name: "1e3"/g), [
    'kind: HorizontalPodAutoscaler',
    'name: "1e3"',
    'kind: StatefulSet',
    'name: "1e3"',
  ])
  assert.deepEqual(scalingManifests({ ...known, resource: 'daemonset/api' }), [])
})

test('an autoscaler acts before pods use what they used at the highest rate that held', () => {
  assert.equal(targetUtilisation(0.88), 80)
  // By its formula it scales where use ÷ target > 1.1.
  for (const used of [0.05, 0.333, 0.71, 0.99]) {
    const target = targetUtilisation(used)
    assert.ok(target && (100 * used) / target >= 1.1, `${target} for ${used}`)
  }
  assert.equal(targetUtilisation(0.005), null)
})
