import assert from 'node:assert/strict'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { quantileSorted } from 'simple-statistics'
import { commandIn, noneLeft, reportOf, root, runOf, startIn } from '../command.ts'
import { serving } from '../service.ts'

let out = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-scripts-'))
  await cp(path.join(root, 'test/fixtures/checkout'), out, { recursive: true })
})
after(() => rm(out, { recursive: true }))

const script = async (name: string, text: string) => writeFile(path.join(out, name), text)

test('a script runs unchanged against the bundled workload, and its figures equal those of the raw points', async () => {
  const started = startIn(out, ['run', './checkout.ts', '--raw'])
  assert.equal(await started.ended, 0, started.stderr)
  await noneLeft(started.mark)
  const { report, statistics } = await reportOf(out, started.stderr)
  const folder = path.dirname(report)
  const points = await promisify(gunzip)(await readFile(path.join(folder, 'points.json.gz')))
  const durations = new Map<string, number[]>()
  const passed = new Map<string, number>()
  for (const line of points.toString().trim().split('\n')) {
    const { type, metric, data } = JSON.parse(line)
    if (type !== 'Point') continue
    if (metric === 'http_req_duration')
      durations.set(data.tags.name, [...(durations.get(data.tags.name) ?? []), data.value])
    if (metric === 'checks') passed.set(data.tags.check, (passed.get(data.tags.check) ?? 0) + data.value)
  }
  const [run] = statistics.runs
  const rows = run?.measures.tagged.find(({ by }) => by.join() === 'name')?.rows ?? []
  assert.deepEqual(rows.map(({ tags }) => tags.name).sort(), ['/healthz', 'list', 'pay'])
  for (const { tags, requests, failed, p50Ms, p95Ms } of rows) {
    const raw = [...durations].find(([name]) => name.endsWith(tags.name ?? ''))?.[1] ?? []
    raw.sort((a, b) => a - b)
    assert.deepEqual([requests, failed], [raw.length, 0], tags.name)
    assert.ok(
      Math.abs((p50Ms ?? 0) / quantileSorted(raw, 0.5) - 1) < 0.1,
      `${p50Ms}, ${quantileSorted(raw, 0.5)}`,
    )
    if (raw.length > 40) assert.ok(p95Ms !== null && p95Ms >= (p50Ms ?? 0))
  }
  assert.deepEqual(
    run?.measures.checks.map(({ name, group, passes, fails }) => [name, group, passes, fails]).sort(),
    [
      ['listed', '', passed.get('listed'), 0],
      ['paid', '::purchase', passed.get('paid'), 0],
    ],
  )
  assert.deepEqual(
    run?.stages.map(({ stage, vus, offered, startMs, durationMs }) => [
      stage,
      vus,
      offered,
      startMs,
      durationMs,
    ]),
    [
      ['browse', 3, null, 0, 3000],
      ['buy', 5, 20, 1000, 2000],
    ],
  )
  assert.ok(run?.measures.metrics.some(({ name }) => name === 'cart_time'))
  assert.equal(run?.run?.scenario, 'checkout')
  assert.equal(run?.run?.script?.file, 'checkout.ts')
  // Its own summary is as it would be without us.
  const files = path.join(folder, 'files')
  assert.deepEqual((await readdir(files)).sort(), ['reports-duration.json', 'stdout.txt'])
  assert.equal(await readFile(path.join(files, 'stdout.txt'), 'utf8'), 'mine')
  const [submetrics, values] = JSON.parse(await readFile(path.join(files, 'reports-duration.json'), 'utf8'))
  assert.deepEqual(submetrics.sort(), [
    'http_req_duration{expected_response:true}',
    'http_req_duration{name:list}',
  ])
  assert.deepEqual(values.sort(), ['avg', 'max', 'med', 'min', 'p(90)', 'p(95)'])
})

test('its thresholds are judged beside SLOs; one that is crossed fails the run', async () => {
  const { code, stdout } = await commandIn(out, [
    'run',
    './checkout.ts',
    '--quick',
    '--env',
    'LEAST=2',
    '--slo',
    'p95=0.001,max{metric:cart_time}=0',
  ])
  assert.equal(code, 1)
  assert.match(stdout, /verdict: fail\n {2}k6 threshold crossed: checks rate>2\n {2}p95 ≤ 0\.001 ms missed/)
  assert.match(stdout, /^ {2}max\{metric:cart_time\} ≤ 0 missed: [\d.]+$/m)
})

