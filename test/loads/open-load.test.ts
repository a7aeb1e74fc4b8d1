import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { bundle } from '../../runner/k6/bundle.ts'
import { findK6 } from '../../runner/k6/find.ts'
import { inspect } from '../../runner/k6/inspect.ts'
import { k6Environment } from '../../runner/k6/run.ts'
import { runOf, startIn } from '../command.ts'
import { serving } from '../service.ts'
import { testShell } from '../shell.ts'

let out = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-open-'))
})
after(() => rm(out, { recursive: true }))

/** Runs a scenario against a service of the test's own. */
async function against(service: RequestListener, args: string[]) {
  const server = await serving(service)
  try {
    const started = startIn(out, ['run', ...args, '--url', server.url, '--path', '/'])
    const code = await started.ended
    return { code, stderr: started.stderr, ...(await runOf(out, started.stderr)) }
  } finally {
    server.close()
  }
}

/** Answers at once, but between two moments after its first request not at all until the second. */
function stalling(fromMs: number, toMs: number): RequestListener {
  let first = 0
  return (_, response) => {
    // The runner asks once before the load.
    if (first === 0) {
      first = -1
      response.end()
      return
    }
    if (first === -1) first = performance.now()
    const since = performance.now() - first
    setTimeout(() => response.end(), since >= fromMs && since < toMs ? toMs - since : 0)
  }
}

test('a stall is felt by everybody whom it kept waiting: p99 as arithmetic has it', async () => {
  const [rate, seconds, from, to] = [50, 10, 4000, 6000]
  const { code, stderr, figures, run } = await against(stalling(from, to), [
    'arrival',
    '--rate',
    String(rate),
    '--duration',
    `${seconds}s`,
    '--max-vus',
    '150',
  ])
  assert.equal(code, 0, `${stderr} ${figures.verdict.reasons}`)
  assert.deepEqual(
    run.load.stages.map(({ offered, vus }) => [offered, vus]),
    [[rate, 150]],
  )
  // Each request was to begin at its number ÷ rate; what falls into the stall waits for its end.
  const felt = Array.from({ length: rate * seconds }, (_, index) => (index * 1000) / rate)
    .map((at) => (at >= from && at < to ? to - at : 0))
    .sort((a, b) => a - b)
  const expected = felt[Math.floor(0.99 * (felt.length - 1))] ?? 0
  const { intended } = figures.total
  assert.ok(
    intended?.p99Ms && Math.abs(intended.p99Ms / expected - 1) < 0.05,
    `${intended?.p99Ms}, ${expected}`,
  )
  assert.ok(intended.maxMs && Math.abs(intended.maxMs - (to - from)) < 100)
  assert.ok((intended.p50Ms ?? 99) < 50)
})

test('a closed load hides it, and says what it would have been', async () => {
  const { figures } = await against(stalling(2000, 4000), ['constant', '--vus', '1', '--duration', '6s'])
  assert.ok((figures.total.p99Ms ?? 999) < 500, 'one of thousands of requests stood in the stall')
  const estimate = figures.remarks
    .map((remark) => /p99 would be about ([\d,]+) ms/.exec(remark)?.[1])
    .find(Boolean)
  assert.ok(Number(estimate?.replaceAll(',', '')) > 1500, figures.remarks.join('\n'))
})

test('requests that k6 dropped make a run invalid', async () => {
  const slow: RequestListener = (_, response) => setTimeout(() => response.end(), 800)
  const { code, figures } = await against(slow, [
    'arrival',
    '--rate',
    '30',
    '--duration',
    '2s',
    '--max-vus',
    '1',
  ])
  assert.equal(code, 3)
  assert.equal(figures.verdict.kind, 'invalid')
  assert.match(
    figures.verdict.reasons.join(' '),
    /k6 dropped \d+ of 6\d requests because all its VUs \(1\) .* or there were too few VUs/,
  )
})

test('a spike has its three stages, and a service of one’s own is asked as it wants to be', async () => {
  const seen = new Set<string>()
  const service: RequestListener = (request, response) => {
    let body = ''
    request.on('data', (data) => {
      body += data
    })
    request.on('end', () => {
      seen.add(
        `${request.method} ${request.headers['content-type']} ${request.headers.authorization} ${body}`,
      )
      response.writeHead(201).end()
    })
  }
  const server = await serving(service)
  const flags = ['--method', 'POST', '--body', '{"a":1}', '--header', 'Content-Type: application/json']
  const own = ['--url', server.url, '--path', '/items', ...flags, '--expect-status', '201']
  const started = startIn(out, ['run', 'spike', '--rate', '50', '--duration', '3s', ...own], {
    TARGET_TOKEN: 's3cret-token',
  })
  assert.equal(await started.ended, 0, started.stderr)
  server.close()
  // The other is whether the target tells of itself, as our own workload does.
  assert.deepEqual(
    [...seen].filter((each) => !each.startsWith('GET undefined undefined')),
    ['POST application/json Bearer s3cret-token {"a":1}'],
  )
  const { figures, run } = await runOf(out, started.stderr)
  assert.deepEqual(
    figures.stages.map(({ offered }) => offered),
    [10, 50, 10],
  )
  assert.ok(figures.stages.every(({ rate, offered }) => Math.abs((rate ?? 0) / (offered ?? 1) - 1) < 0.15))
  assert.equal(run.load.request, 'POST /items')
  assert.ok(!JSON.stringify(run).includes('s3cret'))
})

test('an open load has as many VUs as its answers may need, and at high rates no more', async () => {
  const k6 = await findK6(testShell())
  const script = await bundle('arrival')
  const vus = async (rate: number, slo?: number) => {
    const environment = { BASE_URL: 'http://127.0.0.1', RATE: String(rate), SLO_MS: slo ? String(slo) : '' }
    return (await inspect(k6, script, k6Environment(process.env, environment)))[0]?.vus
  }
  assert.deepEqual(await Promise.all([vus(4), vus(100), vus(1000), vus(4000)]), [10, 150, 550, 1300])
  // Answers as long as an SLO allows, up to 1.5 s, are waited for.
  assert.deepEqual(await Promise.all([vus(1000, 250), vus(4000, 500), vus(4000, 9000)]), [550, 2000, 6000])
})

test('sizes that do not fit the scenario are told in one sentence', async () => {
  for (const [args, sentence] of [
    [['constant', '--rate', '5'], /--rate is for arrival, spike and soak; constant is sized by --vus/],
    [['arrival', '--vus', '5'], /arrival is sized by --rate/],
    [['smoke', '--path', '/', '--body', 'x'], /--body needs a --method/],
    [['smoke', '--method', 'POST'], /--method is for a service of your own: add --path/],
    [['smoke', '--path', '/', '--header', 'nothing'], /--header: not of the form "Name: value"/],
    [['smoke', '--path', '/', '--expect-status', '20'], /--expect-status: "20" is not a list/],
  ] as const) {
    const started = startIn(out, ['run', ...args])
    assert.equal(await started.ended, 2, started.stderr)
    assert.match(started.stderr, sentence)
  }
})
