import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fakeKubectl } from '../../test/fake-kubectl.ts'
import { type Serving, serving } from '../../test/service.ts'
import { Failure } from '../shell/exit.ts'
import { deploymentTarget, needAutoscaler, variableNow } from './deployment.ts'

let service: Serving
before(async () => {
  service = await serving((_, response) => response.end('{}'))
})
after(() => service.close())
const balancer = () => ({ ip: '127.0.0.1', port: Number(new URL(service.url).port) })

/** The commands that changed the deployment, a patch as what it set of which container. */
const changes = (calls: readonly string[]) =>
  calls
    .filter((call) => /^(scale|patch (deployment|statefulset)\/)/.test(call))
    .map((call) => {
      const [, where, patch] = /^patch (.*) --type=strategic -p (.*)$/.exec(call) ?? []
      if (patch === undefined) return call
      const [{ name, ...set }] = JSON.parse(patch).spec.template.spec.containers
      return `${where} ${name}: ${JSON.stringify(set)}`
    })

test('what was varied is put back, once', async () => {
  using fake = fakeKubectl({ replicas: 3, balancer: balancer() })
  const target = await deploymentTarget(fake.shell, { named: null })
  await target.vary({ replicas: 1, image: 'app:2' }, fake.shell.signal)
  assert.equal((await variableNow(fake.shell, null)).image, 'app:2')
  await target.restore()
  await target.restore()
  assert.deepEqual(changes(fake.calls()), [
    'scale -n load-and-stress deployment/workload --replicas=1',
    'deployment/workload -n load-and-stress workload: {"image":"app:2"}',
    'deployment/workload -n load-and-stress workload: {"image":"app:1"}',
    'scale -n load-and-stress deployment/workload --replicas=3',
  ])
  assert.deepEqual(
    fake.shell.sentences.filter((sentence) => sentence.startsWith('back to')),
    ['back to 3 replicas of app:1 …'],
  )
})

test('pods that cannot become ready do not keep restore from scaling down', async () => {
  using fake = fakeKubectl({ balancer: balancer() })
  const target = await deploymentTarget(fake.shell, { named: null })
  await target.vary({ replicas: 8, image: 'app:2' }, fake.shell.signal)
  await target.restore()
  const calls = fake.calls()
  const scaled = calls.indexOf('scale -n load-and-stress deployment/workload --replicas=1')
  // The very next command: nothing waits for pods in between.
  assert.match(calls[scaled + 1] ?? '', /^patch deployment\/workload .*"image":"app:1"/)
})

test('a deployment that was not varied stays as it is', async () => {
  using fake = fakeKubectl({ balancer: balancer() })
  const target = await deploymentTarget(fake.shell, { named: null })
  await target.vary({}, fake.shell.signal)
  await target.restore()
  assert.deepEqual(changes(fake.calls()), [])
})

test('a restore that fails is reported', async () => {
  using fake = fakeKubectl({ balancer: balancer() })
  const target = await deploymentTarget(fake.shell, { named: null })
  await target.vary({ replicas: 2 }, fake.shell.signal)
  fake.change({ failures: ['Error from server (Forbidden): deployments.apps is forbidden'] })
  await target.restore()
  assert.match(
    fake.shell.sentences.at(-1) ?? '',
    /^could not restore deployment\/workload in the namespace load-and-stress to 1 replica of app:1: the cluster does not allow/,
  )
})

/** Of pods that may be seen, but not what they use. */
const unused = {
  cpuLimitCores: null,
  periods: null,
  throttledPeriods: null,
  maxMemoryMiB: null,
  maxMemoryShare: null,
  memoryLimitMiB: null,
  restarts: 0,
  killedForMemory: 0,
  receivedMiB: null,
  sentMiB: null,
}
const unseen =
  'What the pods used is unknown: neither the kubelets (nodes/proxy) nor metrics.k8s.io may be read.'

