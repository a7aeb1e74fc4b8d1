import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FakeCluster, fakeKubectl } from '../../test/fake-kubectl.ts'
import { findDeployed, type Named } from './deployed.ts'

async function found(cluster: FakeCluster, named: Named) {
  using fake = fakeKubectl(cluster)
  const words = await findDeployed(fake.shell, named)
    .then((deployed) => `${deployed.words}; ${deployed.selector}; ${deployed.container()}`)
    .catch((error: Error) => error.message)
  return { words, calls: fake.calls() }
}

test('a deployment or a StatefulSet is found by its name, in a namespace and a context', async () => {
  const shop = { name: 'shop', containers: ['app'] }
  const { words, calls } = await found(shop, { deployment: 'store/shop', context: 'prod' })
  assert.equal(words, 'kube context prod, namespace store: deployment/shop; app=shop; app')
  assert.deepEqual(calls, ['get deployments -n store -o json', 'get statefulsets -n store -o json'])
  const set = await found({ ...shop, kind: 'statefulsets' }, { deployment: 'shop', namespace: 'store' })
  assert.equal(set.words, 'kube context here, namespace store: statefulset/shop; app=shop; app')
})

test('the bundled workload is found in its own namespace or in a named one', async () => {
  const words = async (named: Named) => (await found({}, named)).words
  assert.match(await words({ deployment: '' }), /, namespace load-and-stress: deployment\/workload;/)
  assert.match(
    await words({ deployment: '', namespace: 'nights' }),
    /, namespace nights: deployment\/workload;/,
  )
})

test('what cannot be found or chosen is said, with what there is', async () => {
  const shop = { name: 'shop', containers: ['app', 'proxy'] }
  const words = async (named: Named, cluster: FakeCluster = shop) => (await found(cluster, named)).words
  assert.equal(
    await words({ deployment: 'shp', namespace: 'store' }),
    'no deployment or StatefulSet shp in the namespace store, which has shop; --namespace and --context name others',
  )
  assert.match(
    await words({ deployment: 'a/b/c' }),
    /^--deployment: "a\/b\/c" is not NAME or NAMESPACE\/NAME$/,
  )
  assert.match(await words({ deployment: 'a/shop', namespace: 'b' }), /differ$/)
  assert.equal(
    await words({ deployment: 'a/shop' }),
    'deployment/shop has the containers app, proxy; name one with --container',
  )
  assert.match(await words({ deployment: 'a/shop', container: 'proxy' }), /; proxy$/)
  assert.match(await words({ deployment: 'a/shop', container: 'x' }), /the containers app, proxy, not x$/)
})
