import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { median } from 'simple-statistics'
import { readSummary } from '../analysis/formats/read.ts'
import { findMetric } from '../analysis/formats/summary.ts'
import { number, orDash } from '../analysis/formats/words.ts'
import { bundle, bundleFile } from '../runner/k6/bundle.ts'
import { findK6 } from '../runner/k6/find.ts'
import { outputs } from '../runner/k6/outputs.ts'
import { k6Environment, runK6 } from '../runner/k6/run.ts'
import { periodFor } from '../runner/k6/timeline.ts'
import { readData } from '../runner/load/data.ts'
import { metricsOfNames } from '../runner/load/names.ts'
import { guard } from '../runner/shell/processes.ts'
import { shellOf } from '../runner/shell/shell.ts'

/**
 * What our scenarios cost the generator: requests a second and CPU of k6 for each, of the constant scenario – against
 * somebody's service, with rows of data, also named, and against the workload, whose own times it also takes – and of
 * somebody's own script, beside the shortest k6 script that one can write, run in the environment that our runner gives
 * k6 and in Go's own, and wrk as the limit, in turns against the same bare node:http server. "Recorded" is with the
 * recorder of the timeline, as every run has it. Needs wrk. BENCH_SECONDS and BENCH_ROUNDS shorten it, and BENCH_WAYS, a
 * regular expression, chooses from it beside the first.
 */
const seconds = Number(process.env.BENCH_SECONDS ?? 6)
const rounds = Number(process.env.BENCH_ROUNDS ?? 9)
const wanted = new RegExp(process.env.BENCH_WAYS ?? '')
const vus = 8

type Measured = { readonly rate: number; readonly cpuUs: number; readonly memoryMiB: number | null }

const server = spawn(
  process.execPath,
  [
    '-e',
    `require('node:http').createServer((_, answer) => answer.setHeader('Server-Timing', 'queue;dur=0.1, work;dur=5')
       .end('ok')).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`,
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
)
const watched = guard(server.pid ?? 0)
const [port] = await once(createInterface({ input: server.stdout }), 'line')
const base = `http://127.0.0.1:${port}`
const folder = await mkdtemp(path.join(os.tmpdir(), 'las-bench-'))
const { signal } = new AbortController()
const shell = shellOf({ env: process.env, cwd: process.cwd(), signal, urgent: signal }, process)
const k6 = await findK6(shell)
const ours = await bundle('constant')

const minimal = `
import http from 'k6/http'
export const options = { vus: ${vus}, duration: '${seconds}s', discardResponseBodies: true }
export default function () { http.get('${base}/') }
export const handleSummary = (data) => ({ [__ENV.LAS_SUMMARY_PATH]: JSON.stringify(data) })`

/** The variables of k6 for what records the timeline of a run of that length. */
function recorder(): Readonly<Record<string, string>> {
  const stages = [{ stage: '1', vus, offered: null, startMs: 0, durationMs: seconds * 1000 }]
  const recording = { file: path.join(folder, 'recording.ndjson'), periodMs: periodFor({ stages }) }
  const { environment } = outputs(
    shell,
    { raw: false, dashboard: false, otel: false, k6Out: [] },
    '',
    recording,
  )
  return { ...environment, LAS_RECORDED: 'true' }
}

async function ofK6(script: string, settings: Readonly<Record<string, string>>): Promise<Measured> {
  const file = path.join(folder, 'summary.json')
  const { cpuSeconds, maxMemoryMiB } = await runK6(shell, k6, script, {
    env: k6Environment(process.env, { ...settings, LAS_SUMMARY_PATH: file }),
    logFile: path.join(folder, 'k6.log'),
    args: [],
    plannedMs: seconds * 1000,
    secrets: [],
  })
  const reading = await readSummary(file)
  if (reading.kind === 'unreadable') throw new Error(reading.reason)
  const requests = findMetric(reading.summary, 'http_reqs')?.values.count ?? 0
  return {
    rate: (requests * 1000) / (reading.summary.durationMs ?? 0),
    cpuUs: ((cpuSeconds ?? 0) * 1e6) / requests,
    memoryMiB: maxMemoryMiB,
  }
}

const constant = (request: string, settings: Record<string, string> = {}) =>
  ofK6(ours, {
    BASE_URL: base,
    LAS_REQUEST_PATH: request,
    LAS_VUS: String(vus),
    LAS_DURATION: `${seconds}s`,
    LAS_KEEP_CONNECTIONS: 'true',
    ...settings,
  })

/** A hundred rows, each with one of that many names. */
async function rows(names: number): Promise<Measured> {
  const file = path.join(folder, 'rows.json')
  const row = (_: unknown, index: number) => ({ path: '/', name: `name ${index % names}` })
  await writeFile(file, JSON.stringify(Array.from({ length: 100 }, row)))
  const data = await readData(file, { path: '{{path}}', body: null, headers: {} })
  const named = [...new Set(data.requests.flatMap(({ name }) => name ?? []))]
  const settings = { LAS_DATA_ROWS: data.file, LAS_SUBMETRICS: JSON.stringify(metricsOfNames(named)) }
  return await constant('/', settings).finally(data.remove)
}

/** The minimal script as a run of somebody's own: with all percentiles, reasons of failures, and so many sub-metrics. */
async function ownScript(names: number, environment = {}): Promise<Measured> {
  const file = path.join(folder, 'own.js')
  const named = Array.from({ length: names }, (_, index) => `name ${index}`)
  const tags = names > 0 ? `, { tags: tags[n++ % ${names}] }` : ''
  await writeFile(
    file,
    `import http from 'k6/http'
const tags = ${JSON.stringify(named.map((name) => ({ name })))}
let n = 0
export const options = { vus: ${vus}, duration: '${seconds}s', discardResponseBodies: true }
export default function () { http.get('${base}/'${tags}) }`,
  )
  const { text } = await bundleFile(file)
  const settings = { LAS_OPTIONS: JSON.stringify({ submetrics: metricsOfNames(named) }) }
  return ofK6(text, { ...settings, ...environment })
}

async function ofWrk(): Promise<Measured> {
  const args = ['-f', 'cpu %U %S', 'wrk', '-t2', `-c${vus}`, `-d${seconds}`, `${base}/`]
  const { stdout, stderr } = spawnSync('/usr/bin/time', args, { encoding: 'utf8' })
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1])
  const [, user, system] = /cpu ([\d.]+) ([\d.]+)/.exec(stderr) ?? []
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    cpuUs: ((Number(user) + Number(system)) * 1e6) / requests,
    memoryMiB: null,
  }
}

