import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import { readRun, readSource } from '../analysis/formats/read.ts'
import { formatRun } from '../analysis/formats/run.ts'
import { keep } from '../analysis/run/kept.ts'
import { runStatistics } from '../analysis/run/statistics.ts'
import { commandIn, left, noneLeft, root, runOf, said, startIn } from './command.ts'
import { aRun, requests, summaryText } from './samples.ts'
import { started as startedService } from './service.ts'
import { timelineIn } from './stall.ts'

let out = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-main-'))
})
after(() => rm(out, { recursive: true }))

const start = (args: string[], environment?: Record<string, string>) => startIn(out, args, environment)
const finished = (args: string[], environment?: Record<string, string>) => commandIn(out, args, environment)

const lastRun = (stderr: string) => runOf(out, stderr)

test('a ramp against the embedded workload: report, and k6 and workload counted the same', async () => {
  const started = start([
    'run',
    'ramp',
    ...['--stages', '1,2,4', '--duration', '6s', '--label', 'a=b', '--junit', 'ci.xml'],
  ])
  const code = await started.ended
  const { stdout, stderr, mark } = started
  assert.equal(code, 0, stderr)
  const { folder, run, figures } = await lastRun(stderr)
  assert.ok((figures.total.requests ?? 0) > 100)
  assert.equal(figures.total.failed, 0)
  assert.equal(run.target.workServed, figures.total.requests)
  const { server, p95Ms } = figures.total
  assert.ok(
    server?.workP50Ms &&
      server.workP50Ms > 1 &&
      server.queueP95Ms !== null &&
      server.queueP95Ms < (p95Ms ?? 0),
  )
  assert.ok(figures.stages.every((stage) => stage.server !== null))
  assert.deepEqual(run.labels, { a: 'b' })
  assert.deepEqual(
    figures.stages.map(({ vus, durationMs }) => [vus, durationMs]),
    [1, 2, 4].map((vus) => [vus, 2000]),
  )
  const ofStages = figures.stages.reduce((sum, { requests }) => sum + (requests ?? 0), 0)
  assert.equal(ofStages, figures.total.requests)
  assert.match(stdout, /^verdict: pass$/m)
  const junit = await readFile(path.join(out, 'ci.xml'), 'utf8')
  assert.equal(junit, await readFile(path.join(folder, 'report/junit.xml'), 'utf8'))
  assert.match(junit, / time="[67]\.\d{3}"/)
  assert.match(stdout, /^stage 3 · 4 VUs +[\d,]+ /m)
  assert.deepEqual((await readdir(folder)).sort(), [
    'k6.log',
    'report',
    'run.json',
    'summary.json',
    'timeline.ndjson',
  ])
  const { periods } = await timelineIn(folder)
  assert.equal(
    periods.reduce((sum, { requests }) => sum + (requests ?? 0), 0),
    figures.total.requests,
  )
  assert.ok(process.platform !== 'linux' || periods.some(({ targetCores }) => (targetCores ?? 0) > 0))
  assert.ok(process.platform !== 'linux' || periods.some(({ generatorCores }) => (generatorCores ?? 0) > 0))
  assert.ok((await readFile(path.join(out, 'index.html'), 'utf8')).includes(path.basename(folder)))
  assert.deepEqual((await readdir(path.join(folder, 'report'))).sort(), [
    'comment.md',
    'index.html',
    'inside.svg',
    'junit.xml',
    'latency.svg',
    'phases.svg',
    'report.md',
    'runs.csv',
    'saturation.svg',
    'statistics.json',
    'timeline.svg',
  ])
  const [file, reading] = [readRun(folder), await readSource(folder)]
  assert.ok(file.kind === 'ok' && file.value.kept && reading.kind === 'source')
  // The hash shows a later comparison that nothing has changed.
  const again = keep(runStatistics(reading.source), path.join(folder, 'summary.json'))
  assert.deepEqual(again, file.value.kept)
  await noneLeft(mark)
})