test('a threshold that aborts, test.fail() and a script of its own endings', async () => {
  await script(
    'abort.js',
    `import http from 'k6/http'
export const options = { vus: 1, duration: '30s', thresholds: { http_req_duration: [{ threshold: 'max<0', abortOnFail: true }] } }
export default function () { http.get(__ENV.BASE_URL + '/healthz') }`,
  )
  await script(
    'fails.js',
    `import http from 'k6/http'
import { test } from 'k6/execution'
export const options = { vus: 1, duration: '1s' }
export default function () { http.get(__ENV.BASE_URL + '/healthz'); test.fail('no') }`,
  )
  const aborted = await commandIn(out, ['run', './abort.js'])
  assert.equal(aborted.code, 1, aborted.stderr)
  assert.match(aborted.stdout, /k6 threshold crossed: http_req_duration max<0/)
  const failed = await commandIn(out, ['run', './fails.js', '--no-rehearsal'])
  assert.equal(failed.code, 1, failed.stderr)
  assert.match(failed.stdout, /the script called test\.fail\(\)/)
})

test('several scripts run one after the other, on one page', async () => {
  await script(
    'one.js',
    `import http from 'k6/http'
export const options = { vus: 1, duration: '1s' }
export default function () { http.get(__ENV.BASE_URL + '/healthz') }`,
  )
  await cp(path.join(out, 'one.js'), path.join(out, 'two.js'))
  const { code, stderr } = await commandIn(out, ['run', './one.js', './two.js'])
  assert.equal(code, 0, stderr)
  const { report, statistics } = await reportOf(out, stderr)
  assert.match(report, /-scripts-\w+\/report$/)
  assert.deepEqual(
    statistics.runs.map(({ run }) => run?.scenario),
    ['one', 'two'],
  )
})

test('a rehearsal finds a mistake in seconds, with its file and line, and nothing is loaded', async () => {
  await script(
    'mistake.js',
    `import http from 'k6/http'
export const options = { vus: 1, duration: '30s' }
export default function () {
  const answer = http.get(__ENV.BASE_URL + '/insight')
  answer.json().nothing.at.all()
}`,
  )
  const before = await readdir(out)
  const { code, stderr } = await commandIn(out, ['run', './mistake.js'])
  assert.equal(code, 2)
  assert.match(stderr, /mistake: rehearsal: TypeError: .* \(mistake\.js:5\)$/m)
  assert.deepEqual(await readdir(out), before)
})

test('an SLO of a metric that the script does not have, or does not have so, is refused before the load', async () => {
  await script(
    'basket.js',
    `import http from 'k6/http'
import { Counter, Gauge, Rate, Trend } from 'k6/metrics'
const [time, paid, rare, size] = [new Trend('cart_time', true), new Rate('paid'), new Counter('refused'), new Gauge('size')]
export const options = { vus: 1, duration: '2s' }
export default function () {
  const { timings, status } = http.get(__ENV.BASE_URL + '/insight', { tags: { name: 'look' } })
  time.add(timings.duration)
  paid.add(true)
  size.add(1)
  if (status === 500) rare.add(1)
}`,
  )
  const before = await readdir(out)
  const refused = async (slo: string) => {
    const { code, stderr } = await commandIn(out, ['run', './basket.js', '--slo', slo])
    assert.equal(code, 2, stderr)
    return stderr
  }
  assert.match(
    await refused('p95{metric:cart_tiem}=300'),
    /^load-and-stress: --slo: basket has no metric cart_tiem; it makes its metrics with new Trend/m,
  )
  assert.match(
    await refused('p95{metric:paid}=1'),
    /^load-and-stress: --slo p95\{metric:paid\}: it is a rate, of which rate, errors can be limited$/m,
  )
  assert.deepEqual(await readdir(out), before)
  const good = 'p99{metric:cart_time}=3000,rate{metric:paid}=0.9,max{metric:size}=1,p95{name:lok}=300'
  const { stderr } = await commandIn(out, ['run', './basket.js', '--slo', good])
  assert.match(stderr, /--slo p95\{name:lok\}: the rehearsal met no such name, but look; without one/)
  const { verdict } = (await runOf(out, stderr)).figures
  assert.equal(verdict.kind, 'invalid')
  assert.doesNotMatch(verdict.reasons.join(), /metric/)
  // What has no sample in the rehearsal may have one later.
  const rare = await commandIn(out, ['run', './basket.js', '--slo', 'rate{metric:refused}=0'])
  assert.notEqual(rare.code, 2, rare.stderr)
})

test('refusals say what to do', async () => {
  const refused = async (...args: string[]) => {
    const { code, stderr } = await commandIn(out, args)
    assert.equal(code, 2, stderr)
    return stderr
  }
  await script('own.js', `import http from 'k6/http'\nexport default () => http.get('http://127.0.0.1:1/')`)
  assert.match(
    await refused('run', './own.js', '--url', 'http://127.0.0.1:1'),
    /--url: own does not read __ENV\.BASE_URL/,
  )
  assert.match(
    await refused('run', './checkout.ts', '--path', '/x'),
    /--path is for built-in scenarios; checkout makes its own requests/,
  )
  assert.match(await refused('run', 'constant', '--scale', '2'), /--scale is for a script of your own/)
  assert.match(await refused('run', './nowhere.ts'), /\.\/nowhere\.ts: no such script/)
  assert.match(
    await refused('run', './checkout.ts', '--env', 'K6_VUS=3'),
    /K6_VUS is not the script’s own; use the flags/,
  )
  assert.match(
    await refused('ab', '--scenario', './own.js', '--a', 'http://127.0.0.1:1', '--warm-up', '1s'),
    /own does not read __ENV\.BASE_URL/,
  )
})

