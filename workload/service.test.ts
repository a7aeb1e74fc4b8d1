import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type OutgoingHttpHeaders, request } from 'node:http'
import net from 'node:net'
import os from 'node:os'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import packageJson from '../package.json' with { type: 'json' }
import { ended, json, type Service, spawned, started } from '../test/service.ts'
import { shownVariables } from './config.ts'
import { Insight } from './contract.ts'

describe('the service', () => {
  let service: Service
  before(async () => {
    service = await started({
      WORK_MAX_MS: '20',
      STRESS_MAX_SECONDS: '5',
      STRESS_MAX_JOBS: '2',
      STRESS_MAX_MEMORY_MIB: '64',
      NODE_NAME: 'node-7',
      DATABASE_PASSWORD: 'hunter2-secret',
    })
  })
  after(async () => {
    service.process.kill('SIGTERM')
    assert.equal(await ended(service), 0)
  })
  const get = (at: string) => fetch(service.url + at)
  const post = (at: string, body?: string) =>
    fetch(service.url + at, {
      method: 'POST',
      ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }),
    })
  const end = (at = '') => json(fetch(`${service.url}/stress/jobs${at}`, { method: 'DELETE' }))

  test('listens on loopback by default', () => {
    assert.equal(new URL(service.url).hostname, '127.0.0.1')
  })

  test('/insight describes the process and shows only the listed environment variables', async () => {
    const text = await (await get('/insight')).text()
    assert.ok(!text.includes('hunter2') && !text.includes('DATABASE_PASSWORD'))
    const answer = Insight.parse(JSON.parse(text))
    assert.equal(answer.service, 'load-and-stress')
    assert.equal(answer.node, 'node-7')
    assert.equal(answer.environment.NODE_NAME, 'node-7')
    assert.ok(answer.environmentNotShown >= 1)
    assert.ok(answer.limits.cpuCores > 0 && answer.limits.memoryMiB > 0)
    assert.equal(answer.versions.node, process.versions.node)
  })

  test('/work burns the requested amount and counts its answers', async () => {
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

  test('/work does valid requests and names the invalid field of others', async () => {
    const values = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.double({ min: 0.001, max: 25, noNaN: true }).map(String),
      fc.constantFrom('0', '-1', '20', '20.1', '1e99'),
    )
    await fc.assert(
      fc.asyncProperty(values, async (ms) => {
        const response = await get(`/work?ms=${encodeURIComponent(ms)}`)
        const wanted = /^-?[\d.]+(e[+-]?\d+)?$/i.test(ms) ? Number(ms) : Number.NaN
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

  test('/cpu shows load averages, and a load shows up in the CPU of the process', async () => {
    const idle = await json(get('/cpu'))
    assert.deepEqual(Object.keys(idle.loadAverage), ['1m', '5m', '15m'])
    assert.ok(idle.cpu.limitCores > 0)
    assert.equal(idle.hostname, os.hostname())
    const before = (await json(get('/insight'))).used.cpuSeconds
    const job = await json(get('/stress?seconds=1.2&cores=1&wait=true'))
    const { cpu } = await json(get('/cpu'))
    const used = (await json(get('/insight'))).used.cpuSeconds - before
    assert.ok(job.achievedCpuSeconds > 0 && used > 0.9 * job.achievedCpuSeconds, `${used} s used`)
    // The window covers the last second of the load.
    const inWindow = (cpu.process.cores * cpu.windowMs) / 1000
    assert.ok(inWindow > 0.3 * job.achievedCpuSeconds, `${inWindow} s in the window`)
  })

  test('POST /stress answers at once with a job to follow and end, and refuses jobs beyond the limit', async () => {
    const first = await post('/stress', '{"seconds":5,"cores":1,"load":40,"memoryMiB":20}')
    assert.equal(first.status, 202)
    const { id, state, seconds, links } = await json(first)
    assert.equal(first.headers.get('location'), links.self)
    assert.deepEqual([state, seconds], ['running', 5])
    const second = await json(post('/stress', '{"seconds":5,"load":0}'))
    assert.equal((await post('/stress', '{"seconds":1}')).status, 429)
    const current = () => json(get(links.self))
    while ((await current()).heldMiB < 20 || (await current()).achievedCpuSeconds < 0.1) await sleep(20)
    const { jobs } = await json(get('/stress/jobs'))
    assert.deepEqual(
      jobs.slice(0, 2).map((job: { id: string }) => job.id),
      [id, second.id],
    )
    const ended = await end(`/${id}`)
    assert.deepEqual([ended.state, ended.remainingSeconds, ended.heldMiB], ['cancelled', 0, 0])
    assert.ok(Math.abs(ended.askedCpuSeconds - 0.4 * ended.elapsedSeconds) < 1e-9)
    assert.deepEqual(await end(`/${id}`), ended)
    assert.deepEqual(
      (await end()).jobs.map((job: { id: string }) => job.id),
      [second.id],
    )
    assert.equal((await json(get('/insight'))).stress.running, 0)
  })

  test('jobs that would hold more memory than allowed are refused', async () => {
    assert.equal((await post('/stress', '{"memoryMiB":65}')).status, 400)
    assert.equal((await post('/stress', '{"memoryMiB":40,"load":0}')).status, 202)
    const refused = await post('/stress', '{"memoryMiB":40,"load":0}')
    assert.equal(refused.status, 429)
    assert.match((await json(refused)).detail, /64 MiB/)
    await end()
  })

  test('a load and work end when the client that waits for them disconnects', async () => {
    const clients = new AbortController()
    const waiting = fetch(`${service.url}/stress?seconds=5&wait=true`, { signal: clients.signal })
    while ((await json(get('/insight'))).stress.running === 0) await sleep(10)
    const work = Array.from({ length: 40 }, () =>
      fetch(`${service.url}/work?ms=20`, { signal: clients.signal }).catch(() => {}),
    )
    while ((await json(get('/insight'))).work.waiting < 20) await sleep(1)
    clients.abort()
    await assert.rejects(waiting)
    await Promise.all(work)
    while ((await json(get('/insight'))).stress.running > 0) await sleep(10)
    while ((await json(get('/insight'))).work.waiting > 0) await sleep(1)
    assert.equal((await json(get('/stress/jobs'))).jobs[0].state, 'cancelled')
  })

  test('GET /stress?wait=true answers when the load ends, and other requests are answered meanwhile', async () => {
    let answered = false
    const waiting = json(get('/stress?seconds=0.5&wait=true')).then((answer) => {
      answered = true
      return answer
    })
    assert.equal((await get('/healthz')).status, 200)
    assert.equal((await json(get('/work?ms=1'))).units > 0, true)
    assert.equal(answered, false)
    const answer = await waiting
    assert.deepEqual([answer.hostname, answer.state, answer.seconds], [os.hostname(), 'ended', 0.5])
  })

  const wrong = [
    ['GET', '/stress?seconds=abc', undefined, 'seconds', 'seconds must be a number'],
    ['GET', '/stress?seconds=6', undefined, 'seconds', 'seconds must be at most 5'],
    ['GET', '/stress?cores=-1', undefined, 'cores', 'cores must be above 0'],
    ['GET', '/stress?load=101', undefined, 'load', 'load must be at most 100'],
    ['GET', '/stress?profile=wild', undefined, 'profile', 'profile must be one of constant, '],
    ['GET', '/stress?wait=perhaps', undefined, 'wait', 'wait must be one of true, false'],
    ['POST', '/stress', '{"seconds":-1}', 'seconds', 'seconds must be above 0'],
    ['POST', '/stress', '{"seconds":"5"}', 'seconds', 'seconds must be a number'],
    ['POST', '/stress', '{"memoryMiB":1.5}', 'memoryMiB', 'memoryMiB must be a whole number'],
    ['GET', '/work?ms=0x10', undefined, 'ms', 'ms must be a number'],
    ['GET', '/work?units=1.5', undefined, 'units', 'units must be a whole number'],
    ['GET', '/stress/jobs/7', undefined, 'id', 'id must be the id of a job'],
    ['POST', '/stress', '{"second":1}', 'second', 'second is unknown'],
    ['POST', '/stress', '[1]', '(body)', 'the body must be a JSON object'],
    ['POST', '/stress', '{"seconds":', '(body)', ''],
    ['GET', '/work?ms=1&mss=2', undefined, 'mss', 'mss is unknown'],
  ] as const
  for (const [method, at, body, field, words] of wrong) {
    test(`${method} ${at} ${body ?? ''} gets a problem document that names ${field}`, async () => {
      const response = method === 'GET' ? await get(at) : await post(at, body)
      assert.equal(response.status, 400)
      assert.equal(response.headers.get('content-type'), 'application/problem+json')
      const document = await json(response)
      assert.equal(document.status, 400)
      assert.ok(document.detail.startsWith(words), document.detail)
      assert.deepEqual(
        document.errors.map((each: { field: string }) => each.field),
        [field],
      )
    })
  }

  test('unknown paths, wrong methods and large bodies get problem documents too', async () => {
    assert.equal((await json(get('/nothing'))).status, 404)
    assert.equal((await json(post('/stress', 'x'.repeat(70_000)))).status, 413)
    assert.equal((await json(get('/stress/jobs/7b0d7f0e-38a8-4b8c-a2f1-5b3a0a3f6f0f'))).status, 404)
    const put = await fetch(`${service.url}/work`, { method: 'PUT' })
    assert.deepEqual([put.status, put.headers.get('allow')], [405, 'GET, HEAD'])
    assert.equal(put.headers.get('content-type'), 'application/problem+json')
    assert.equal((await json(put)).detail, '/work allows only GET, HEAD')
    const patch = await fetch(`${service.url}/stress`, { method: 'PATCH' })
    assert.deepEqual([patch.status, patch.headers.get('allow')], [405, 'POST, GET, HEAD'])
    // Ignoring the body of a form or a plain curl -d would load every core for a minute.
    const form = await fetch(`${service.url}/stress`, {
      method: 'POST',
      body: new URLSearchParams('seconds=1'),
    })
    assert.equal(form.status, 415)
  })

  test('/work reports its times in a header and imitates real services', async () => {
    const { work } = await json(get('/insight'))
    const response = await get('/work?units=100&payloadKiB=2&sleepMs=1')
    assert.match(
      response.headers.get('server-timing') ?? '',
      /^queue;dur=\d+\.\d{3}, work;dur=\d+\.\d{3}, pod;desc="[^"]+"$/,
    )
    const answer = await json(response)
    assert.deepEqual([answer.units, answer.payload.length], [100, 2048])
    assert.ok(Math.abs(answer.cpuMs - 100 / work.unitsPerMs) < 1e-9)
    assert.equal((await get('/work?errorRate=1')).status, 503)
    const units = (
      await Promise.all(Array.from({ length: 40 }, () => json(get('/work?units=1000&jitter=0.5'))))
    ).map((each) => each.units as number)
    assert.ok(units.every((each) => each >= 500 && each <= 1500) && new Set(units).size > 20)
  })

  test('a valid request id is kept, and any other is replaced', async () => {
    const ids = await Promise.all(
      ['abc-1', 'x y', 'x'.repeat(100)].map(async (id) => {
        const response = await fetch(`${service.url}/work?ms=x`, { headers: { 'x-request-id': id } })
        assert.equal((await json(response)).requestId, response.headers.get('x-request-id'))
        return response.headers.get('x-request-id')
      }),
    )
    assert.equal(ids[0], 'abc-1')
    for (const id of ids.slice(1)) assert.match(id ?? '', /^[\da-f-]{36}$/)
  })

  test('/metrics counts requests by route, without their contents', async () => {
    await get('/work?ms=1')
    await get('/nothing/here')
    await get('/stress/jobs/7b0d7f0e-38a8-4b8c-a2f1-5b3a0a3f6f0f')
    const text = await (await get('/metrics')).text()
    assert.match(
      text,
      /^http_request_duration_seconds_count\{method="GET",route="\/work",status="200"\} [1-9]/m,
    )
    assert.match(text, /route="\/stress\/jobs\/:id",status="404"/)
    assert.match(text, /route="none",status="404"/)
    for (const name of [
      'las_work_burned_seconds_total',
      'las_stress_burned_seconds_total',
      'las_stress_jobs',
    ])
      assert.match(text, new RegExp(`^${name} `, 'm'))
    assert.match(text, /^nodejs_eventloop_lag_seconds /m)
    assert.doesNotMatch(text, /here|7b0d7f0e/)
  })

  test('web pages of other sites cannot start or end loads; curl, k6 and the own page can', async () => {
    const foreign = [
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'http://evil.example' },
      { host: 'evil.example:1' },
    ]
    const own = [{}, { 'user-agent': 'k6/2.2.0' }, { 'sec-fetch-site': 'same-origin', origin: service.url }]
    const send = (method: string, at: string, headers: OutgoingHttpHeaders) =>
      new Promise<number | undefined>((resolve, reject) => {
        request(service.url + at, { method, headers }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode))
        })
          .on('error', reject)
          .end()
      })
    for (const [method, at, accepted] of [
      ['GET', '/stress?seconds=0.1&load=0', 202],
      ['POST', '/stress', 202],
      ['GET', '/work?ms=1', 200],
      ['DELETE', '/stress/jobs', 200],
    ] as const) {
      for (const headers of foreign) assert.equal(await send(method, at, headers), 403, `${method} ${at}`)
      for (const headers of own) {
        assert.equal(await send(method, at, headers), accepted, JSON.stringify(headers))
        await send('DELETE', '/stress/jobs', {})
      }
    }
    // A link from elsewhere may show the page.
    assert.equal(await send('GET', '/', { 'sec-fetch-site': 'cross-site' }), 200)
  })

  test('a client that leaves in the middle of its body is not an error of the service', async () => {
    const client = net.connect(Number(new URL(service.url).port), '127.0.0.1')
    client.write(
      'POST /stress HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{"sec',
    )
    await sleep(50)
    client.destroy()
    const counted = async () => (await (await get('/metrics')).text()).match(/route="\/stress",status="499"/)
    while (!(await counted())) await sleep(20)
    assert.doesNotMatch(await (await get('/metrics')).text(), /status="500"/)
  })

  test('/history has the last seconds: what loads asked for and got, and work requests', async () => {
    const first = await json(get('/history'))
    // The second that has begun may have more than what is sent here.
    const before = first.seconds.at(-1)?.at ?? 0
    let from = before
    while (from === before) {
      await sleep(20)
      from = (await json(get('/history'))).seconds.at(-1)?.at ?? 0
    }
    await json(post('/stress', JSON.stringify({ seconds: 5, cores: 1, load: 50 })))
    await Promise.all(Array.from({ length: 30 }, () => get('/work?ms=1')))
    let seconds = []
    while (seconds.length < 3) {
      await sleep(100)
      seconds = (await json(get(`/history?after=${from}`))).seconds
    }
    await end()
    assert.ok(
      seconds.every(({ at }: { at: number }) => at > from),
      `${from}`,
    )
    const of = (name: string) => seconds.map((second: Record<string, number>) => second[name])
    // With a message, since without one Node 20 parses the whole source for minutes to make one.
    const words = JSON.stringify(seconds)
    assert.ok(Math.max(...of('requests')) > 0, words)
    assert.ok(of('errors').includes(0), words)
    assert.ok(Math.max(...of('p95Ms')) > 0, words)
    assert.ok(Math.abs(of('askedCores').at(-1) - 0.5) < 0.05, words)
    assert.ok(Math.max(...of('achievedCores')) > 0 && Math.max(...of('usedCores')) > 0, words)
    assert.ok(Math.min(...of('memoryMiB')) > 10, words)
    const { instance, limits } = await json(get('/insight'))
    assert.deepEqual([first.instance, first.limits], [instance, limits])
    assert.equal((await get('/history?after=yesterday')).status, 400)
  })

  test('the OpenAPI document describes every route', async () => {
    const { paths } = await json(get('/openapi.json'))
    assert.deepEqual(Object.keys(paths).sort(), [
      '/',
      '/cpu',
      '/healthz',
      '/history',
      '/insight',
      '/metrics',
      '/readyz',
      '/stress',
      '/stress/jobs',
      '/stress/jobs/{id}',
      '/work',
    ])
  })

  test('the page may load only its own script and style', async () => {
    const response = await get('/')
    assert.match(response.headers.get('content-security-policy') ?? '', /^default-src 'none'/)
    assert.doesNotMatch(await response.text(), /src=|https?:/)
  })
})

