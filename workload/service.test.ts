import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'

const root = path.join(import.meta.dirname, '..')

type Service = { readonly url: string; readonly process: ChildProcess; readonly stderr: string[] }

function spawned(environment: Record<string, string>): Service['process'] & { stderrLines: string[] } {
  const child = spawn(process.execPath, ['--import', 'tsx', 'workload/main.ts'], {
    cwd: root,
    env: { ...process.env, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stderrLines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => stderrLines.push(line))
  return Object.assign(child, { stderrLines })
}

async function started(environment: Record<string, string> = {}): Promise<Service> {
  const child = spawned(environment)
  const [line] = await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')
  return { url: JSON.parse(line).url, process: child, stderr: child.stderrLines }
}

async function ended({ process: child }: Service): Promise<unknown> {
  if (child.exitCode === null) await once(child, 'exit')
  return child.exitCode
}

// biome-ignore lint/suspicious/noExplicitAny: what the service answers is what is being tested
async function json(response: Response | Promise<Response>): Promise<any> {
  return (await response).json()
}

describe('the service', () => {
  let service: Service
  before(async () => {
    service = await started({
      WORK_MAX_MS: '20',
      STRESS_MAX_SECONDS: '5',
      STRESS_MAX_JOBS: '2',
      NODE_NAME: 'node-7',
      DATABASE_PASSWORD: 'hunter2-secret',
    })
  })
  after(async () => {
    service.process.kill('SIGTERM')
    assert.equal(await ended(service), 0)
  })
  const get = (at: string) => fetch(service.url + at)
  const post = (at: string, body?: string) => fetch(service.url + at, { method: 'POST', body: body ?? null })

  test('listens on loopback unless told otherwise', () => {
    assert.equal(new URL(service.url).hostname, '127.0.0.1')
  })

  test('/insight says what it is and shows nothing of the environment that is not listed', async () => {
    const text = await (await get('/insight')).text()
    assert.ok(!text.includes('hunter2') && !text.includes('DATABASE_PASSWORD'))
    const said = JSON.parse(text)
    assert.equal(said.service, 'load-and-stress')
    assert.equal(said.node, 'node-7')
    assert.equal(said.environment.NODE_NAME, 'node-7')
    assert.ok(said.environmentNotShown >= 1)
    assert.ok(said.limits.cpuCores > 0 && said.limits.memoryMiB > 0)
    assert.equal(said.versions.node, process.versions.node)
  })

  test('/work burns the amount that was asked for and counts what it answered', async () => {
    const { work } = await json(get('/insight'))
    const answers = await Promise.all(
      [2, 4, ...Array<number>(30).fill(1)].map((ms) => json(get(`/work?ms=${ms}`))),
    )
    const [two, four] = answers
    assert.equal(two.units, Math.round(2 * work.unitsPerMs))
    assert.equal(four.units, Math.round(4 * work.unitsPerMs))
    assert.ok(answers.every(({ queueMs, serviceMs }) => queueMs >= 0 && serviceMs > 0))
    assert.equal((await json(get('/insight'))).work.served, work.served + 32)
  })

  test('whatever is asked of /work, it is done or the field that is wrong is named', async () => {
    const asked = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.constantFrom('0', '-1', '20', '20.1', '1e99'),
    )
    await fc.assert(
      fc.asyncProperty(asked, async (ms) => {
        const response = await get(`/work?ms=${encodeURIComponent(ms)}`)
        const wanted = Number(ms)
        if (wanted > 0 && wanted <= 20) {
          assert.equal(response.status, 200)
          await response.body?.cancel()
          return
        }
        assert.equal(response.status, 400)
        assert.equal(response.headers.get('content-type'), 'application/problem+json')
        assert.equal((await json(response)).errors[0].field, 'ms')
      }),
      { numRuns: 150 },
    )
  })

  test('/cpu shows load averages, and the CPU that a load takes', async () => {
    const idle = await json(get('/cpu'))
    assert.deepEqual(Object.keys(idle.loadAverage), ['1m', '5m', '15m'])
    assert.ok(idle.cpu.limitCores > 0)
    const load = json(get('/stress?seconds=2&cores=1&wait=true'))
    let most = 0
    for (let look = 0; look < 18 && most < 0.5; look++) {
      await sleep(100)
      most = Math.max(most, (await json(get('/cpu'))).cpu.cores)
    }
    await load
    assert.ok(most >= 0.5, `at most ${most} cores`)
  })

  test('POST /stress returns at once with an id; more loads than allowed are refused', async () => {
    const first = await post('/stress', '{"seconds":1}')
    assert.equal(first.status, 202)
    const { id, seconds, host } = await json(first)
    assert.match(id, /^[\da-f-]{36}$/)
    assert.equal(seconds, 1)
    assert.ok(host)
    const second = get('/stress?seconds=0.6&wait=true')
    while ((await json(get('/insight'))).stress.running < 2) await sleep(10)
    assert.equal((await post('/stress', '{"seconds":1}')).status, 429)
    assert.ok((await json(second)).seconds >= 0.6)
    while ((await json(get('/insight'))).stress.running > 0) await sleep(50)
  })

  test('GET /stress?wait=true answers at its end, and others are answered meanwhile', async () => {
    let over = false
    const waiting = json(get('/stress?seconds=0.5&wait=true')).then((answer) => {
      over = true
      return answer
    })
    assert.equal((await get('/healthz')).status, 200)
    assert.equal((await json(get('/work?ms=1'))).units > 0, true)
    assert.equal(over, false)
    const answer = await waiting
    assert.ok(answer.host && answer.seconds >= 0.5)
  })

  const wrong = [
    ['GET', '/stress?seconds=abc', undefined, 'seconds'],
    ['GET', '/stress?seconds=6', undefined, 'seconds'],
    ['GET', '/stress?cores=1.5', undefined, 'cores'],
    ['GET', '/stress?wait=perhaps', undefined, 'wait'],
    ['POST', '/stress', '{"seconds":-1}', 'seconds'],
    ['POST', '/stress', '{"second":1}', 'second'],
    ['POST', '/stress', '[1]', '(body)'],
    ['POST', '/stress', '{"seconds":', '(body)'],
    ['GET', '/work?ms=1&mss=2', undefined, 'mss'],
  ] as const
  for (const [method, at, body, field] of wrong) {
    test(`${method} ${at} ${body ?? ''} is answered with a problem document naming ${field}`, async () => {
      const response = method === 'GET' ? await get(at) : await post(at, body)
      assert.equal(response.status, 400)
      assert.equal(response.headers.get('content-type'), 'application/problem+json')
      const document = await json(response)
      assert.equal(document.status, 400)
      assert.deepEqual(
        document.errors.map((each: { field: string }) => each.field),
        [field],
      )
    })
  }

  test('what is not there, and what is too large, is a problem document too', async () => {
    assert.equal((await json(get('/nothing'))).status, 404)
    assert.equal((await json(post('/stress', 'x'.repeat(70_000)))).status, 413)
  })
})

test('a full queue is answered 503 at once, with a time to come back', async () => {
  const service = await started({ WORK_THREADS: '1', WORK_MAX_QUEUE: '1' })
  try {
    const answers = await Promise.all(Array.from({ length: 6 }, () => fetch(`${service.url}/work?ms=200`)))
    const refused = answers.filter(({ status }) => status === 503)
    assert.equal(answers.filter(({ status }) => status === 200).length, 2)
    assert.equal(refused.length, 4)
    assert.equal(refused[0]?.headers.get('retry-after'), '1')
  } finally {
    service.process.kill('SIGTERM')
    await ended(service)
  }
})

test('SIGTERM answers what is under way, tells who waits for a load, and exits 0', async () => {
  const service = await started()
  const load = json(fetch(`${service.url}/stress?seconds=60&wait=true`))
  const work = json(fetch(`${service.url}/work?ms=300`))
  while ((await json(fetch(`${service.url}/insight`))).stress.running === 0) await sleep(10)
  service.process.kill('SIGTERM')
  assert.equal(await ended(service), 0)
  assert.ok((await load).seconds < 60)
  assert.ok((await work).units > 0)
  assert.deepEqual(service.stderr, [])
})

for (const [name, value] of [
  ['PORT', 'eighty'],
  ['WORK_THREADS', '0'],
  ['STRESSTIME', '-5'],
] as const) {
  test(`${name}=${value} is refused in one sentence that names it`, async () => {
    const child = spawned({ [name]: value })
    const [code] = await once(child, 'close')
    assert.equal(code, 1)
    assert.equal(child.stderrLines.length, 1)
    assert.match(child.stderrLines[0] ?? '', new RegExp(`^workload: ${name}="${value}": `))
  })
}

test('a port that is taken is told in one sentence', async () => {
  const service = await started()
  try {
    const child = spawned({ PORT: new URL(service.url).port })
    const [code] = await once(child, 'close')
    assert.equal(code, 1)
    assert.match(child.stderrLines.join('\n'), /^workload: cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/)
  } finally {
    service.process.kill('SIGTERM')
    await ended(service)
  }
})