test('every series takes a script, and a changed one cannot be resumed', async () => {
  const short = ['--duration', '2s', '--warm-up', '10ms', '--cool-down', '10ms']
  const ab = await commandIn(out, ['ab', '--scenario', './checkout.ts', '--repeat', '1', ...short])
  assert.equal(ab.code, 0, ab.stderr)
  assert.match(ab.stdout, /^checkout, 1 replica$/m)
  const sweep = await commandIn(out, [
    'sweep',
    '--local',
    '--scenario',
    './checkout.ts',
    '--replicas',
    '1,2',
    '--repeat',
    '1',
    '--figures',
    'p95{name:list},mean{metric:cart_time}',
    ...short,
  ])
  assert.equal(sweep.code, 0, sweep.stderr)
  const { statistics } = await reportOf(out, sweep.stderr)
  assert.deepEqual(
    statistics.parts.map(({ metric, levels, value }) => [metric, levels.replicas, (value?.median ?? 0) > 0]),
    ['p95{name:list}', 'mean{metric:cart_time}'].flatMap((metric) =>
      ['1', '2'].map((each) => [metric, each, true]),
    ),
  )
  assert.match(sweep.stdout, /^p95 of list \(ms\) +1 +1 /m)
  assert.deepEqual(
    statistics.runs.map(({ run }) => run?.target.replicas),
    [1, 2],
  )
  const series = path.dirname((await reportOf(out, ab.stderr)).report)
  const [run = ''] = (await readdir(series)).filter((name) => name.includes('checkout'))
  await rm(path.join(series, run), { recursive: true })
  const text = await readFile(path.join(out, 'checkout.ts'), 'utf8')
  await script('checkout.ts', `${text}// changed\n`)
  const resumed = await commandIn(out, ['ab', '--resume', series])
  assert.equal(resumed.code, 2)
  assert.match(resumed.stderr, /cannot resume: checkout\.ts has changed since the series began/)
  await script('checkout.ts', text)
  assert.equal((await commandIn(out, ['ab', '--resume', series])).code, 0)
})

test('a nightly plan names scripts from where it is', async () => {
  const runs = [{ scenario: './checkout.ts', flags: { duration: '2s', env: 'LEAST=0.5' } }]
  await writeFile(path.join(out, 'plan.json'), JSON.stringify({ repeats: 1, runs }))
  for (const _ of [1, 2]) {
    const night = await commandIn(out, ['nightly', '--plan', 'plan.json', '--local'])
    assert.equal(night.code, 0, night.stderr)
  }
  assert.equal((await readdir(path.join(out, 'history'))).length, 2)
})

test('a breakpoint of a script scales its arrivals, and finds where its target breaks', async () => {
  // One at a time, 40 ms each: 25 a second.
  let free = Promise.resolve()
  const server = await serving((_, response) => {
    free = free.then(() => new Promise((resolve) => setTimeout(resolve, 40)))
    free.then(() => response.end('done'))
  })
  try {
    await script(
      'order.js',
      `import http from 'k6/http'
export const options = { scenarios: { order: { executor: 'constant-arrival-rate', rate: 2, duration: '30s', preAllocatedVUs: 2, exec: 'order' },
  look: { executor: 'constant-vus', vus: 1, duration: '30s', exec: 'order' } } }
export function order() { http.get(__ENV.BASE_URL + '/order') }`,
    )
    const flags = [
      '--url',
      server.url,
      '--rate',
      '10',
      '--duration',
      '4s',
      '--precision',
      '20',
      '--slo',
      'p95=400',
    ]
    const { code, stderr, stdout } = await commandIn(out, [
      'breakpoint',
      '--scenario',
      './order.js',
      ...flags,
    ])
    assert.equal(code, 0, stderr)
    const { held, broke } = (await reportOf(out, stderr)).statistics.breakpoint ?? {}
    assert.ok((held ?? 0) >= 15 && (held ?? 0) <= 26, stdout)
    assert.ok((broke ?? 0) > 20 && (broke ?? 0) <= 40, stdout)
    assert.match(stdout, /Holds \d+ iterations\/s, breaks at \d+/)
    assert.equal(stderr.match(/^order: the search leaves out look, which has no arrival rate$/gm)?.length, 1)
  } finally {
    await server.close()
  }
})
