import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serving } from '../../test/service.ts'
import { hashOf, keyHeader, serveGenerator } from './served.ts'

test('a generator obeys its run’s key only, takes one order, and passes on what is for its k6', async () => {
  const asked: string[] = []
  const k6 = await serving((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.end('{"data":{"attributes":{"status":4}}}')
  })
  const orders: string[] = []
  let port: number | null = null
  const served = await serveGenerator(
    hashOf('secret'),
    {
      start: (order) => orders.length === 0 && orders.push(order) > 0,
      interrupt: () => void orders.push('interrupt'),
      changed: () => void orders.push('changed'),
      port: () => port,
    },
    0,
  )
  const ask = (method: string, path: string, key: string, body?: string) =>
    fetch(`http://127.0.0.1:${served.port}/${path}`, {
      method,
      headers: { [keyHeader]: key },
      ...(body && { body }),
    })
  try {
    for (const key of ['', 'wrong', hashOf('secret')])
      assert.equal((await ask('POST', 'start', key, '{}')).status, 403)
    assert.deepEqual(orders, [])
    assert.equal((await ask('GET', 'v1/status', 'secret')).status, 503)
    assert.equal((await ask('POST', 'start', 'secret', '{"part":1}')).status, 200)
    assert.equal((await ask('POST', 'start', 'secret', '{"part":2}')).status, 409)
    assert.equal((await ask('POST', 'interrupt', 'secret')).status, 200)
    assert.deepEqual(orders, ['{"part":1}', 'interrupt'])
    port = Number(new URL(k6.url).port)
    const status = await ask('PATCH', 'v1/status', 'secret', '{}')
    assert.deepEqual(await status.json(), { data: { attributes: { status: 4 } } })
    assert.equal((await ask('GET', 'debug/pprof', 'secret')).status, 503)
    assert.deepEqual(asked, ['PATCH /v1/status'])
    assert.equal(orders.at(-1), 'changed')
  } finally {
    served.close()
    k6.close()
  }
})
