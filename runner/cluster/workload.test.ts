import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { fakeKubectl } from '../../test/fake-kubectl.ts'
import { testShell } from '../../test/shell.ts'
import { deploy, printUrl, scaleTo, status, up } from './workload.ts'

test('minikube starts with nodes, profile and metrics-server', async () => {
  // A start takes a virtual machine or Docker: only its arguments can be tested here.
  using fake = fakeKubectl()
  await up(fake.shell, { nodes: 3, profile: 'big' })
  assert.deepEqual(fake.minikubeCalls(), ['start --profile=big --nodes=3 --addons=metrics-server'])
  await assert.rejects(
    up(testShell({ env: { PATH: '/nowhere' } }), { nodes: 1, profile: 'minikube' }),
    /^Error: minikube is not installed/,
  )
})

test('deploy applies base, components, replicas and image', async () => {
  using fake = fakeKubectl({ replicas: 2 })
  await deploy(fake.shell, { replicas: 2, image: 'registry:5000/app:1.4@sha256:0', components: ['token'] })
  const { components, replicas, images } = fake.applied()
  assert.match(components.join(), /manifests\/components\/token$/)
  assert.deepEqual(replicas, [{ name: 'workload', count: 2 }])
  const [{ newName, newTag, digest }] = images
  assert.deepEqual([newName, newTag, digest], ['registry:5000/app', '1.4', 'sha256:0'])
  assert.match(fake.shell.sentences.join('\n'), /^2 replicas are ready; "npm run -s cluster:url"/m)
})

test('deploy builds the image into minikube where none is given, under a tag of its content, once', async () => {
  using fake = fakeKubectl({ minikube: true })
  const builds = () => fake.minikubeCalls().filter((call) => call.includes('image build'))
  for (let time = 0; time < 2; time++) {
    await deploy(fake.shell, { replicas: 1, image: undefined, components: [] })
    const [{ newName, newTag }] = fake.applied().images
    assert.equal(newName, 'localhost/load-and-stress')
    assert.match(newTag, /^0\.1\.0-[\da-f]{12}$/)
    assert.deepEqual(builds(), [`-p here image build -t ${newName}:${newTag} -f workload/Dockerfile .`])
  }
})

test('a build that failed while minikube exits 0 is noticed, and nothing is deployed', async () => {
  using fake = fakeKubectl({ minikube: true, buildFails: true })
  await assert.rejects(
    deploy(fake.shell, { replicas: 1, image: undefined, components: [] }),
    /^Error: minikube has no image localhost\/load-and-stress:0\.1\.0-\w{12} after building it; .*Nothing was/,
  )
  assert.ok(!fake.calls().some((call) => call.startsWith('apply')), 'something was applied')
})

test('scale waits for the pods, and status shows them', async () => {
  using fake = fakeKubectl()
  await scaleTo(fake.shell, 2)
  let printed = ''
  await status({
    ...fake.shell,
    print(text) {
      printed += text
    },
  })
  assert.equal(
    printed,
    `pod    node    ready  restarts  CPU
pod-1  node-1  yes    0         12m
pod-2  node-1  yes    0         –

1 node
`,
  )
})

test('the address is printed alone, and why it is a node’s goes to stderr', async () => {
  const server = http.createServer((_, response) => response.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  using fake = fakeKubectl({ nodePort: port })
  let printed = ''
  await printUrl({
    ...fake.shell,
    print(text) {
      printed += text
    },
  }).finally(() => server.close())
  assert.match(printed, new RegExp(`^http://127\\.0\\.0\\.1:${port}/?\n$`))
  assert.match(fake.shell.sentences.join('\n'), /^the LoadBalancer has no address yet; using a node's port/m)
})

test('deploy without autoscaling removes the autoscaler of an earlier one, and status shows one', async () => {
  using fake = fakeKubectl({ autoscalers: 1 })
  let printed = ''
  await status({
    ...fake.shell,
    print(text) {
      printed += text
    },
  })
  assert.match(printed, /^the autoscaler workload scales it: 1 to 5 replicas$/m)
  await deploy(fake.shell, { replicas: 1, image: 'app:1', components: ['autoscaling'] })
  assert.ok(!fake.calls().some((call) => call.startsWith('delete')))
  await deploy(fake.shell, { replicas: 1, image: 'app:1', components: [] })
  assert.ok(fake.calls().includes('delete hpa workload -n load-and-stress'))
  assert.match(fake.shell.sentences.join('\n'), /^the autoscaler of an earlier deployment is removed/m)
})

test('monitoring without the operator applies nothing', async () => {
  using fake = fakeKubectl()
  const monitored = { replicas: 1, image: 'app:1', components: ['monitoring'] }
  await assert.rejects(deploy(fake.shell, monitored), /needs the Prometheus operator, .*nothing was deployed/)
  assert.ok(!fake.calls().some((call) => call.startsWith('apply')))
  fake.change({ operator: true })
  await deploy(fake.shell, monitored)
})
