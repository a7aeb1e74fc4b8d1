import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { testShell } from '../../test/shell.ts'
import { k6Environment, runK6, sayDropped } from './run.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'las-run-'))
})
after(() => rm(folder, { recursive: true }))

test('k6 gets the environment without the variables that would override the script', () => {
  const kept = k6Environment(
    { PATH: '/bin', K6_VUS: '7', K6_SUMMARY_TREND_STATS: 'avg', K6_WEB_DASHBOARD: 'true', WORK_MS: '1' },
    { BASE_URL: 'http://127.0.0.1', WORK_MS: '5' },
  )
  assert.equal(kept.PATH, '/bin')
  assert.equal(kept.BASE_URL, 'http://127.0.0.1')
  assert.equal(kept.WORK_MS, '5')
  assert.equal(kept.K6_WEB_DASHBOARD, 'true')
  assert.ok(!('K6_VUS' in kept) && !('K6_SUMMARY_TREND_STATS' in kept))
  assert.equal(kept.K6_NO_USAGE_REPORT, 'true')
  assert.equal(kept.GOGC, '400')
  assert.match(kept.GOMEMLIMIT ?? '', /^[1-9]\d*MiB$/)
  assert.equal(k6Environment({ GOGC: '50' }, {}).GOGC, '50')
})

test('variables of k6 that help reach the target are kept, and the others are dropped in a sentence', () => {
  const env = {
    K6_USER_AGENT: 'us',
    K6_INSECURE_SKIP_TLS_VERIFY: 'true',
    K6_TLS_VERSION: 'tls1.3',
    K6_TLSAUTH: '[]',
    K6_DNS: 'ttl=0',
    K6_LOCAL_IPS: '127.0.0.2',
    K6_INFLUXDB_USERNAME: 'me',
    K6_OTEL_SERVICE_NAME: 'x',
  }
  const falsifying = {
    K6_RPS: '5',
    K6_HOSTS: '{}',
    K6_BLACKLIST_IPS: '',
    K6_MIN_ITERATION_DURATION: '1s',
    K6_HTTP_DEBUG: 'full',
    K6_DNS_X: '1',
    K6_TAGS: '',
    K6_OUT: 'json',
  }
  const kept = k6Environment({ ...env, ...falsifying }, {})
  for (const [name, value] of Object.entries(env)) assert.equal(kept[name], value)
  for (const name of Object.keys(falsifying)) assert.ok(!(name in kept), name)
  const shell = testShell({ env: { ...env, ...falsifying, K6_BIN: '/bin/k6' } })
  sayDropped(shell)
  assert.deepEqual(shell.sentences, [
    'K6_RPS, K6_HOSTS, K6_MIN_ITERATION_DURATION, K6_HTTP_DEBUG, K6_DNS_X, K6_OUT: not passed to k6, since it could change what is measured; use the flags',
  ])
})

/** Runs a Node program in place of k6. */
async function runFake(program: string, parts: Parameters<typeof testShell>[0] = {}) {
  const k6 = path.join(folder, 'k6')
  await writeFile(k6, `#!${process.execPath}\n${program}`, { mode: 0o755 })
  const logFile = path.join(folder, 'k6.log')
  await writeFile(logFile, '')
  const shell = testShell(parts)
  const options = { env: { A: 'b' }, logFile, args: ['--out', 'x'], plannedMs: 1000, secrets: ['hunter2'] }
  const logged = async (text: string) => {
    while (!(await readFile(logFile, 'utf8')).includes(text)) await sleep(10)
  }
  return {
    shell,
    logged,
    logFile,
    ended: runK6(shell, { path: k6, version: '2.2.0' }, 'the script', options),
  }
}

test('k6 gets arguments, environment and script; its log, first error and exit code are kept', async () => {
  const { shell, logFile, ended } = await runFake(`
    const script = require('node:fs').readFileSync(0, 'utf8')
    console.error(JSON.stringify([process.argv.slice(2), process.env.A, script]))
    console.error('level=error msg="Error: hunter2 broke"')
    process.exitCode = 99`)
  const { code, signal } = await ended
  assert.deepEqual([code, signal], [99, null])
  const [first = '', second] = (await readFile(logFile, 'utf8')).split('\n')
  const [args, a, script] = JSON.parse(first)
  assert.deepEqual(
    [args.slice(0, 3), args.slice(4)],
    [
      ['run', '--quiet', '--address'],
      ['--out', 'x', '-'],
    ],
  )
  assert.match(args[3], /^127\.0\.0\.1:\d+$/)
  assert.deepEqual([a, script], ['b', 'the script'])
  assert.equal(second, 'level=error msg="Error: … broke"')
  assert.deepEqual(shell.sentences, ['k6: … broke (more in k6.log)'])
})

test('the first interruption is one SIGINT to k6, the urgent one is another', async () => {
  const [first, second] = [new AbortController(), new AbortController()]
  const { logged, ended } = await runFake(
    `let times = 0
    process.on('SIGINT', () => {
      console.error('SIGINT ' + ++times)
      if (times === 2) process.exit(7)
    })
    setInterval(() => {}, 1000)
    console.error('ready')`,
    { signal: first.signal, urgent: second.signal },
  )
  await logged('ready')
  first.abort()
  await logged('SIGINT 1')
  second.abort()
  assert.equal((await ended).code, 7)
})

test('a program that cannot be started is an error', async () => {
  const options = { env: {}, logFile: path.join(folder, 'x.log'), args: [], plannedMs: 0, secrets: [] }
  const none = { path: path.join(folder, 'nowhere'), version: '2.2.0' }
  await assert.rejects(runK6(testShell(), none, '', options), { code: 'ENOENT' })
})
