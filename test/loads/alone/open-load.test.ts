import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { mean } from 'simple-statistics'
import { readSummary } from '../../../analysis/formats/read.ts'
import { findMetric } from '../../../analysis/formats/summary.ts'
import { poissonTimes, uniformsFrom } from '../../../scenarios/lib/poisson.ts'
import { runOf, startIn } from '../../command.ts'
import { serving } from '../../service.ts'

let out = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-open-'))
})
after(() => rm(out, { recursive: true }))

/** Runs a scenario against a service that the test provides. */
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

/** Responds at once, except between two moments after the first request of the load: then only at the second. */
function stalling(fromMs: number, toMs: number): RequestListener {
  let first = 0
  return (_, response) => {
    // The runner sends a request before the load.
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

test('an open model corrects for coordinated omission: a stall counts for every request it delays', async () => {
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
  // Request number n should start n ÷ rate after the first; one that falls into the stall waits for its end.
  const latenciesMs = Array.from({ length: rate * seconds }, (_, index) => (index * 1000) / rate)
    .map((at) => (at >= from && at < to ? to - at : 0))
    .sort((a, b) => a - b)
  const expected = latenciesMs[Math.floor(0.99 * (latenciesMs.length - 1))] ?? 0
  const { intended } = figures.total
  assert.ok(
    intended?.p99Ms && Math.abs(intended.p99Ms / expected - 1) < 0.05,
    `${intended?.p99Ms}, ${expected}`,
  )
  assert.ok(intended.maxMs && Math.abs(intended.maxMs - (to - from)) < 100)
  assert.ok((intended.p50Ms ?? 99) < 50)
  // In more than whole milliseconds, between two of which a percentile may lie.
  assert.notEqual((2 * (intended.p50Ms ?? 0)) % 1, 0, `${intended.p50Ms}`)
})

test('a closed model hides a stall, and the report estimates the latency without coordinated omission', async () => {
  const { figures } = await against(stalling(2000, 4000), ['constant', '--vus', '1', '--duration', '6s'])
  const { p99Ms, maxMs } = figures.total
  const stallMs = maxMs ?? 0
  assert.ok((p99Ms ?? stallMs) < stallMs / 4, 'only one of thousands of requests was in the stall')
  const estimate = figures.remarks
    .map((remark) => /would be about ([\d,]+) ms/.exec(remark)?.[1])
    .find(Boolean)
  assert.ok(Number(estimate?.replaceAll(',', '')) > 0.75 * stallMs, figures.remarks.join('\n'))
})

/** Answers one request after the other, each after exactly `workMs`, and notes when each came and how long it waited. */
function oneByOne(workMs: number) {
  const came: { atMs: number; waitedMs: number }[] = []
  let freeAt = 0
  const listener: RequestListener = ({ url }, response) => {
    if (url !== '/') return void response.writeHead(404).end()
    const atMs = performance.now()
    const begun = Math.max(atMs, freeAt)
    freeAt = begun + workMs
    came.push({ atMs, waitedMs: begun - atMs })
    const answerAt = freeAt
    // A timer alone is up to 2 ms late.
    const answer = () => (performance.now() < answerAt ? setImmediate(answer) : response.end())
    setTimeout(answer, answerAt - atMs - 2)
  }
  return { came, listener }
}

test('requests at random times queue as in M/D/1, and evenly spaced ones do not', async () => {
  const [rate, workMs, seconds, seed] = [4, 200, 30, 2]
  const size = ['--rate', String(rate), '--duration', `${seconds}s`]
  const services = { poisson: oneByOne(workMs), even: oneByOne(workMs) }
  const [random, even] = await Promise.all([
    against(services.poisson.listener, [
      'arrival',
      ...size,
      '--arrivals',
      'poisson',
      '--arrival-seed',
      `${seed}`,
    ]),
    against(services.even.listener, ['arrival', ...size]),
  ])
  for (const { code, stderr } of [random, even]) assert.equal(code, 0, stderr)
  assert.equal(random.run.load.stages[0]?.poissonSeed, seed)
  assert.match(random.figures.remarks.join(), /at random times \(Poisson\)/)
  assert.equal(random.figures.queueGrowth, 0)
  assert.ok(Math.abs((random.figures.stages[0]?.rate ?? 0) / rate - 1) < 0.01, 'over the whole window')

  // Lindley's recursion: each waits as long as the one before, plus that one's work, less the time between the two.
  const times = poissonTimes(rate * seconds, seconds * 1000, uniformsFrom(seed))
  let waitMs = 0
  const waitsMs = times.map((at, index) => {
    waitMs = index === 0 ? 0 : Math.max(0, waitMs + workMs - (at - (times[index - 1] ?? 0)))
    return waitMs
  })
  const came = services.poisson.came.slice(-times.length)
  const offsets = came.map(({ atMs }, index) => atMs - (times[index] ?? 0)).sort((a, b) => a - b)
  const spread =
    (offsets[Math.floor(0.9 * offsets.length)] ?? 0) - (offsets[Math.floor(0.1 * offsets.length)] ?? 0)
  assert.ok(spread < workMs / 5, `every VU keeps to the same times, within ${spread} ms`)
  // Evenly spaced requests would not wait at all: what they waited, a busy machine has added to both.
  const waited = ({ came }: ReturnType<typeof oneByOne>) =>
    mean(came.slice(1).map(({ waitedMs }) => waitedMs))
  const seen = async (folder: string) => {
    const summary = await readSummary(path.join(folder, 'summary.json'))
    assert.ok(summary.kind === 'summary')
    return (findMetric(summary.summary, 'latency_intended')?.values.avg ?? Number.NaN) - workMs
  }
  for (const [what, measured, added] of [
    ['the target', waited(services.poisson), waited(services.even)],
    ['k6', await seen(random.folder), await seen(even.folder)],
  ] as const) {
    const words = `${what}: ${measured} ms, evenly ${added} ms, expected ${mean(waitsMs)} ms`
    assert.ok(Math.abs((measured - added) / mean(waitsMs) - 1) < 0.05, words)
    assert.ok(added < 0.2 * mean(waitsMs), words)
  }
})

test('random arrivals that find no VU are dropped, as k6 drops even ones', async () => {
  const slow: RequestListener = (_, response) => setTimeout(() => response.end(), 200)
  const { code, figures } = await against(slow, [
    'arrival',
    ...['--rate', '30', '--duration', '3s', '--max-vus', '2', '--arrivals', 'poisson'],
  ])
  assert.equal(code, 3)
  assert.match(figures.verdict.reasons.join(' '), /^k6 dropped \d+ of 90 requests because all its VUs \(2\)/)
})

test('dropped requests make a run invalid, and the reason says why', async () => {
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

test('a spike has three stages, and sends the method, body, headers and token that the options give', async () => {
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
  const target = ['--url', server.url, '--path', '/items', '--expect-status', '201']
  const started = startIn(out, ['run', 'spike', '--rate', '50', '--duration', '3s', ...target, ...flags], {
    TARGET_TOKEN: 's3cret-token',
  })
  assert.equal(await started.ended, 0, started.stderr)
  server.close()
  // The other request finds out whether the target is the bundled workload, which describes itself.
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

test('sizes that do not fit the scenario are refused in one sentence', async () => {
  for (const [args, sentence] of [
    [['constant', '--rate', '5'], /--rate is for arrival, spike, soak; constant takes --vus/],
    [
      ['ramp', '--arrivals', 'poisson'],
      /--arrivals is for arrival, spike, soak; ramp takes --vus and --stages/,
    ],
    [['soak', '--arrivals', 'x'], /--arrivals: "x" is neither even nor poisson/],
    [['soak', '--arrival-seed', '2'], /--arrival-seed is for random times: add --arrivals poisson/],
    [['arrival', '--vus', '5'], /--vus is for .*; arrival takes --rate and --max-vus/],
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