test('the observation has the facts of the cluster and what each pod did', async () => {
  using fake = fakeKubectl({ replicas: 1, balancer: balancer() })
  const target = await deploymentTarget(fake.shell, { named: null })
  const observation = await target.observe({ scaling: true, workload: true })
  assert.equal(observation.replicas, 1)
  while (!fake.calls().includes('watching')) await sleep(20)
  await sleep(20)
  const startedAt = new Date()
  const endedAt = new Date(startedAt.getTime() + 2000)
  const { cluster, ...rest } = await observation.finish({ startedAt, endedAt, countsWork: true })
  assert.deepEqual(rest, {
    url: service.url,
    embedded: false,
    replicas: 1,
    workload: null,
    workServed: null,
  })
  assert.ok(cluster)
  const { scaling, ...facts } = cluster
  assert.deepEqual(facts, {
    context: 'here',
    namespace: 'load-and-stress',
    deployment: 'deployment/workload',
    nodes: 1,
    image: 'app:1',
    cpuLimit: '200m',
    cpuRequest: '200m',
    container: 'workload',
    memoryLimit: null,
    usedNodes: [],
    usage: { source: null, note: unseen },
    pods: [{ ...unused, cpuLimitCores: 0.2, name: 'pod-1', node: 'node-1', served: 100, cpuCores: 0.5 }],
  })
  assert.deepEqual(
    scaling.map(({ wanted, ready }) => [wanted, ready]),
    [
      [1, 1],
      [2, 1],
      [2, 2],
    ],
  )
})

test('a deployment without an address can still be varied', async () => {
  using fake = fakeKubectl({ balancer: { ip: '127.0.0.1', port: 9 }, nodePort: 9 })
  const target = await deploymentTarget(fake.shell, { named: null })
  assert.throws(() => target.url, /does not answer/)
  fake.change({ balancer: balancer() })
  await target.vary({ replicas: 2 }, fake.shell.signal)
  assert.equal(target.url.href, `${service.url}/`)
})

test('no deployment and no autoscaler are Failures with advice', async () => {
  using none = fakeKubectl({ replicas: null })
  const isFailure = (sentence: RegExp) => (error: unknown) =>
    error instanceof Failure && error.exitCode === 4 && sentence.test(error.message)
  await assert.rejects(
    deploymentTarget(none.shell, { named: null }),
    isFailure(/^no workload in the namespace load-and-stress; deploy it with/),
  )
  using fixed = fakeKubectl()
  await assert.rejects(
    needAutoscaler(fixed.shell, null),
    isFailure(/^nothing scales the workload; .*--with autoscaling/),
  )
  using scaled = fakeKubectl({ autoscalers: 1 })
  await needAutoscaler(scaled.shell, null)
})

const shop = { name: 'shop', kind: 'statefulsets', containers: ['app', 'proxy'] } as const
const named = { deployment: 'store/shop', container: 'app' }

test('of a deployment of one\u2019s own, the named container alone changes, and nothing but the API is asked', async () => {
  using fake = fakeKubectl({ ...shop, replicas: 2, balancer: balancer(), forbidden: ['nodes', 'hpa'] })
  const target = await deploymentTarget(fake.shell, { named })
  await target.vary({ replicas: 1, image: 'app:2' }, fake.shell.signal)
  const observation = await target.observe({ scaling: false, workload: false })
  const now = new Date()
  const { cluster, workload } = await observation.finish({ startedAt: now, endedAt: now, countsWork: false })
  await target.restore()
  assert.deepEqual(changes(fake.calls()), [
    'scale -n store statefulset/shop --replicas=1',
    'statefulset/shop -n store app: {"image":"app:2"}',
    'statefulset/shop -n store app: {"image":"app:1"}',
    'scale -n store statefulset/shop --replicas=2',
  ])
  assert.equal(workload, null)
  assert.deepEqual(
    [cluster?.nodes, cluster?.deployment, cluster?.namespace, cluster?.image],
    [null, 'statefulset/shop', 'store', 'app:2'],
  )
  assert.deepEqual(cluster?.pods, [
    { ...unused, name: 'pod-1', node: 'node-1', served: null, cpuCores: null },
  ])
  assert.equal(fake.calls().filter((call) => call.includes('/insight')).length, 0)
  assert.equal(fake.shell.sentences[0], 'kube context here, namespace store: statefulset/shop')
})

