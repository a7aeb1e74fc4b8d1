import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testShell } from '../../test/shell.ts'
import { Failure } from '../shell/exit.ts'
import { outputs } from './outputs.ts'

const none = { raw: false, dashboard: false, otel: false, k6Out: [] }

test('no output by default', () => {
  const shell = testShell()
  assert.deepEqual(outputs(shell, none, 'points', null), { args: [], environment: {}, names: [] })
  assert.deepEqual(shell.sentences, [])
})

test('every output becomes an argument or a variable of k6, and its cost is said', () => {
  const shell = testShell({ env: { K6_WEB_DASHBOARD_PORT: '7000' }, terminal: true })
  const all = {
    raw: true,
    dashboard: true,
    prometheus: 'http://127.0.0.1:9090/api/v1/write',
    otel: true,
    k6Out: ['csv=a=b.csv', 'statsd'],
  }
  assert.deepEqual(outputs(shell, all, '/tmp/points.json.gz', null), {
    args: [],
    environment: {
      K6_OUT: 'json=/tmp/points.json.gz,experimental-prometheus-rw,opentelemetry,csv=a=b.csv,statsd',
      K6_WEB_DASHBOARD: 'true',
      K6_WEB_DASHBOARD_OPEN: 'true',
      K6_PROMETHEUS_RW_SERVER_URL: 'http://127.0.0.1:9090/api/v1/write',
    },
    names: ['raw points', 'dashboard', 'Prometheus', 'OpenTelemetry', 'csv', 'statsd'],
  })
  assert.equal(shell.sentences.length, 6)
  assert.match(shell.sentences[1] ?? '', /^k6 output dashboard: .*http:\/\/127\.0\.0\.1:7000$/)
})

test('outputs are arguments, which everybody can read, only where a comma asks for it and nothing is secret', () => {
  const args = (k6Out: string[]) => outputs(testShell(), { ...none, k6Out }, '', null).args
  assert.deepEqual(args(['csv=a,b.csv', 'statsd']), ['--out', 'csv=a,b.csv', '--out', 'statsd'])
  assert.throws(
    () => args(['csv=a,b.csv', 'influxdb=http://u:c4nary@h/db']),
    /^Error: --k6-out: with a comma/,
  )
  assert.throws(() => args(['http://u:c4nary@h/db']), /^Error: --k6-out: not the name of an output/)
})

test('the dashboard opens no browser without a terminal', () => {
  const { environment } = outputs(testShell(), { ...none, dashboard: true }, '', null)
  assert.equal(environment.K6_WEB_DASHBOARD_OPEN, 'false')
})

const recorder = { file: '/tmp/a, b & c/recording.ndjson', periodMs: 2000 }
const recording = 'web-dashboard=period=2000ms&record=%2Ftmp%2Fa%2C%20b%20%26%20c%2Frecording.ndjson'

test('a recorder is an output without a page, whatever the path, and nobody is told of a cost', () => {
  const shell = testShell()
  assert.deepEqual(outputs(shell, { ...none, k6Out: ['statsd'] }, '', recorder), {
    args: [],
    environment: { K6_OUT: `${recording}&port=-1&tag=,statsd`, K6_WEB_DASHBOARD_OPEN: 'false' },
    names: ['statsd'],
  })
  assert.equal(shell.sentences.length, 1)
})

test('the page of the dashboard and the recorder are one output', () => {
  for (const [env, dashboard] of [
    [{}, true],
    [{ K6_WEB_DASHBOARD: 'true' }, false],
  ] as const) {
    const { environment, names } = outputs(testShell({ env }), { ...none, dashboard }, '', recorder)
    assert.deepEqual(
      [environment.K6_OUT, environment.K6_WEB_DASHBOARD, names],
      [recording, 'false', ['dashboard']],
    )
  }
})

test('k6’s cloud is refused', () => {
  for (const cloud of ['cloud', 'cloud=x'])
    assert.throws(
      () => outputs(testShell(), { ...none, k6Out: [cloud] }, '', null),
      (error) => error instanceof Failure && error.exitCode === 2 && /cloud sends/.test(error.message),
    )
})
