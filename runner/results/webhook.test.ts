import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { commandIn } from '../../test/command.ts'
import { aNight } from '../../test/samples.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'webhook-'))
const heard: string[] = []
let authorization: string | undefined
let status = 200
const server = createServer(async (request, response) => {
  authorization = request.headers.authorization
  heard.push((await request.toArray()).join(''))
  response.writeHead(status).end()
})
let url = ''
before(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0/SECRET`
})
after(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

/** Fifteen nights of about 100 ms, then slower ones. */
function writeNights(name: string, slow: number): string {
  const history = mkdtempSync(path.join(folder, `${name}-`))
  addNights(history, 0, 15 + slow)
  return history
}
function addNights(history: string, from: number, to: number) {
  for (let index = from; index < to; index++) {
    const level = index < 15 ? 100 : 130
    const values = [0, 1, 2, 3, 4].map((run) => level + ((index * 7 + run * 3) % 5))
    writeFileSync(path.join(history, `night-${index}.json`), JSON.stringify(aNight(index, values)))
  }
}
const told = (history: string, ...more: string[]) => toldAt(url, history, ...more)
const toldAt = (webhook: string, history: string, ...more: string[]) =>
  commandIn(folder, ['history', '--history', history, '--out', path.join(history, 'report'), ...more], {
    LAS_WEBHOOK: webhook,
  })

test('a webhook is told of an alarm once, also after the next night, and not of its address', async () => {
  const history = writeNights('once', 4)
  heard.length = 0
  const first = await told(history)
  assert.equal(first.code, 1, first.stderr)
  assert.match(first.stderr, /^webhook: told of 1 alarm$/m)
  assert.equal(JSON.parse(heard[0] ?? '').alarms[0].series, 'constant · p95')
  addNights(history, 19, 20)
  const second = await told(history)
  assert.equal(heard.length, 1)
  for (const { stdout, stderr } of [first, second])
    assert.ok(!`${stdout}${stderr}`.includes('SECRET'), stderr)
})

test('Slack’s shape is one text', async () => {
  heard.length = 0
  await told(writeNights('slack', 4), '--webhook-as', 'slack')
  const { text } = JSON.parse(heard[0] ?? '')
  assert.match(text, /^\*load-and-stress: 1 alarm\*\n• constant · p95 is \+\d+/)
})

test('the user of its address is sent as basic authentication', async () => {
  const { stderr } = await toldAt(url.replace('//', '//us%40er:PASSWORD@'), writeNights('user', 4))
  assert.match(stderr, /^webhook: told of 1 alarm$/m)
  assert.equal(authorization, `Basic ${Buffer.from('us@er:PASSWORD').toString('base64')}`)
  assert.ok(!stderr.includes('PASSWORD'))
})

test('what could not be delivered is delivered the next time, and changes no exit code', async () => {
  const history = writeNights('later', 4)
  heard.length = 0
  status = 500
  const failed = await told(history)
  assert.equal(failed.code, 1)
  assert.match(
    failed.stderr,
    /^webhook: 1 alarm not delivered \(it answered 500\); the next night tries again$/m,
  )
  status = 200
  assert.match((await told(history)).stderr, /^webhook: told of 1 alarm$/m)
})

test('without an alarm nobody is told of anything', async () => {
  heard.length = 0
  assert.equal((await told(writeNights('quiet', 0))).code, 0)
  assert.equal(heard.length, 0)
})
