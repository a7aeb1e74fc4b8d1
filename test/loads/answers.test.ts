import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { commandIn, reportOf, runOf } from '../command.ts'
import { serving } from '../service.ts'

let out = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-answers-'))
})
after(() => rm(out, { recursive: true }))

/** Every third answer of each path is 200 with an apology, from so many on; of the others each second one a 404. */
async function apologetic(from = 0) {
  const counts = new Map<string, { requests: number; wrong: number }>()
  const server = await serving((request, response) => {
    const count = counts.get(request.url ?? '') ?? { requests: 0, wrong: 0 }
    counts.set(request.url ?? '', count)
    count.requests++
    const wrong = count.requests > from && count.requests % 3 === 0
    if (wrong) count.wrong++
    response.writeHead(!wrong && count.requests % 2 === 0 ? 404 : 200)
    response.end(wrong ? 'so sorry' : 'all is fine here')
  })
  return { ...server, counts }
}

const statuses = ['--expect-status', '200,404', '--expect-body', 'is fine']

test('an answer without the expected text has failed, whatever its status', async () => {
  const service = await apologetic()
  try {
    const load = [
      '--url',
      service.url,
      '--path',
      '/x',
      '--vus',
      '2',
      '--duration',
      '1s',
      '--slo',
      'errors=0.2',
    ]
    const { code, stdout, stderr } = await commandIn(out, ['run', 'constant', ...load, ...statuses])
    assert.equal(code, 1, stderr)
    const { figures, run } = await runOf(out, stderr)
    const { requests = 0, wrong = 0 } = service.counts.get('/x') ?? {}
    const { total } = figures
    // The first was the probe.
    assert.deepEqual([total.requests, total.failed], [requests - 1, wrong])
    assert.deepEqual(
      [total.latencyOf, total.samples],
      ['successful', (total.requests ?? 0) - (total.failed ?? 0)],
    )
    assert.deepEqual(figures.failures, [{ count: wrong, what: 'were answered without the expected text' }])
    assert.match(
      stdout,
      /errors ≤ 20 % missed: 3\d(\.\d)? % \([\d,]+ were answered without the expected text\)/,
    )
    assert.deepEqual([run.load.expectStatus, run.load.expectBody], ['200,404', 'is fine'])
    // Without a text bodies are not read, and their statuses are judged by k6.
    const plain = await commandIn(out, ['run', 'constant', ...load, ...statuses.slice(0, 2)])
    assert.equal(plain.code, 0, plain.stderr)
    const other = await runOf(out, plain.stderr)
    assert.equal(other.figures.total.failed, 0)
    const compared = await commandIn(out, [
      'compare',
      path.dirname((await reportOf(out, stderr)).report),
      other.folder,
    ])
    assert.match(
      compared.stdout + compared.stderr,
      /What counts as success differs: status 200,404, a body with "is fine" in the baseline, status 200,404 in/,
    )
  } finally {
    service.close()
  }
})

test('statuses are judged as without a text, by stage and in an open model', async () => {
  const service = await apologetic()
  try {
    const load = [
      '--url',
      service.url,
      '--path',
      '/x',
      '--duration',
      '6s',
      '--rate',
      '20',
      '--expect-body',
      'is fine',
    ]
    const { stderr } = await commandIn(out, ['run', 'spike', ...load, '--slo', 'errors=0.9'])
    const { figures } = await runOf(out, stderr)
    const sum = (of: 'requests' | 'failed' | 'samples') =>
      figures.stages.reduce((total, stage) => total + (stage[of] ?? 0), 0)
    for (const of of ['requests', 'failed', 'samples'] as const) assert.equal(sum(of), figures.total[of])
    const { requests = 0, wrong = 0 } = service.counts.get('/x') ?? {}
    const missing = [...Array(requests).keys()].filter((index) => index % 2 === 1 && index % 3 !== 2).length
    assert.deepEqual(
      figures.failures,
      [
        { count: wrong, what: 'were answered without the expected text' },
        { count: missing, what: 'were answered 404' },
      ].sort((a, b) => b.count - a.count || a.what.localeCompare(b.what)),
    )
    assert.equal(figures.total.failed, wrong + missing)
  } finally {
    service.close()
  }
})

