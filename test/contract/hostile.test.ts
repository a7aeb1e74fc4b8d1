import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import http from 'node:http'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { ended, json, type Service, started } from '../service.ts'

/** Sends ten thousand hostile requests to one service with small limits. */
let service: Service
let folder = ''
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'las-hostile-'))
  service = await started({
    NODE_OPTIONS: `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${folder}`,
    WORK_MAX_MS: '5',
    WORK_MAX_QUEUE: '50',
    STRESS_MAX_SECONDS: '2',
    STRESS_MAX_JOBS: '20',
    STRESS_MAX_MEMORY_MIB: '64',
    REQUEST_TIMEOUT_MS: '1500',
  })
})
after(async () => {
  service.process.kill('SIGTERM')
  await ended(service)
  await rm(folder, { recursive: true })
})

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 })

/** The status of the answer; null if the connection was closed instead. */
function send(
  method: string,
  at: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<number | null> {
  return new Promise((resolve) => {
    const request = http.request(service.url + at, { method, agent, headers }, (response) =>
      response.resume().on('end', () => resolve(response.statusCode ?? null)),
    )
    request.on('error', () => resolve(null))
    request.end(body)
  })
}

/** MiB of live memory in the service: writing a heap snapshot collects the garbage first. */
async function liveMiB(): Promise<number> {
  const before = (await readdir(folder)).length
  service.process.kill('SIGUSR2')
  while ((await readdir(folder)).length === before) await sleep(50)
  const text = await (await fetch(`${service.url}/metrics`)).text()
  const bytes = (name: string) => Number(new RegExp(`^nodejs_${name}_bytes (\\d+)`, 'm').exec(text)?.[1])
  return (bytes('heap_size_used') + bytes('external_memory')) / 2 ** 20
}

async function cpuSeconds(): Promise<number> {
  const stat = (await readFile(`/proc/${service.process.pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')
  return (Number(stat[11]) + Number(stat[12])) / 100
}

const numbers = fc.oneof(
  fc.constantFrom(
    'NaN',
    'Infinity',
    '-Infinity',
    '1e308',
    '1e999',
    '-0',
    '0',
    '-1',
    '0x7fffffff',
    '9'.repeat(400),
    '1e-400',
    '١',
  ),
  fc.double().map(String),
  fc.string({ unit: 'binary' }),
)
const names = fc.constantFrom(
  'ms',
  'units',
  'sleepMs',
  'payloadKiB',
  'errorRate',
  'jitter',
  'seconds',
  'cores',
  'share',
  'load',
  'memoryMiB',
  'profile',
  'periodSeconds',
  '__proto__',
  'constructor',
  'x',
)
const query = fc
  .array(fc.tuple(names, numbers), { maxLength: 6 })
  .map((pairs) => new URLSearchParams(pairs).toString())
const deep = (levels: number) => `${'{"seconds":'.repeat(levels)}1${'}'.repeat(levels)}`
const bodies = fc.oneof(
  fc.json({ maxDepth: 5 }),
  fc.string({ unit: 'binary', maxLength: 2000 }),
  fc.integer({ min: 1, max: 6000 }).map(deep),
  fc
    .dictionary(names, fc.oneof(fc.double(), fc.string(), fc.constant(null), fc.array(fc.double())))
    .map((value) => JSON.stringify(value)),
  fc
    .record({
      seconds: fc.double({ min: 0.001, max: 2, noNaN: true }),
      memoryMiB: fc.integer({ min: 0, max: 80 }),
      load: fc.integer({ min: 0, max: 100 }),
    })
    .map((value) => JSON.stringify(value)),
)
const types = fc.constantFrom(
  'application/json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  '',
)
const requests = fc.oneof(
  fc.tuple(
    fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'PATCH', 'DELETE'),
    fc
      .tuple(fc.constantFrom('/work', '/stress', '/stress/jobs', '/cpu', '/'), query)
      .map(([at, of]) => `${at}?${of}`),
  ),
  fc.tuple(
    fc.constantFrom('GET', 'DELETE'),
    fc.string({ unit: 'binary' }).map((id) => `/stress/jobs/${encodeURIComponent(id)}`),
  ),
  fc.tuple(fc.constant('POST'), fc.constant('/stress'), bodies, types),
)

type Seen = Map<number | null, number>

/** Sends `size` odd requests, then hostile clients of every other kind. */
async function storm(size: number, seen: Seen): Promise<void> {
  const note = (status: number | null) => seen.set(status, (seen.get(status) ?? 0) + 1)
  const next = fc.sample(requests, size)[Symbol.iterator]() as IterableIterator<
    [string, string, string?, string?]
  >
  await Promise.all(
    Array.from({ length: 64 }, async () => {
      for (const [method, at, body, type] of next) {
        note(await send(method, at, body, type ? { 'content-type': type } : {}))
      }
    }),
  )

  // More jobs than allowed.
  const jobs = Array.from({ length: size / 5 }, () =>
    send('POST', '/stress', '{"seconds":2,"load":5}', { 'content-type': 'application/json' }),
  )
  for (const status of await Promise.all(jobs)) note(status)

  // Clients that disconnect while they wait for a load or for work.
  await Promise.all(
    Array.from({ length: size / 20 }, async (_, i) => {
      const client = connected()
      client.write(`GET ${i % 2 ? '/stress?seconds=2&wait=true' : '/work?ms=5'} HTTP/1.1\r\nhost: x\r\n\r\n`)
      await sleep(i % 20)
      client.destroy()
    }),
  )

  // Bodies of 100 MiB, with and without Content-Length.
  const piece = Buffer.alloc(2 ** 20, 'x')
  await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const client = connected()
      const hasLength = i % 2 === 1
      const length = hasLength ? 'content-length: 104857600' : 'transfer-encoding: chunked'
      client.write(`POST /stress HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${length}\r\n\r\n`)
      let answer = ''
      client.on('data', (data) => {
        answer += data.toString('latin1')
      })
      const closed = once(client, 'close').catch(() => {})
      for (let mib = 0; mib < 100 && !client.destroyed && answer === ''; mib++) {
        const sent = client.write(hasLength ? piece : `100000\r\n${piece}\r\n`)
        if (!sent) await Promise.race([once(client, 'drain').catch(() => {}), closed, sleep(50)])
      }
      await Promise.race([closed, sleep(3000)])
      client.destroy()
      // A client that is still sending may lose the answer with the connection.
      assert.match(answer || 'HTTP/1.1 413', /^HTTP\/1\.1 (413|408)/)
    }),
  )

  // A body that arrives one byte at a time.
  const slow = connected()
  slow.write(
    'POST /stress HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n',
  )
  const dripping = setInterval(() => slow.write(' '), 200)
  const [cut] = await once(slow, 'data')
  clearInterval(dripping)
  assert.match(String(cut), /^HTTP\/1\.1 408/)
  slow.destroy()

  // Every job ends after its two seconds.
  while ((await json(fetch(`${service.url}/insight`))).stress.running > 0) await sleep(50)
}

function connected(): net.Socket {
  return net.connect(Number(new URL(service.url).port), '127.0.0.1').on('error', () => {})
}

const linux = process.platform === 'linux'
test('ten thousand hostile requests are each answered or disconnected, and leave nothing behind', {
  skip: !linux,
}, async () => {
  let healthy = 0
  let finished = false
  const watching = (async () => {
    while (!finished) {
      const response = await fetch(`${service.url}/healthz`)
      assert.equal(response.status, 200)
      healthy++
      await sleep(20)
    }
  })()

  // The first storm compiles code and fills caches, which is not a leak.
  await storm(500, new Map())
  const before = await liveMiB()
  const seen: Seen = new Map()
  const startMs = performance.now()
  const cpuAtStart = await cpuSeconds()
  await storm(8000, seen)
  const busyCores = ((await cpuSeconds()) - cpuAtStart) / ((performance.now() - startMs) / 1000)
  finished = true
  await watching
  assert.ok(healthy > 20)

  const allowed = [200, 202, 400, 404, 405, 413, 415, 429, 503, null]
  const statuses = JSON.stringify([...seen])
  assert.deepEqual(
    [...seen.keys()].filter((status) => !allowed.includes(status)),
    [],
    statuses,
  )
  assert.ok((seen.get(400) ?? 0) > 1000 && (seen.get(429) ?? 0) > 100, statuses)
  assert.ok((seen.get(null) ?? 0) < 500, statuses)

  // The service is idle again, and its memory is back to where it was.
  agent.destroy()
  await sleep(500)
  const cpuBefore = await cpuSeconds()
  await sleep(2000)
  const idleCores = ((await cpuSeconds()) - cpuBefore) / 2
  assert.ok(idleCores < busyCores / 3, `${idleCores} cores when idle, ${busyCores} in the storm`)
  const later = await liveMiB()
  assert.ok(later - before < 10, `from ${before} to ${later} MiB`)
  assert.deepEqual(service.stderr, [])
})