test('the percentiles are those of the raw points', async () => {
  const { code, stderr } = await finished(['run', 'constant', '--duration', '4s', '--vus', '4', '--raw'])
  assert.equal(code, 0, stderr)
  const { folder, figures } = await lastRun(stderr)
  const points: number[] = []
  const raw = createReadStream(path.join(folder, 'points.json.gz')).pipe(createGunzip())
  for await (const line of createInterface({ input: raw })) {
    const { type, metric, data } = JSON.parse(line)
    if (type === 'Point' && metric === 'http_req_duration') points.push(data.value)
  }
  points.sort((a, b) => a - b)
  assert.equal(points.length, figures.total.requests)
  // Linear between the two nearest ranks of n - 1, as k6 interpolates.
  const exact = (p: number) => {
    const rank = (p / 100) * (points.length - 1)
    const [lower = 0, upper = 0] = [points[Math.floor(rank)], points[Math.ceil(rank)]]
    return lower + (upper - lower) * (rank - Math.floor(rank))
  }
  const close = (value: number | null, wanted: number, what: string) =>
    assert.ok(value !== null && Math.abs(value - wanted) <= 1e-9 * wanted, `${what}: ${value}, not ${wanted}`)
  const { total } = figures
  close(total.minMs, exact(0), 'min')
  close(total.p50Ms, exact(50), 'p50')
  close(total.p90Ms, exact(90), 'p90')
  close(total.p95Ms, exact(95), 'p95')
  close(total.p99Ms, exact(99), 'p99')
  close(total.maxMs, exact(100), 'max')
  close(total.meanMs, points.reduce((a, b) => a + b, 0) / points.length, 'mean')
  assert.equal(figures.percentiles.length, 359)
  for (const [p, ms] of figures.percentiles) close(ms, exact(p), `p${p}`)
})

test('a target that refuses connections is reported before any load', async () => {
  const empty = await mkdtemp(path.join(out, 'refused-'))
  const { code, stderr } = await commandIn(empty, ['run', 'smoke', '--url', 'http://127.0.0.1:9'])
  assert.equal(code, 4)
  assert.match(
    stderr,
    /^load-and-stress: http:\/\/127\.0\.0\.1:9\/work does not answer \(.*\); is the service running there\?\n$/,
  )
  assert.deepEqual(await readdir(empty), [])
})

