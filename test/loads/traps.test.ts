import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { findK6 } from '../../runner/k6/find.ts'
import { left, noneLeft, runOf, said, startIn } from '../command.ts'
import { type Serving, serving } from '../service.ts'
import { testShell } from '../shell.ts'

/** Runs that prove nothing although k6 exits with 0: each must be invalid here, with exit code 3. */
let out = ''
let server: Serving
let base = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-traps-'))
  server = await serving((_, response) => response.end('fine'))
  base = server.url
})
after(async () => {
  server.close()
  await rm(out, { recursive: true })
})

const k6 = await findK6(testShell())

const header = `import http from 'k6/http'
import { sleep } from 'k6'
export const handleSummary = (data) => ({ [__ENV.SUMMARY]: JSON.stringify(data) })
`

const scripts: Record<string, { script: string; exit: number; reason: RegExp }> = {
  'every request was refused': {
    script: `export const options = { iterations: 5 }
export default () => { http.get('http://127.0.0.1:1/') }`,
    exit: 0,
    reason: /all 5 requests failed/,
  },
  'every iteration threw': {
    script: `export const options = { iterations: 5 }
export default () => { throw new Error('no') }`,
    exit: 0,
    reason: /no request was made/,
  },
  'thresholds passed on nothing': {
    script: `export const options = { iterations: 1, thresholds: { http_req_duration: ['p(95)<1'], http_req_failed: ['rate<0.01'] } }
export default () => {}`,
    exit: 0,
    reason: /no request was made/,
  },
  'no iteration finished': {
    script: `export const options = { scenarios: { one: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' } } }
export default () => { http.get(__ENV.BASE); sleep(5) }`,
    exit: 0,
    reason: /no iteration finished/,
  },
  'nine of ten arrivals were dropped': {
    script: `export const options = { scenarios: { one: { executor: 'constant-arrival-rate', rate: 30, duration: '2s', preAllocatedVUs: 1, maxVUs: 1 } } }
export default () => { http.get(__ENV.BASE); sleep(0.3) }`,
    exit: 0,
    reason: /k6 dropped \d+ of \d+ iterations/,
  },
}

for (const [what, { script, exit, reason }] of Object.entries(scripts)) {
  test(`${what}: k6 exits with ${exit}, the report with 3`, async () => {
    const summary = path.join(out, `${what.replaceAll(' ', '-')}.json`)
    const child = spawn(k6.path, ['run', '--quiet', '-'], {
      env: { ...process.env, SUMMARY: summary, BASE: base, K6_NO_USAGE_REPORT: 'true' },
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    child.stdin.end(header + script)
    assert.deepEqual(await once(child, 'close'), [exit, null])
    const reported = startIn(out, ['report', summary, '--out', path.join(out, `report-${what.length}`)])
    assert.equal(await reported.ended, 3, reported.stderr)
    assert.match(reported.stdout, reason)
  })
}

test('handleSummary threw: k6 writes no summary, and the report says so', async () => {
  const summary = path.join(out, 'none.json')
  const child = spawn(k6.path, ['run', '--quiet', '-'], { stdio: ['pipe', 'ignore', 'ignore'] })
  child.stdin.end(`export const options = { iterations: 1 }
export default () => {}
export const handleSummary = () => { throw new Error('no') }`)
  assert.deepEqual(await once(child, 'close'), [0, null])
  const reported = startIn(out, ['report', summary, '--out', path.join(out, 'report-none')])
  assert.equal(await reported.ended, 2)
  assert.match(reported.stderr, /none\.json: no such file/)
})

const constant = (args: string[], environment: Record<string, string> = {}) =>
  startIn(out, ['run', 'constant', '--vus', '2', '--duration', '2s', '--url', base, ...args], environment)

test('paths that k6 itself would refuse and leave out are encoded, so that every iteration makes its request', async () => {
  const rows = path.join(out, 'rows.json')
  await writeFile(
    rows,
    JSON.stringify([{ path: '/' }, { path: '/\u007f' }, { path: '/100%' }, { path: '/a b?c=\n' }]),
  )
  const started = constant(['--path', '{{path}}', '--data', rows])
  assert.equal(await started.ended, 0, started.stderr)
})

test('K6_ variables that would discard scenarios, percentiles or the summary have no effect', async () => {
  const started = constant(['--path', '/'], {
    K6_VUS: '1',
    K6_DURATION: '100ms',
    K6_ITERATIONS: '1',
    K6_SUMMARY_MODE: 'disabled',
    K6_SUMMARY_TREND_STATS: 'avg',
  })
  assert.equal(await started.ended, 0, started.stderr)
  const { figures, run } = await runOf(out, started.stderr)
  const [stage] = run.load.stages
  assert.equal(stage?.durationMs, 2000)
  assert.ok((figures.durationMs ?? 0) >= 0.95 * stage.durationMs && figures.percentiles.length > 300)
  assert.deepEqual(
    figures.stages.map(({ vus }) => vus),
    [2],
  )
})

test('a k6 that was killed', { skip: process.platform !== 'linux' }, async () => {
  const started = constant(['--path', '/'])
  await said(started, 'k6 runs')
  await sleep(500)
  let killed = 0
  for (const pid of await readdir('/proc')) {
    const [environment, command] = await Promise.all(
      ['environ', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
    )
    if (!environment?.includes(started.mark) || !/k6\0run\0/.test(command ?? '')) continue
    process.kill(Number(pid), 'SIGKILL')
    killed++
  }
  assert.equal(killed, 1, (await left(started.mark)).join('\n'))
  assert.equal(await started.ended, 3, started.stderr)
  assert.match(started.stdout, /k6 was killed by SIGKILL/)
  await noneLeft(started.mark)
})
