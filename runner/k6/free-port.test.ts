import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { freePort } from './free-port.ts'

test('a free port is none from which connections start, as long as there are others', async () => {
  const range = { first: 10_500, last: 60_000 }
  for (let i = 0; i < 100; i++) {
    const port = await freePort(range)
    // One of 500 of 20,000 is not found in 20 tries each time.
    assert.ok(port >= 1024 && (port < range.first || port > 30_000), String(port))
    const server = createServer()
    await once(server.listen(port, '127.0.0.1'), 'listening')
    server.close()
  }
  assert.ok((await freePort({ first: 1024, last: 65_535 })) > 0)
  const unknown = await freePort(null)
  assert.ok(unknown >= 10_000 && unknown < 30_000)
})