const ways: Record<string, () => Promise<Measured>> = {
  'a minimal k6 script': () => ofK6(minimal, {}),
  // As far from 1 as this is, so far are the others from what they cost.
  'the same again': () => ofK6(minimal, {}),
  'the same, Go’s own garbage rate': () => ofK6(minimal, { GOGC: '100', GOMEMLIMIT: 'off' }),
  'constant, --path /': () => constant('/'),
  'the same, recorded': () => constant('/', recorder()),
  'constant, of the workload': () => constant('/work'),
  'constant, --data': () => rows(1),
  'the same, of 20 names': () => rows(20),
  'a script of one’s own': () => ownScript(0),
  'the same, 40 sub-metrics by name': () => ownScript(20),
  'these, recorded': () => ownScript(20, recorder()),
  'wrk, the limit': ofWrk,
}
try {
  const results = new Map<string, Measured[]>()
  const chosen = Object.entries(ways).filter(([name], index) => index === 0 || wanted.test(name))
  for (const [name] of chosen) results.set(name, [])
  for (let round = 0; round < rounds; round++) {
    // There and back, so that no way always has the same one before it, or the machine at its warmest.
    for (const [name, measure] of round % 2 ? chosen.toReversed() : chosen)
      results.get(name)?.push(await measure())
  }
  const middle = (name: string, of: (each: Measured) => number) => median((results.get(name) ?? []).map(of))
  const [first = ''] = results.keys()
  console.log(`\n${vus} connections kept, ${seconds} s, medians of ${rounds} rounds in turns`)
  console.log(`${''.padEnd(32)}  requests/s     ratio  CPU µs per request  MiB`)
  for (const name of results.keys()) {
    const rate = middle(name, (each) => each.rate)
    const cells = [number(rate), (rate / middle(first, (each) => each.rate)).toFixed(3)]
    const cpu = number(middle(name, (each) => each.cpuUs))
    const memory = orDash(middle(name, (each) => each.memoryMiB ?? Number.NaN) || null).padStart(13)
    console.log(
      `${name.padEnd(32)}${cells.map((cell) => cell.padStart(10)).join('')}${cpu.padStart(12)}${memory}`,
    )
  }
} finally {
  server.kill()
  watched.release()
  await rm(folder, { recursive: true })
}