test('with a token, requests that make load need it, and no answer or log shows it', async () => {
  const token = 'open-sesame-123'
  const service = await started({ STRESS_TOKEN: token, LOG_LEVEL: 'debug' })
  try {
    const send = async (method: string, at: string, authorization?: string) => {
      const response = await fetch(service.url + at, {
        method,
        ...(authorization && { headers: { authorization } }),
      })
      const text = await response.text()
      assert.ok(!text.includes(token))
      if (response.status === 401) {
        assert.equal(response.headers.get('www-authenticate'), 'Bearer')
        assert.equal(response.headers.get('content-type'), 'application/problem+json')
        assert.equal(JSON.parse(text).title, 'Unauthorised')
      }
      return response.status
    }
    const loading = [
      ['GET', '/work?ms=1', 200],
      ['GET', '/stress?seconds=0.1', 202],
      ['POST', '/stress', 202],
      ['DELETE', '/stress/jobs', 200],
    ] as const
    for (const [method, at, status] of loading) {
      assert.equal(await send(method, at), 401, `${method} ${at}`)
      for (const wrong of [`Bearer ${token}x`, `Basic ${token}`, 'Bearer', 'Bearer {}'])
        assert.equal(await send(method, at, wrong), 401, wrong)
      assert.equal(await send(method, at, `Bearer ${token}`), status)
    }
    for (const at of ['/', '/insight', '/stress/jobs', '/metrics', '/openapi.json', '/healthz'])
      assert.equal(await send('GET', at), 200)
  } finally {
    service.process.kill('SIGTERM')
    await ended(service)
  }
  assert.ok(!service.stdout.join('\n').includes(token))
})

