import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fakeKubectl } from '../../test/fake-kubectl.ts'
import { findDeployed } from './deployed.ts'
import { watchReplicas } from './watch.ts'

test('a watch that the API server ended begins anew', async () => {
  using fake = fakeKubectl()
  const deployed = await findDeployed(fake.shell, null)
  fake.change({ failures: ['Unable to connect to the server: unexpected EOF'] })
  const watch = watchReplicas(deployed)
  for (let look = 0; look < 200 && !fake.calls().includes('watching'); look++) await sleep(50)
  await sleep(50)
  assert.deepEqual(
    watch.stop().map(({ wanted, ready }) => [wanted, ready]),
    [
      [1, 1],
      [2, 1],
      [2, 2],
    ],
  )
  assert.equal(fake.calls().filter((call) => call.includes('--watch')).length, 2)
})
