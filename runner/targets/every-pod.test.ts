import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serving } from '../../test/service.ts'
import { podsThatAnswer } from './every-pod.ts'
import { nearbyOnly } from './reach.ts'

const insight = (instance: string) => ({
  ...{
    service: 'load-and-stress',
    version: '1',
    instance,
    host: 'h',
    pod: null,
    namespace: null,
    node: null,
  },
  ...{ limits: { cpuCores: 1, memoryMiB: 1 }, used: { cpuSeconds: 1 } },
  work: { served: 1, waiting: 0, threads: 1, unitsPerMs: 1, calibrated: 'pinned' },
})

test('a balancer that has not heard of a pod yet is waited for', async () => {
  let asked = 0
  const service = await serving((_, response) => {
    asked++
    // One connection in between meets a pod that is gone.
    if (asked === 3) response.destroy()
    else response.end(JSON.stringify(insight(asked > 8 && asked % 2 ? 'b' : 'a')))
  })
  const behind = { url: new URL(service.url), reach: nearbyOnly, signal: new AbortController().signal }
  assert.equal(await podsThatAnswer({ ...behind, pods: 2 }), 2)
  assert.equal(asked, 9)
  assert.equal(await podsThatAnswer({ ...behind, pods: 3 }, 200), 2)
  service.close()
  assert.equal(await podsThatAnswer({ ...behind, pods: 2 }), 0)
})