test('a deployment that an autoscaler scales is not varied', async () => {
  using fake = fakeKubectl({ ...shop, balancer: balancer(), autoscalers: 1 })
  const refusal =
    /^statefulset\/shop is scaled by the autoscaler scaler-1 \(1 to 5 replicas\), so what is set would not stay; --suspend-autoscaler/
  await assert.rejects(variableNow(fake.shell, named), { message: refusal })
  const target = await deploymentTarget(fake.shell, { named })
  await assert.rejects(target.vary({ replicas: 2 }, fake.shell.signal), { message: refusal })
  await target.restore()
  assert.deepEqual(changes(fake.calls()), [])
})

test('a series that goes on restores what ran before it began', async () => {
  using fake = fakeKubectl({ replicas: 2, balancer: balancer() })
  const target = await deploymentTarget(fake.shell, { named: null, before: { replicas: 3, image: 'app:1' } })
  await target.vary({ replicas: 1 }, fake.shell.signal)
  await target.restore()
  assert.equal(changes(fake.calls()).at(-1), 'scale -n load-and-stress deployment/workload --replicas=3')
})

test('an autoscaler is suspended on demand, and works again at the end, also after a kill', async () => {
  using fake = fakeKubectl({ ...shop, balancer: balancer(), autoscalers: 1 })
  const consenting = { ...named, suspendAutoscaler: true }
  const before = await variableNow(fake.shell, consenting)
  const spec = { maxReplicas: 5, scaleTargetRef: { kind: 'StatefulSet', name: 'shop' } }
  assert.deepEqual(before.autoscalers, [{ name: 'scaler-1', spec }])
  // The second time as a series that was killed goes on: the autoscaler is suspended, and its plan knows how it was.
  for (let time = 0; time < 2; time++) {
    const target = await deploymentTarget(fake.shell, { named: consenting, before })
    await target.vary({ replicas: 2 }, fake.shell.signal)
    if (time > 0) await target.restore()
  }
  const patches = fake.calls().filter((call) => call.startsWith('patch'))
  assert.equal(patches.length, 3)
  assert.match(patches[0] ?? '', /^patch hpa scaler-1 -n store --type=merge -p .*"selectPolicy":"Disabled"/)
  assert.equal(
    patches[2],
    `patch hpa scaler-1 -n store --type=json -p ${JSON.stringify([{ op: 'replace', path: '/spec', value: spec }])}`,
  )
})

test('limits and variables of the named container change in one patch and come back to the letter', async () => {
  const env = [
    { name: 'A', value: '1' },
    { name: 'POOL', valueFrom: { configMapKeyRef: { name: 'conf', key: 'pool' } } },
    { name: 'DATABASE', valueFrom: { secretKeyRef: { name: 'db', key: 'url' } } },
  ]
  const resources = { requests: { cpu: '300m', memory: '64Mi' }, limits: { cpu: '400m' } }
  using fake = fakeKubectl({ ...shop, replicas: 2, balancer: balancer(), env, resources })
  const levels = { replicas: 1, cpu: '200m', env: { POOL: '4', NEW: 'x' } }
  const before = await variableNow(fake.shell, named, levels)
  assert.deepEqual(before, { replicas: 2, image: 'app:1', resources, env: { POOL: env[1], NEW: null } })
  const target = await deploymentTarget(fake.shell, { named, before: structuredClone(before) })
  await target.vary(levels, fake.shell.signal)
  const patches = () => changes(fake.calls()).filter((call) => !call.startsWith('scale'))
  assert.equal(patches().length, 1)
  assert.deepEqual(fake.now().resources, {
    requests: { cpu: '200m', memory: '64Mi' },
    limits: { cpu: '200m' },
  })
  assert.deepEqual(fake.now().env, [
    env[0],
    { name: 'POOL', value: '4' },
    env[2],
    { name: 'NEW', value: 'x' },
  ])
  await target.vary(levels, fake.shell.signal)
  assert.equal(patches().length, 1)
  // From what was before, not from the last cell: the request is as it was again, and nothing else is set.
  await target.vary({ cpu: '500m' }, fake.shell.signal)
  assert.deepEqual(fake.now().resources, {
    requests: { cpu: '300m', memory: '64Mi' },
    limits: { cpu: '500m' },
  })
  assert.deepEqual([fake.now().env, fake.now().replicas], [env, 2])
  await target.vary({ memory: '96Mi', env: { LATER: '1' } }, fake.shell.signal)
  await target.restore()
  const { env: restored, resources: limits, replicas, image } = fake.now()
  assert.deepEqual(
    { env: restored, resources: limits, replicas, image },
    { env, resources, replicas: 2, image: 'app:1' },
  )
})

