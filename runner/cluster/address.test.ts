import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type FakeCluster, fakeKubectl } from '../../test/fake-kubectl.ts'
import { type Serving, serving } from '../../test/service.ts'
import { insideUrl, serviceUrl } from './address.ts'
import { findDeployed, type Named } from './deployed.ts'

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

async function address(cluster: FakeCluster, named: Named | null = null) {
  using fake = fakeKubectl(cluster)
  const url = await findDeployed(fake.shell, named)
    .then(serviceUrl)
    .catch((error: Error) => error.message)
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

const shop = { deployment: 'shop' }
const nodePort = (name: string, ports: readonly object[], rest = {}) => ({
  metadata: { name },
  spec: { type: 'NodePort', selector: { app: 'shop' }, ports, ...rest },
})

test('the service is the one that selects the pods, on the port that leads out', async () => {
  const cluster = (services: readonly object[]): FakeCluster => ({ name: 'shop', services })
  const web = { name: 'web', port: 80, nodePort: livePort() }
  const metrics = { name: 'metrics', port: 9090 }
  const other = { ...nodePort('other', [{ port: 1, nodePort: deadPort }], { selector: { app: 'other' } }) }
  const headless = nodePort('peers', [{ port: 80 }], { type: 'ClusterIP', clusterIP: 'None' })
  const found = await address(cluster([other, headless, nodePort('shop', [metrics, web])]), shop)
  assert.deepEqual(found, { url: service.url, reported: '' })

  const two = cluster([nodePort('a', [web]), nodePort('b', [web])])
  assert.match((await address(two, shop)).url, /^the services a, b select the pods .* --service$/)
  assert.equal((await address(two, { ...shop, service: 'b' })).url, service.url)
  assert.match((await address(two, { ...shop, service: 'c' })).url, /^no service c in .* which has a, b$/)

  const many = cluster([nodePort('shop', [web, { name: 'admin', port: 81, nodePort: deadPort }, metrics])])
  assert.equal((await address(many, shop)).url, service.url, 'the one that is called web')
  assert.equal((await address(many, { ...shop, port: '80' })).url, service.url)
  assert.match(
    (await address(many, { ...shop, port: 'admin' })).url,
    /no node answers on port 9; .*--address/,
  )
  assert.match(
    (await address(many, { ...shop, port: 'x' })).url,
    /^the service shop has the ports web \(80\), admin \(81\), metrics \(9090\), not x$/,
  )
  assert.match(
    (await address(cluster([other]), shop)).url,
    /^no service .* selects the pods of deployment\/shop/,
  )
})

test('a health path must answer 2xx or 3xx; without one, an open port is enough', async () => {
  const cluster = { name: 'shop', services: [nodePort('shop', [{ port: 80, nodePort: livePort() }])] }
  assert.equal((await address(cluster, { ...shop, health: '/healthz' })).url, service.url)
  assert.match((await address(cluster, { ...shop, health: '/none' })).url, /no node answers/)
})

test('a ClusterIP is said to be reached from inside only, with the Ingress that leads to it', async () => {
  const services = [nodePort('shop', [{ port: 80 }], { type: 'ClusterIP' })]
  assert.equal(
    (await address({ name: 'shop', services }, shop)).url,
    'the service shop is a ClusterIP, which only pods of the cluster reach; load it from pods (--on cluster), or name with --address where it is reached',
  )
  const paths = [{ backend: { service: { name: 'shop' } } }]
  const ingresses = [{ spec: { rules: [{ host: 'shop.test', http: { paths } }] } }]
  assert.match(
    (await address({ name: 'shop', services, ingresses }, shop)).url,
    /an Ingress leads to it: --address http:\/\/shop\.test, or https$/,
  )
})

test('for pods of the cluster a service has a name, and the load may reach its addresses', async () => {
  const inside = async (service: object, always = false) => {
    using fake = fakeKubectl({ name: 'shop', services: [service] })
    const found = await insideUrl(await findDeployed(fake.shell, shop), always)
    return found && [found.url.href, found.reach.also]
  }
  const ports = [
    { name: 'admin', port: 81 },
    { name: 'http', port: 8080 },
  ]
  const internal = { type: 'ClusterIP', clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7', 'fd00::7'] }
  assert.deepEqual(await inside(nodePort('shop', ports, internal)), [
    'http://shop.here.svc:8080/',
    ['10.96.0.7', 'fd00::7'],
  ])
  assert.equal(await inside(nodePort('shop', ports)), null, 'this machine reaches it')
  const always = await inside(nodePort('shop', ports, { clusterIP: '10.96.0.8' }), true)
  assert.deepEqual(always?.[1], ['10.96.0.8'])
})