test('a target that dies half-way still gives a report, with the reason in words', async () => {
  const target = await startedService()
  const started = start(['run', 'constant', '--url', target.url, '--duration', '4s', '--vus', '2'])
  await said(started, 'k6 runs')
  await sleep(2000)
  target.process.kill('SIGKILL')
  assert.equal(await started.ended, 1, started.stderr)
  assert.match(
    started.stdout,
    /^verdict: fail\n {2}errors ≤ 1 % missed: .* % \(.*were refused the connection/m,
  )
  const { folder, run, figures } = await lastRun(started.stderr)
  assert.match(run.k6.warnings.join(), /dial tcp 127\.0\.0\.1:\d+: connect: connection refused/)
  assert.ok(run.k6.warnings.length <= 3)
  const page = await readFile(path.join(folder, 'report', 'report.md'), 'utf8')
  assert.match(page, /From k6’s log: .*connection refused/)
  const { failed, requests } = figures.total
  assert.ok(failed !== null && requests !== null && failed > 0 && failed < requests)
  // What was refused took no time; the latencies are of what was answered.
  assert.ok((figures.total.minMs ?? 0) > 1)
  assert.ok((await readFile(path.join(folder, 'k6.log'), 'utf8')).length < 20_000)
  await noneLeft(started.mark)
})

test('Ctrl-C keeps what was measured, marked as interrupted', async () => {
  const started = start(['run', 'constant', '--duration', '60s', '--vus', '2'])
  await said(started, 'k6 runs')
  await sleep(1500)
  started.process.kill('SIGINT')
  assert.equal(await started.ended, 130, started.stderr)
  const { run, figures } = await lastRun(started.stderr)
  assert.equal(run.interrupted, true)
  assert.ok((figures.total.requests ?? 0) > 0)
  assert.equal(figures.verdict.kind, 'invalid')
  assert.match(figures.verdict.reasons[0] ?? '', /^interrupted before its planned 60 s were over$/)
  await noneLeft(started.mark)
})

test('a runner that is killed leaves no process behind', { skip: process.platform !== 'linux' }, async () => {
  const started = start(['run', 'constant', '--duration', '60s', '--vus', '1'])
  await said(started, 'k6 runs')
  while ((await left(started.mark)).length < 5) await sleep(20)
  started.process.kill('SIGKILL')
  await started.ended
  await noneLeft(started.mark)
})

test('a service of one’s own: its path is requested, its secrets stay secret', async () => {
  const requested = new Set<string>()
  const service = createServer((request, response) => {
    requested.add(`${request.method} ${request.url} ${request.headers.authorization}`)
    response.end('fine')
  }).listen(0, '127.0.0.1')
  await once(service, 'listening')
  try {
    const { port } = service.address() as AddressInfo
    const url = `http://admin:hunter2@127.0.0.1:${port}/api`
    const { code, stdout, stderr } = await finished(
      [
        'run',
        'smoke',
        '--path',
        '/items?token=s3cret&page=1',
        '--duration',
        '1s',
        '--slo',
        'p95=10000,rate=1',
      ],
      { BASE_URL: url },
    )
    assert.equal(code, 0, stderr)
    const { folder, run, figures } = await lastRun(stderr)
    assert.ok((figures.total.requests ?? 0) > 10)
    assert.ok(
      [...requested].some((each) => each === 'GET /api/items?token=s3cret&page=1 Basic YWRtaW46aHVudGVyMg=='),
    )
    assert.equal(run.target.url, `http://127.0.0.1:${port}/api`)
    assert.equal(run.load.request, 'GET /items?token=…&page=…')
    assert.equal(run.target.workload, null)
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((file) =>
      file.isFile(),
    )
    const written = await Promise.all(
      files.map((file) => readFile(path.join(file.parentPath, file.name), 'utf8')),
    )
    for (const text of [stdout, stderr, ...written]) assert.doesNotMatch(text, /hunter2|s3cret/)
  } finally {
    service.close()
    service.closeAllConnections()
  }
})

test('a workload that asks for a token gets it, and nobody else does', async () => {
  const token = 'open-sesame-123'
  const target = await startedService({ STRESS_TOKEN: token })
  const heard = new Set<unknown>()
  const service = createServer((request, response) => {
    heard.add(request.headers.authorization)
    response.end()
  }).listen(0, '127.0.0.1')
  await once(service, 'listening')
  try {
    const smoke = ['run', 'smoke', '--duration', '1s', '--url']
    const refused = await finished([...smoke, target.url])
    assert.equal(refused.code, 4)
    assert.match(refused.stderr, /answers 401.*STRESS_TOKEN/)
    const served = await finished([...smoke, target.url], { STRESS_TOKEN: token })
    assert.equal(served.code, 0, served.stderr)
    const { folder } = await lastRun(served.stderr)
    for (const name of ['run.json', 'summary.json', 'k6.log'])
      assert.ok(!(await readFile(path.join(folder, name), 'utf8')).includes(token))
    const elsewhere = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
    assert.equal((await finished([...smoke, elsewhere, '--path', '/x'], { STRESS_TOKEN: token })).code, 0)
    assert.deepEqual([...heard], [undefined])
  } finally {
    target.process.kill('SIGTERM')
    service.close()
    service.closeAllConnections()
  }
})

test('a target that answers with errors only, or redirects, is reported before any load', async () => {
  const service = createServer((request, response) => {
    response.writeHead(request.url === '/moved' ? 302 : 404, { location: 'http://192.0.2.1/' }).end()
  }).listen(0, '127.0.0.1')
  await once(service, 'listening')
  try {
    const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
    const moved = await finished(['run', 'smoke', '--url', url, '--path', '/moved'])
    assert.equal(moved.code, 4)
    assert.match(moved.stderr, /redirects to http:\/\/192\.0\.2\.1; point --url and --path there/)
  } finally {
    service.close()
  }
})

test('what failed its SLOs ends with 1, what cannot be judged with 3', async () => {
  const failed = await finished(['run', 'smoke', '--duration', '1s', '--slo', 'p50=0.001'])
  assert.equal(failed.code, 1, failed.stderr)
  assert.match(failed.stdout, /p50 ≤ 0\.001 ms missed/)
  const unknown = await finished(['run', 'smoke', '--duration', '1s', '--slo', 'p99.9=1000'])
  assert.equal(unknown.code, 3, unknown.stderr)
  assert.match(unknown.stdout, /p99\.9 needs 1,000 successful requests/)
  const again = await finished([
    'report',
    path.dirname(path.dirname(/report: (.*)/.exec(failed.stderr)?.[1] ?? '')),
  ])
  assert.equal(again.code, 1, again.stderr)
  assert.equal(again.stdout, failed.stdout)
})

test('several runs go into one page; a bare summary is accepted; folders of others are left alone', async () => {
  const runs = [await aRunFolder('one'), await aRunFolder('two')]
  const both = await finished(['report', ...runs, '--out', 'both'])
  assert.equal(both.code, 0, both.stderr)
  assert.match(await readFile(path.join(out, 'both/index.html'), 'utf8'), /2 runs side by side/)

  const fixture = path.join(root, 'test/fixtures/k6/1.8.1-export.json')
  const nowhere = await finished(['report', fixture])
  assert.equal(nowhere.code, 2)
  assert.match(nowhere.stderr, /add --out DIR/)
  const bare = await finished(['report', fixture, '--out', 'bare'])
  assert.equal(bare.code, 1, bare.stderr)
  assert.match(bare.stdout, /k6 threshold crossed/)
  const foreign = await finished(['report', fixture, '--out', root])
  assert.equal(foreign.code, 2)
  assert.match(foreign.stderr, /contains more than a report/)
})

const usage: [args: string[], sentence: RegExp][] = [
  [['run', 'rump'], /unknown scenario "rump"; available: .*ramp/],
  [['run'], /which scenario\?/],
  [['run', 'ramp', '--vuss', '3'], /did you mean --vus\?/],
  [['run', 'ramp', '--stages', '1,2', '--vus', '3'], /give one of them/],
  [['run', 'smoke', '--stages', '1,2'], /--stages is for ramp/],
  [['run', 'smoke', 'http://127.0.0.1'], /is not expected here/],
  [['run', 'smoke', '--url', 'http://192.0.2.1/'], /--allow-public/],
  [['report'], /report RUN\.\.\.: 1 argument is needed, 0 given/],
  [['run', 'ramp', '--rate', '3'], /--rate is for arrival, spike, soak; ramp takes --vus and --stages/],
  [['help', 'juggle'], /is not a verb/],
  [['report', 'nothing-here'], /nothing-here: no such file or folder/],
  [['juggle'], /is not a verb/],
  [['constructor'], /"constructor" is not a verb/],
  [['help', '__proto__'], /"__proto__" is not a verb/],
  [['completion', 'toString'], /no completion for "toString"/],
  [['run', 'smoke', '--slo', 'constructor=1'], /is not an SLO/],
  [['run', 'smoke', '--vus', '1\n\u001b[31m2'], /"1\\n\\x1b\[31m2" is not a whole number/],
  [['run', 'smoke', '--prometheus', 'http://['], /--prometheus: .* is not an http or https address/],
]
for (const [args, sentence] of usage) {
  test(`"${args.join(' ')}" is refused in one sentence`, async () => {
    const { code, stdout, stderr } = await finished(args)
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
    assert.match(stderr, /^load-and-stress: /)
    assert.match(stderr, sentence)
  })
}

const verbs = ['run', 'new', 'breakpoint', 'sweep', 'ab', 'noise', 'compare', 'report', 'nightly', 'history']

test('the front door: verbs with a line each, help of one, version', async () => {
  for (const args of [[], ['--help'], ['help']]) {
    const { code, stdout } = await finished(args)
    assert.equal(code, 0)
    for (const verb of [...verbs, 'cluster']) assert.match(stdout, new RegExp(`^  ${verb} +\\w`, 'm'))
  }
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'))
  assert.equal((await finished(['--version'])).stdout, `${version}\n`)
  assert.equal(
    (await finished(['help', 'run', 'ramp'])).stdout,
    (await finished(['run', 'ramp', '-h'])).stdout,
  )
})

test('every verb has a help of at most 125 columns that starts nothing', async () => {
  for (const verb of [...verbs, 'run smoke', 'completion']) {
    const { code, stdout, stderr } = await finished([...verb.split(' '), '--help'])
    assert.equal(code, 0, stderr)
    assert.match(stdout, new RegExp(`^Usage: load-and-stress ${verb}`))
    for (const line of stdout.split('\n')) assert.ok(line.length <= 125, line)
  }
})

test('the help of a scenario shows what that scenario takes', async () => {
  const ramp = await finished(['run', 'ramp', '--help'])
  assert.match(ramp.stdout, /--stages/)
  assert.doesNotMatch(ramp.stdout, /--rate|--mix/)
  const arrival = await finished(['run', 'arrival', '--help'])
  assert.match(arrival.stdout, /--rate[\s\S]*--max-vus/)
  assert.doesNotMatch(arrival.stdout, /--vus |--stages/)
})

test('a variable that has lost its bare name is reported with its new one', async () => {
  const { stderr } = await finished(['run', 'arrival', '--url', 'http://127.0.0.1:9'], { RATE: '9' })
  assert.match(stderr, /^RATE is not read: the variable is called LAS_RATE$/m)
})

test('completion scripts are accepted by their shells', async () => {
  const { stdout } = await finished(['completion', 'bash'])
  const checked = spawnSync('bash', ['-n'], { input: stdout, encoding: 'utf8' })
  assert.equal(checked.status, 0, checked.stderr)
  const words = spawnSync(
    'bash',
    [
      '-c',
      `${stdout}\nCOMP_WORDS=(load-and-stress run ra) COMP_CWORD=2; _load_and_stress; echo "\${COMPREPLY[@]}"`,
    ],
    { encoding: 'utf8' },
  )
  assert.equal(words.stdout, 'ramp\n')
  assert.equal((await finished(['completion', 'tcsh'])).code, 2)
})

/** A result folder as a run leaves it. */
async function aRunFolder(id: string): Promise<string> {
  const folder = path.join(out, id)
  await mkdir(folder)
  await writeFile(path.join(folder, 'run.json'), formatRun(aRun({ id })))
  await writeFile(path.join(folder, 'summary.json'), summaryText(requests(1000)))
  return id
}
