import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Night } from '../analysis/formats/night.ts'
import type { Source } from '../analysis/formats/read.ts'
import type { Run } from '../analysis/formats/run.ts'
import { parseSummary, type Summary } from '../analysis/formats/summary.ts'
import { normalFrom, randomFrom } from '../analysis/numbers/random.ts'
import { script } from '../analysis/report/printers/page.ts'
import { type RunStatistics, runStatistics } from '../analysis/run/statistics.ts'
import { nextRate } from '../analysis/runs/breakpoint.ts'

export const k6Versions = ['0.52.0', '1.8.1', '2.2.0'] as const

/** A summary as a real k6 wrote it. */
export const fixture = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, 'fixtures/k6', name), 'utf8')

export function summaryOf(text: string): Summary {
  const reading = parseSummary(text)
  assert.equal(reading.kind, 'summary', reading.kind === 'unreadable' ? reading.reason : '')
  return (reading as { summary: Summary }).summary
}

type Values = Record<string, number>

/** A summary of those metrics as k6 would write it. */
export const summaryText = (metrics: Record<string, Values>, seconds = 10): string =>
  JSON.stringify({
    state: { testRunDurationMs: seconds * 1000 },
    metrics: Object.fromEntries(Object.entries(metrics).map(([name, values]) => [name, { values }])),
  })

/** … through the reader that the real ones take. */
export const aSummary = (metrics: Record<string, Values>, seconds = 10): Summary =>
  summaryOf(summaryText(metrics, seconds))

/** What k6 would say of that many requests, evenly from 1 ms to 100 ms. */
export const requests = (count: number, failed = 0): Record<string, Values> => ({
  iterations: { count },
  http_reqs: { count, rate: count / 10 },
  http_req_failed: { passes: failed, fails: count - failed, rate: failed / Math.max(count, 1) },
  'http_req_duration{expected_response:true}': {
    count: count - failed,
    avg: 50.5,
    min: 1,
    med: 50,
    max: 100,
    ...Object.fromEntries([90, 95, 99, 99.9].map((p) => [`p(${p})`, p])),
  },
})

export const aRun = (changes: Partial<Run> = {}): Run => ({
  schema: 1,
  id: '20260102T030405Z-constant-abcd',
  scenario: 'constant',
  load: {
    request: 'GET /work?ms=5',
    stages: [{ stage: '1', vus: 8, offered: null, startMs: 0, durationMs: 10_000 }],
    connections: 'one per iteration',
  },
  slos: [{ figure: 'errors', limit: 0.01 }],
  labels: {},
  target: {
    url: 'http://127.0.0.1:8080',
    embedded: false,
    replicas: null,
    workload: null,
    cluster: null,
    workServed: null,
  },
  host: { cpu: 'a CPU', cores: 4, memoryMiB: 8000, kernel: 'Linux 6', node: '22.0.0', k6: '2.2.0' },
  commit: null,
  startedAt: '2026-01-02T03:04:05.000Z',
  endedAt: '2026-01-02T03:04:15.000Z',
  interrupted: false,
  k6: {
    exitCode: 0,
    signal: null,
    cpuSeconds: 2,
    waitedSeconds: 0.1,
    throttled: null,
    machineBusyCores: 1,
    maxMemoryMiB: 50,
    shortages: [],
    warnings: [],
    outputs: [],
    timeline: null,
  },
  ...changes,
})

/** A run whose stages have figures of their own: 1, 2, 4 … VUs for 10 s each. */
export function aClimb(name: string, countsPerStage: readonly number[]): Source {
  const metrics: Record<string, Values> = requests(countsPerStage.reduce((a, b) => a + b, 0))
  countsPerStage.forEach((count, index) => {
    for (const [metric, values] of Object.entries(requests(count))) {
      const [plain, tags] = metric.split(/[{}]/)
      metrics[`${plain}{${[`stage:${index + 1}`, tags].filter(Boolean).join(',')}}`] = values
    }
  })
  const stages = countsPerStage.map((_, index) => ({
    stage: String(index + 1),
    vus: 2 ** index,
    offered: null,
    startMs: index * 10_000,
    durationMs: 10_000,
  }))
  return {
    name,
    run: aRun({
      id: name,
      scenario: 'ramp',
      load: { request: 'GET /work?ms=5', stages, connections: 'one per iteration' },
    }),
    summary: { kind: 'summary', summary: aSummary(metrics, 10 * countsPerStage.length) },
  }
}