test('each side of a duet has its own wrong answers', async () => {
  // After the warm-up and the probe.
  const service = await apologetic(300)
  try {
    const sides = ['--duet', '--a', `${service.url}/a`, '--b', `${service.url}/b`, '--path', '/']
    const times = ['--duration', '4s', '--repeat', '1', '--warm-up', '1ms', '--cool-down', '1ms']
    const { stderr } = await commandIn(out, [
      'ab',
      ...sides,
      ...times,
      '--vus',
      '2',
      '--slo',
      'errors=0.9',
      ...statuses,
    ])
    const { statistics } = await reportOf(out, stderr)
    assert.equal(statistics.runs.length, 2, stderr)
    for (const { run, total, failures } of statistics.runs) {
      assert.ok((total.failed ?? 0) > 0)
      assert.equal(total.failed, service.counts.get(`/${run?.labels.side}/`)?.wrong)
      assert.equal(total.samples, (total.requests ?? 0) - (total.failed ?? 0))
      assert.deepEqual(failures, [{ count: total.failed, what: 'were answered without the expected text' }])
    }
  } finally {
    service.close()
  }
})

test('the probe looks at the body too, and HEAD has none', async () => {
  const service = await serving((_, response) => response.end('so sorry'))
  try {
    const run = ['run', 'smoke', '--url', service.url, '--path', '/', '--expect-body', 'fine']
    const { code, stderr } = await commandIn(out, run)
    assert.equal(code, 4)
    assert.match(stderr, /answers 200, but the body does not contain the text of --expect-body$/m)
    const head = await commandIn(out, [...run, '--method', 'HEAD'])
    assert.equal(head.code, 2)
    assert.match(head.stderr, /--expect-body needs a --method whose answers have a body; HEAD has none$/m)
  } finally {
    service.close()
  }
})

test('VUs pause after each answer, spread over a pause, and latency is without it', async () => {
  const service = await serving((_, response) => response.end('fine'))
  try {
    const load = ['--url', service.url, '--path', '/', '--think-time', '500ms']
    const { code, stderr } = await commandIn(out, [
      'run',
      'constant',
      ...load,
      '--vus',
      '4',
      '--duration',
      '3s',
      // Where a run is recorded, nothing is tagged.
      '--no-timeline',
    ])
    assert.equal(code, 0, stderr)
    const { folder, run, figures } = await runOf(out, stderr)
    // Each VU sends at its beginning and every half second from then on, and nothing once the stage has ended.
    const made = figures.total.requests ?? 0
    assert.ok(made >= 16 && made <= 24, String(made))
    assert.ok((figures.total.maxMs ?? 0) < 500)
    assert.equal(run.load.thinkMs, 500)
    assert.match(
      figures.remarks.join(' '),
      /Each VU paused for 0\.5 s after each answer, so 4 VUs can make at most 8 requests\/s/,
    )
    assert.doesNotMatch(figures.remarks.join(' '), /Little|not steady|stalls that everybody met/)
    const { metrics } = JSON.parse(await readFile(path.join(folder, 'summary.json'), 'utf8'))
    assert.ok(metrics['http_req_duration{half:2}'].values.count > 0)
    assert.match(
      await readFile(path.join(folder, 'report', 'index.html'), 'utf8'),
      /0\.5 s after each answer/,
    )
    const ramp = await commandIn(out, ['run', 'ramp', ...load, '--stages', '1,3', '--duration', '4s'])
    assert.equal(ramp.code, 0, ramp.stderr)
    const { stages } = (await runOf(out, ramp.stderr)).figures
    for (const [index, most] of [4, 12].entries()) {
      const { requests = 0 } = stages[index] ?? {}
      assert.ok(requests !== null && requests >= most - 3 && requests <= most, `${requests} of ${most}`)
    }
    const open = await commandIn(out, ['run', 'arrival', ...load])
    assert.equal(open.code, 2)
    assert.match(
      open.stderr,
      /--think-time is for smoke, constant, ramp, mix, autoscale; arrival takes --rate and --max-vus$/m,
    )
  } finally {
    service.close()
  }
})
