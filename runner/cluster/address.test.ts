import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type FakeCluster, fakeKubectl } from '../../test/fake-kubectl.ts'
import { type Serving, serving } from '../../test/service.ts'
import { serviceUrl } from './address.ts'
import { kubectlOf } from './kubectl.ts'

let service: Serving
before(async () => {
  service = await serving((request, response) =>
    response.writeHead(request.url === '/healthz' ? 200 : 404).end(),
  )
})
after(() => service.close())

const livePort = () => Number(new URL(service.url).port)
// Nothing listens on the discard port.
const deadPort = 9

async function address(cluster: FakeCluster) {
  using fake = fakeKubectl(cluster)
  const url = await serviceUrl(kubectlOf(fake.shell)).catch((error: Error) => error.message)
  return { url, reported: fake.shell.sentences.join('\n') }
}

test('the LoadBalancer is used where it answers', async () => {
  assert.deepEqual(await address({ balancer: { ip: '127.0.0.1', port: livePort() }, nodePort: deadPort }), {
    url: service.url,
    reported: '',
  })
})

test('else a port of a node, with the reason', async () => {
  const pending = await address({ balancer: { port: deadPort }, nodePort: livePort() })
  assert.equal(pending.url, service.url)
  assert.equal(
    pending.reported,
    "the LoadBalancer has no address yet; using a node's port instead (wait until the cloud provider assigns one to go through the LoadBalancer)",
  )
  const stale = await address({
    balancer: { ip: '127.0.0.1', port: deadPort },
    nodePort: livePort(),
    minikube: true,
  })
  assert.equal(stale.url, service.url)
  assert.match(
    stale.reported,
    /^the LoadBalancer's address http:\/\/127\.0\.0\.1:9 does not answer \(left behind by a tunnel that has ended\?\); .*start "minikube tunnel -p here"/,
  )
})

test('no address at all is a Failure with advice', async () => {
  const { url } = await address({ balancer: { port: deadPort }, nodePort: deadPort, minikube: true })
  assert.equal(
    url,
    'the LoadBalancer has no address yet, and no node answers on port 9 either; start "minikube tunnel -p here" in another terminal',
  )
  assert.match(
    (await address({})).url,
    /^no service in the namespace load-and-stress; deploy the workload with/,
  )
})
