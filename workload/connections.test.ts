import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ended, json, started } from '../test/service.ts'
import { mostConnections } from './connections.ts'

test('the limit of open files leaves room for connections, and an unknown one bounds nothing', (t) => {
  const root = mkdtempSync(path.join(os.tmpdir(), 'las-limits-'))
  t.after(() => rmSync(root, { recursive: true }))
  assert.equal(mostConnections(root), Infinity)
  mkdirSync(path.join(root, 'proc/self/fd'), { recursive: true })
  for (const file of ['0', '1', '2']) writeFileSync(path.join(root, 'proc/self/fd', file), '')
  const limit = (soft: string) =>
    writeFileSync(
      path.join(root, 'proc/self/limits'),
      `Max open files            ${soft}   1048576   files \n`,
    )
  limit('256')
  assert.equal(mostConnections(root), 256 - 3 - 48)
  limit('unlimited')
  assert.equal(mostConnections(root), Infinity)
})

test('2,000 idle connections under a limit of 256 files neither end the service nor keep others out', {
  skip: process.platform !== 'linux',
}, async () => {
  const service = await started({}, 256)
  const port = Number(new URL(service.url).port)
  const idle: net.Socket[] = []
  try {
    // An answer that is on its way is not given up for them.
    const waiting = json(fetch(`${service.url}/stress?seconds=2&load=10&wait=true`))
    for (let wave = 0; wave < 20; wave++) {
      await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const socket = net.connect(port, '127.0.0.1').on('error', () => {})
          idle.push(socket)
          await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {})
          // Some have used their connection, some have begun a request, some have sent nothing.
          if (index % 3 === 0) socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n')
          if (index % 3 === 1) socket.write('GET /healthz HTTP/1.1\r\n')
        }),
      )
      assert.equal((await fetch(`${service.url}/healthz`, { headers: { connection: 'close' } })).status, 200)
    }
    assert.equal(idle.length, 2000)
    // Longer than the timer that reads /proc once a second.
    await sleep(1200)
    assert.equal((await fetch(`${service.url}/cpu`)).status, 200)
    assert.equal((await json(fetch(`${service.url}/work?ms=1`))).units > 0, true)
    assert.equal((await waiting).state, 'ended')
  } finally {
    for (const socket of idle) socket.destroy()
    service.process.kill('SIGTERM')
    assert.equal(await ended(service), 0)
  }
  assert.deepEqual(service.stderr, [])
})