test('a full queue answers 503 at once, with Retry-After', async () => {
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

test('after SIGTERM open requests are answered, loads end, and the service exits 0', async () => {
  const service = await started()
  const load = json(fetch(`${service.url}/stress?seconds=60&wait=true`))
  const work = json(fetch(`${service.url}/work?ms=300`))
  while ((await json(fetch(`${service.url}/insight`))).stress.running === 0) await sleep(10)
  service.process.kill('SIGTERM')
  assert.equal(await ended(service), 0)
  assert.equal((await load).state, 'cancelled')
  assert.ok((await work).units > 0)
  assert.deepEqual(service.stderr, [])
})

test('the service ends even if the reader of its log has gone', async () => {
  const service = await started({ LOG_LEVEL: 'debug' })
  const { stdout } = service.process
  stdout?.pause()
  // More output than a paused stream buffers.
  for (let round = 0; round < 20; round++)
    await Promise.all(Array.from({ length: 50 }, () => fetch(`${service.url}/readyz`)))
  stdout?.destroy()
  service.process.kill('SIGTERM')
  assert.equal(await ended(service), 0)
})

for (const [name, value] of [
  ['PORT', 'eighty'],
  ['WORK_THREADS', '0'],
  ['STRESSTIME', '-5'],
  ['STRESS_MAX_CORES', 'many'],
  ['MAX_BODY_KIB', '1e9'],
] as const) {
  test(`${name}=${value} is refused in one sentence that names the variable`, async () => {
    const child = spawned({ [name]: value })
    const [code] = await once(child, 'close')
    assert.equal(code, 1)
    assert.equal(child.stderrLines.length, 1)
    assert.match(child.stderrLines[0] ?? '', new RegExp(`^workload: ${name}="${value}": `))
  })
}

test('a port in use is reported in one sentence', async () => {
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

test('a name that somebody could point here is refused on every address, unless it is given', async () => {
  const service = await started({
    HOST: '0.0.0.0',
    HOST_NAMES: 'load.example.com',
    KUBERNETES_SERVICE_HOST: '',
  })
  try {
    const url = service.url.replace('0.0.0.0', '127.0.0.1')
    const status = (host: string) =>
      new Promise((resolve, reject) => {
        request(`${url}/work?ms=1`, { headers: { host } }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode))
        })
          .on('error', reject)
          .end()
      })
    assert.deepEqual(
      await Promise.all(['load.example.com:8080', 'evil.example', '10.0.0.1', 'workload'].map(status)),
      [200, 403, 200, 200],
    )
  } finally {
    service.process.kill('SIGTERM')
    await ended(service)
  }
})

async function output(args: string[]): Promise<{ code: number; stdout: string; stderr: string[] }> {
  const child = spawned({}, args)
  let stdout = ''
  child.stdout?.on('data', (data) => {
    stdout += data
  })
  const [code] = await once(child, 'close')
  return { code, stdout, stderr: child.stderrLines }
}

test('--help lists routes and variables, --version the version, and neither starts the service', async () => {
  const [help, version] = await Promise.all([output(['--help']), output(['--version'])])
  assert.deepEqual([help.code, help.stderr], [0, []])
  for (const route of [
    '/work',
    '/stress',
    '/stress/jobs',
    '/stress/jobs/{id}',
    '/cpu',
    '/history',
    '/insight',
    '/metrics',
  ])
    assert.ok(help.stdout.includes(` ${route} `), route)
  for (const name of [...shownVariables, 'STRESS_TOKEN'])
    assert.match(help.stdout, new RegExp(`^  ${name} `, 'm'))
  assert.match(help.stdout, /^ {2}PORT +.*\(default: 8080\)$/m)
  assert.deepEqual([version.code, version.stdout], [0, `${packageJson.version}\n`])
})

for (const args of [['--port=1'], ['--help', 'extra']]) {
  test(`the unknown argument in "${args.join(' ')}" is refused with exit code 2`, async () => {
    const { code, stdout, stderr } = await output(args)
    const unknown = `workload: unknown argument "${args.at(-1)}"; --help lists the arguments`
    assert.deepEqual([code, stdout, stderr], [2, '', [unknown]])
  })
}
