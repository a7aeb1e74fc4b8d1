import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serving } from '../../test/service.ts'
import { observeUrl, parseInsight, readInsight } from './insight.ts'
import { nearbyOnly } from './reach.ts'

const insight = {
  ...{
    service: 'load-and-stress',
    version: '1',
    instance: 'i',
    host: 'h',
    pod: null,
    namespace: null,
    node: null,
  },
  ...{
    limits: { cpuCores: 2, memoryMiB: 512 },
    used: { cpuSeconds: 1 },
    work: { served: 7, waiting: 0, threads: 1, unitsPerMs: 9, calibrated: 'pinned' },
  },
}

test('only an insight of our workload is one', async () => {
  assert.equal((await parseInsight(JSON.stringify(insight)))?.work.served, 7)
  for (const text of ['', '<html>', '{}', JSON.stringify({ ...insight, service: 'other' })])
    assert.equal(await parseInsight(text), null)
})

test('user and password are sent with the request, and are not in run.json', async () => {
  const authorizations: (string | undefined)[] = []
  const service = await serving((request, response) => {
    authorizations.push(request.headers.authorization)
    response.end(JSON.stringify(insight))
  })
  try {
    const url = new URL(service.url.replace('//', '//admin:hunter2@'))
    const observation = await observeUrl(url, { reach: nearbyOnly, embedded: false, replicas: null })
    const load = { startedAt: new Date(), endedAt: new Date(), countsWork: true }
    const target = await observation.finish(load)
    assert.deepEqual(
      authorizations,
      Array(2).fill(`Basic ${Buffer.from('admin:hunter2').toString('base64')}`),
    )
    assert.deepEqual([target.url, target.replicas, target.workServed], [service.url, null, null])
    assert.equal(target.workload?.memoryMiB, 512)
  } finally {
    service.close()
  }
  assert.equal(await readInsight(service.url), null)
})

test('a service that is not our workload is asked only once', async () => {
  let asked = 0
  const service = await serving((_, response) => {
    asked++
    response.end('{}')
  })
  try {
    const observation = await observeUrl(new URL(service.url), {
      reach: nearbyOnly,
      embedded: false,
      replicas: null,
    })
    await observation.finish({ startedAt: new Date(), endedAt: new Date(), countsWork: true })
    assert.equal(asked, 1)
  } finally {
    service.close()
  }
})