/** What a page runs besides its own script: it has nothing else than that, and values of plots as data. */
export const foreignScripts = (page: string): string[] =>
  page
    .replace(`<script>${script}</script>`, '')
    .split('<script')
    .slice(1)
    .filter((each) => !/^ type="application\/json">\[[^<]*<\/script>/.test(each))

/** A night of one figure, p95, with those values of its runs; nights follow one another by their number. */
export const aNight = (index: number, values: number[], changes: Partial<Night> = {}): Night => ({
  schema: 1,
  id: `night-${index}`,
  startedAt: new Date(Date.UTC(2026, 0, 1 + index)).toISOString(),
  commit: null,
  labels: {},
  environment: { CPU: 'a CPU × 4' },
  runs: { valid: values.length, invalid: 0, planned: values.length },
  measured: [
    {
      scenario: 'constant',
      replicas: null,
      load: 'GET /work',
      metric: 'p95',
      unit: 'ms',
      better: 'lower',
      values,
    },
  ],
  ...changes,
})

const random = randomFrom(3)

const latencies = (by: number, count = 1000) => ({
  count,
  avg: 50 * by,
  min: by,
  med: 50 * by,
  max: 100 * by,
  'p(90)': 90 * by,
  'p(95)': 95 * by,
  'p(99)': 99 * by,
})
const shares = (passes: number, fails: number) => ({ passes, fails, rate: passes / (passes + fails) })

export type ScriptChanges = { readonly names?: Readonly<Record<string, number>>; readonly noise?: number }

/** A run of a script in turns with the other side: everything varies by `noise`, each name by its factor too. */
export function aScriptRun(
  which: 'a' | 'b',
  index: number,
  { names = {}, noise = 0.02 }: ScriptChanges = {},
): RunStatistics {
  const shared = Math.exp(noise * normalFrom(random))
  const vary = () => shared * Math.exp(noise * normalFrom(random))
  const byName = Object.entries({ list: 1, login: 1, checkout: 1, ...names }).flatMap(([name, by]) => [
    [`http_req_duration{name:${name},expected_response:true}`, latencies(by * vary())] as const,
    [`http_req_failed{name:${name}}`, shares(10, 990)] as const,
  ])
  const metrics = aSummary({
    iterations: { count: 1000 },
    http_reqs: { count: 3000, rate: 300 },
    http_req_failed: shares(30, 2970),
    'http_req_duration{expected_response:true}': latencies(vary(), 2970),
    ...Object.fromEntries(byName),
    'group_duration{group:::purchase}': latencies(vary()),
    cart_time: latencies(vary()),
    declined: shares(3, 97),
    bought: { count: 100 * vary(), rate: 10 },
  })
  const summary = {
    ...metrics,
    checks: [
      { name: 'paid', group: '', passes: 90, fails: 10 },
      { name: 'paid', group: '::purchase', passes: 95, fails: 5 },
    ],
  }
  const start = Date.UTC(2026, 0, 1, 0, 2 * index + Number(which === 'b'))
  return runStatistics({
    name: `${which}${index}`,
    run: aRun({
      scenario: 'checkout.js',
      script: { file: 'checkout.js', sha256: '0'.repeat(64) },
      startedAt: new Date(start).toISOString(),
      labels: { side: which, cell: `${which}.${index + 1}` },
    }),
    summary: { kind: 'summary', summary },
  })
}

/** A probe of a search for the highest rate; k6 exits with 99 where a threshold was crossed. */
export const aProbe = (rate: number, exitCode: number): RunStatistics =>
  runStatistics({
    name: `probe-${rate}`,
    run: aRun({
      load: {
        request: 'GET /work',
        stages: [{ stage: '1', vus: 8, offered: rate, startMs: 0, durationMs: 10_000 }],
        connections: 'kept',
      },
      k6: { ...aRun().k6, exitCode },
    }),
    summary: { kind: 'summary', summary: aSummary(requests(10 * rate, exitCode === 0 ? 0 : rate)) },
  })

/** Five runs of one side of a comparison, in turns with the other; `second` is the count of a second stage. */
export const aSide = (name: string, from: number, factor: number, second = [1900]): RunStatistics[] =>
  [1000, 1010, 990, 1005, 995].map((count, index) => {
    const counts = [count, ...second].map((each) => each * factor)
    const source = aClimb(`${name}-${index}`, counts)
    assert.ok(source.run)
    const startedAt = new Date(Date.UTC(2026, 0, 1, 0, from + 2 * index)).toISOString()
    return runStatistics({ ...source, run: { ...source.run, startedAt } })
  })

/** A run of a cell of a series of factors, one of its repeats, with so many requests in ten seconds. */
export function aCell(factors: Readonly<Record<string, string>>, repeat: number, count: number): Source {
  const cell = Object.entries(factors).map(([name, level]) => `${name}=${level}`)
  const source = aClimb(`${cell}.${repeat}`, [Math.round(count)])
  assert.ok(source.run)
  const { cpu = null, replicas } = factors
  const cluster = { nodes: 1, image: 'app:1', cpuLimit: cpu, memoryLimit: null, scaling: [], pods: [] }
  return {
    ...source,
    run: {
      ...source.run,
      factors,
      labels: { series: 'sweep', cell: `${cell}.${repeat}` },
      target: { ...source.run.target, replicas: replicas ? Number(replicas) : null, cluster },
    },
  }
}

/** Every combination of levels in so many repeats; the noise of a repeat is common to all its runs, and greater. */
export function aFactorial(
  cells: readonly Readonly<Record<string, string>>[],
  repeats: number,
  rate: (levels: Readonly<Record<string, string>>) => number,
): Source[] {
  const random = randomFrom(11)
  return Array.from({ length: repeats }, (_, index) => {
    const shared = Math.exp(0.1 * normalFrom(random))
    return cells.map((levels) =>
      aCell(levels, index + 1, 10 * rate(levels) * shared * Math.exp(0.02 * normalFrom(random))),
    )
  }).flat()
}

/** The probes of a search of a cell whose capacity is known: what lies above it breaks. */
export function aSearch(
  levels: Readonly<Record<string, string>>,
  repeat: number,
  capacity: number,
): Source[] {
  const cell = Object.entries(levels).map(([name, level]) => `${name}=${level}`)
  const wanted = { start: 20, precision: 0.05, repeat: 1 }
  const sources: Source[] = []
  const probes: { rate: number; held: boolean }[] = []
  for (let rate = nextRate(probes, wanted); rate !== null; rate = nextRate(probes, wanted)) {
    const held = rate <= capacity
    probes.push({ rate, held })
    const { cpu = null, replicas } = levels
    const used = { name: 'a', node: 'n', served: null, cpuCores: Number(replicas) * 0.18 }
    const cluster = {
      ...{ nodes: 1, image: 'app:1', cpuLimit: cpu, cpuRequest: cpu, memoryLimit: null, scaling: [] },
      ...{ pods: [used], deployment: 'deployment/api', namespace: 'shop', container: 'app' },
    }
    sources.push({
      name: `${cell}-${repeat}-${probes.length}`,
      run: aRun({
        load: {
          request: 'GET /work',
          stages: [{ stage: '1', vus: 8, offered: rate, startMs: 0, durationMs: 10_000 }],
          connections: 'kept',
        },
        factors: levels,
        labels: {
          ...{ series: 'sweep', cell: `${cell}.${repeat}.probe.${probes.length}` },
          ...{ search: `${cell}.${repeat}`, precision: '0.05' },
        },
        target: { ...aRun().target, replicas: replicas ? Number(replicas) : null, cluster },
      }),
      summary: { kind: 'summary', summary: aSummary(requests(10 * rate, held ? 0 : rate)) },
    })
  }
  return sources
}
