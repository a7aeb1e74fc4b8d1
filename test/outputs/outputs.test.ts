import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../runner/k6/free-port.ts'
import { reportOf, startIn } from '../command.ts'

/**
 * What arrives in a real Prometheus (PROMETHEUS_BIN, by default the one on the PATH) and a real OpenTelemetry collector
 * (OTELCOL_BIN, made by collector.yaml), against what the run counted.
 */
let out = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-outputs-'))
})
after(() => rm(out, { recursive: true }))

/** Runs the program for as long as `work` takes. */
async function beside<T>(program: string, args: readonly string[], work: () => Promise<T>): Promise<T> {
  const child: ChildProcess = spawn(program, args, { cwd: out, stdio: 'ignore' })
  const failed = once(child, 'error').then(([error]) => {
    throw error
  })
  try {
    return await Promise.race([work(), failed])
  } finally {
    child.kill()
    if (child.exitCode === null && child.signalCode === null && child.pid) await once(child, 'exit')
  }
}

async function until<T>(what: () => Promise<T | null>): Promise<T> {
  for (let tries = 0; tries < 100; tries++) {
    const found = await what().catch(() => null)
    if (found !== null) return found
    await sleep(100)
  }
  throw new Error('no answer within ten seconds')
}

/** A run with these flags, and its number of requests. */
async function requestsOf(
  flags: readonly string[],
  environment: Record<string, string> = {},
): Promise<number> {
  const run = startIn(out, ['run', 'constant', '--vus', '2', '--duration', '4s', ...flags], environment)
  assert.equal(await run.ended, 0, run.stderr)
  assert.doesNotMatch(run.stderr, /^k6: .*more in k6\.log/m)
  const { statistics } = await reportOf(out, run.stderr)
  return statistics.runs[0]?.total.requests ?? 0
}

test('Prometheus counts the same requests', async () => {
  const base = `127.0.0.1:${await freePort()}`
  await writeFile(path.join(out, 'prometheus.yml'), 'global: { scrape_interval: 1h }\n')
  const args = [
    '--config.file=prometheus.yml',
    '--storage.tsdb.path=data',
    '--web.enable-remote-write-receiver',
  ]
  await beside(
    process.env.PROMETHEUS_BIN ?? 'prometheus',
    [...args, `--web.listen-address=${base}`],
    async () => {
      await until(async () => ((await fetch(`http://${base}/-/ready`)).ok ? true : null))
      const requests = await requestsOf(['--prometheus', `http://${base}/api/v1/write`])
      const counted = await until(async () => {
        const answer = await fetch(`http://${base}/api/v1/query?query=sum(k6_http_reqs_total)`)
        const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } }
        return data.result[0] ? Number(data.result[0].value[1]) : null
      })
      assert.ok(requests > 0)
      assert.equal(counted, requests)
    },
  )
})

type Metric = {
  readonly name: string
  readonly sum?: { readonly dataPoints: readonly { asDouble?: number; asInt?: string }[] }
}
type Batch = {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[]
  }[]
}

test('an OpenTelemetry collector counts the same requests', async () => {
  const endpoint = `127.0.0.1:${await freePort()}`
  const file = path.join(out, 'metrics.json')
  await writeFile(
    path.join(out, 'collector.yml'),
    `receivers: { otlp: { protocols: { grpc: { endpoint: "${endpoint}" } } } }
exporters: { file: { path: ${file} } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { metrics: { receivers: [otlp], exporters: [file] } }
`,
  )
  const requests = await beside(
    process.env.OTELCOL_BIN ?? 'otelcol',
    ['--config', 'collector.yml'],
    async () => {
      await sleep(1500)
      return requestsOf(['--otel'], {
        K6_OTEL_GRPC_EXPORTER_ENDPOINT: endpoint,
        K6_OTEL_GRPC_EXPORTER_INSECURE: 'true',
        K6_OTEL_FLUSH_INTERVAL: '1s',
      })
    },
  )
  const batches = (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Batch)
  const metrics = batches
    .at(-1)
    ?.resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((each) => each.metrics))
  const points = metrics?.find(({ name }) => name === 'http_reqs')?.sum?.dataPoints ?? []
  const counted = points.reduce((sum, { asDouble, asInt }) => sum + (asDouble ?? Number(asInt ?? 0)), 0)
  assert.ok(requests > 0)
  assert.equal(counted, requests)
})
