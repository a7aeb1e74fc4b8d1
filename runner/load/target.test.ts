import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeKubectl } from '../../test/fake-kubectl.ts'
import { openTarget } from './target.ts'

test('a series waits for an API server that is away, a single run does not', async () => {
  const failures = ['Unable to connect to the server: unexpected EOF']
  const open = async (patient: boolean) => {
    using fake = fakeKubectl({ failures, nodePort: 30_080 })
    await openTarget(fake.shell, { url: undefined, cluster: true, allowPublic: false }, { patient })
  }
  await open(true)
  await assert.rejects(open(false), /^Error: the API server does not answer/)
})