test('a variable that holds a password now is not varied, since it would be kept to be restored', async () => {
  const env = [{ name: 'UPSTREAM', value: 'http://me:c4nary@db' }]
  using fake = fakeKubectl({ ...shop, balancer: balancer(), env })
  await assert.rejects(variableNow(fake.shell, named, { env: { UPSTREAM: 'http://b' } }), (error: Error) =>
    /^env.UPSTREAM of statefulset\/shop holds a password now/.test(error.message),
  )
})

test('a vertical autoscaler is refused or suspended likewise, unless it only recommends', async () => {
  using fake = fakeKubectl({ ...shop, balancer: balancer(), vertical: 'Recreate' })
  await assert.rejects(variableNow(fake.shell, named), {
    message:
      /^statefulset\/shop is resized by the vertical autoscaler sizer \(updateMode Recreate\), so .*; --suspend-autoscaler/,
  })
  const consenting = { ...named, suspendAutoscaler: true }
  const before = await variableNow(fake.shell, consenting)
  const target = await deploymentTarget(fake.shell, { named: consenting, before })
  await target.vary({ replicas: 2 }, fake.shell.signal)
  await target.restore()
  const spec = {
    targetRef: { kind: 'StatefulSet', name: 'shop' },
    updatePolicy: { updateMode: 'Recreate' },
  }
  assert.deepEqual(before.autoscalers, [{ kind: 'vpa', name: 'sizer', spec }])
  const patch = 'patch verticalpodautoscalers sizer -n store'
  assert.deepEqual(
    fake.calls().filter((call) => call.startsWith('patch')),
    [
      `${patch} --type=merge -p {"spec":{"updatePolicy":{"updateMode":"Off"}}}`,
      `${patch} --type=json -p ${JSON.stringify([{ op: 'replace', path: '/spec', value: spec }])}`,
    ],
  )
  fake.change({ vertical: 'Off' })
  assert.equal((await variableNow(fake.shell, named)).autoscalers, undefined)
})

test('a node that is only away is waited for longer than one that is full', async () => {
  using fake = fakeKubectl({ replicas: 1, room: 1, nodeAway: true, balancer: balancer() })
  const named = { deployment: 'load-and-stress/workload', patience: 500 }
  const target = await deploymentTarget(fake.shell, { named })
  const back = async () => {
    while (!fake.shell.sentences.some((sentence) => /no node fits.*unreachable/.test(sentence)))
      await sleep(20)
    await sleep(1500)
    fake.change({ room: 2 })
  }
  await Promise.all([target.vary({ replicas: 2 }, fake.shell.signal), back()])
  assert.equal(fake.now().replicas, 2)
  fake.change({ nodeAway: false })
  await assert.rejects(target.vary({ replicas: 3 }, fake.shell.signal), /no node fits .*Insufficient cpu/)
  fake.change({ room: 9 })
  await target.restore()
})

test('what is wrong after the API server was away has as long to pass as at first', async () => {
  using fake = fakeKubectl({ replicas: 1, room: 1, balancer: balancer() })
  const named = { deployment: 'load-and-stress/workload', patience: 4000 }
  const target = await deploymentTarget(fake.shell, { named })
  const refused = 'The connection to the server 10.88.0.11:6443 was refused'
  const away = async () => {
    // Its first look has been answered, and the node has no room.
    while (!fake.shell.sentences.some((sentence) => /no node fits/.test(sentence))) await sleep(20)
    fake.change({ failures: Array(99).fill(refused) })
    await sleep(2500)
    fake.change({ failures: [] })
    await sleep(3000)
    fake.change({ room: 2 })
  }
  await Promise.all([target.vary({ replicas: 2 }, fake.shell.signal), away()])
  assert.equal(fake.now().replicas, 2)
  await target.restore()
})
