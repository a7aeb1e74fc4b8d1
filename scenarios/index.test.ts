import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { csvFormatRows } from 'd3-dsv'
import { build, type Plugin } from 'esbuild'
import fc from 'fast-check'
import { mean } from 'simple-statistics'
import { summariesInLog } from '../analysis/formats/logs.ts'
import { findK6 } from '../runner/k6/find.ts'
import { capture } from '../runner/shell/processes.ts'
import { started } from '../test/service.ts'
import { testShell } from '../test/shell.ts'
import { uniformsFrom } from './lib/poisson.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'las-own-'))
})
after(() => rm(folder, { recursive: true }))

async function bundled(contents: string, plugins: Plugin[] = []): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname, loader: 'ts' },
    alias: { 'load-and-stress/scenarios': path.join(import.meta.dirname, 'index.ts') },
    bundle: true,
    write: false,
    format: 'esm',
    external: plugins.length > 0 ? [] : ['k6', 'k6/*'],
    plugins,
    tsconfigRaw: {},
  })
  return outputFiles[0]?.text ?? ''
}

/** Gives a script of somebody's own to k6, which stands in `folder`; what the script logs is in stderr, a line each. */
async function k6(script: string, args: readonly string[], env: Record<string, string> = {}, cwd = folder) {
  const { path: program } = await findK6(testShell())
  return await capture(program, [...args, '-'], {
    input: await bundled(script),
    cwd,
    env: { ...process.env, K6_NO_USAGE_REPORT: 'true', ...env },
  })
}

type Stage = Readonly<Record<string, unknown>>

/** What k6 reads from options, or the sentence with which it refuses them. */
async function read(options: string, env: Record<string, string> = {}): Promise<Stage[] | string> {
  const script = `import { arrivals, plateaus } from 'load-and-stress/scenarios'
export const options = ${options}
export default () => {}`
  const { code, stdout, stderr } = await k6(script, ['inspect', '--include-system-env-vars'], env)
  if (code !== 0) return stderr
  return Object.entries(JSON.parse(stdout).scenarios as Record<string, Stage>).map(([name, stage]) => ({
    name,
    ...stage,
  }))
}

const lines = (stderr: string): unknown[] =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith('{') || line.startsWith('['))
    .map((line) => JSON.parse(line))

test('plateaus follow each other and share the duration', async () => {
  const stages = await read(`plateaus({ vus: [1, 2, 4], duration: '1m30s' })`)
  assert.ok(Array.isArray(stages), stages as string)
  assert.deepEqual(
    stages.map(({ name, executor, vus, startTime, duration, tags }) => [
      name,
      executor,
      vus,
      startTime,
      duration,
      tags,
    ]),
    [
      ['plateau_1', 'constant-vus', 1, '0s', '30s', { stage: '1' }],
      ['plateau_2', 'constant-vus', 2, '30s', '30s', { stage: '2' }],
      ['plateau_3', 'constant-vus', 4, '1m0s', '30s', { stage: '3' }],
    ],
  )
})

test('arrivals follow each other, at whole and other rates, and all VUs exist from the start', async () => {
  const stages = await read(`arrivals({ rates: [50, 2.5, 0.013], duration: '30s', maxVus: 70 })`)
  assert.ok(Array.isArray(stages), stages as string)
  assert.deepEqual(
    stages.map(({ name, executor, rate, timeUnit, startTime, duration }) => [
      name,
      executor,
      rate,
      timeUnit,
      startTime,
      duration,
    ]),
    [
      ['arrivals_1', 'constant-arrival-rate', 50, '1s', '0s', '10s'],
      ['arrivals_2', 'constant-arrival-rate', 5, '2s', '10s', '10s'],
      ['arrivals_3', 'constant-arrival-rate', 13, '16m40s', '20s', '10s'],
    ],
  )
  for (const { preAllocatedVUs, maxVUs } of stages) assert.deepEqual([preAllocatedVUs, maxVUs], [70, 70])
  const [byRate] = await read(`arrivals({ rates: [50], duration: '30' })`)
  assert.deepEqual([(byRate as Stage).maxVUs, (byRate as Stage).duration], [75, '30s'])
})

test('a script gets only what it uses, since every VU evaluates it', async () => {
  const script = await bundled(`import { plateaus } from 'load-and-stress/scenarios'
export const options = plateaus({ vus: [1], duration: '1s' })`)
  assert.doesNotMatch(script, /k6\/data|k6\/execution|constant-arrival-rate/)
})

test('each bad value is reported in a sentence before any load', async () => {
  for (const [options, sentence] of [
    [`plateaus({ vus: [], duration: '30s' })`, 'plateaus: no stage'],
    [`plateaus({ vus: [1, 2.5], duration: '30s' })`, 'plateaus: vus: "2.5" is not a whole number'],
    [
      `plateaus({ vus: [Number(__ENV.NONE)], duration: '30s' })`,
      'plateaus: vus: "NaN" is not a number above 0',
    ],
    [`plateaus({ vus: [1], duration: 'soon' })`, 'plateaus: duration: "soon" is not a duration such as 30s'],
    [`arrivals({ rates: [0], duration: '30s' })`, 'arrivals: rates: "0" is not a number above 0'],
    [`arrivals({ rates: [1], duration: '30s', maxVus: 0 })`, 'arrivals: maxVus: "0" is not a number above 0'],
  ] as const) {
    const refused = await read(options)
    assert.ok(
      typeof refused === 'string' && refused.includes(sentence.replaceAll('"', '\\"')),
      `${options}: ${refused}`,
    )
  }
})

test('a login is made once in each VU, again where it failed, and options are kept by no VU', async () => {
  const { code, stderr } = await k6(
    `import exec from 'k6/execution'
import { sleep } from 'k6'
import { arrivals, oncePerVu, plateaus } from 'load-and-stress/scenarios'
const kept = [plateaus({ vus: [3], duration: '1s' }), arrivals({ rates: [3], duration: '1s' })]
export const options = { scenarios: { x: { executor: 'per-vu-iterations', vus: 3, iterations: 4 } } }
let logins = 0
const login = oncePerVu(() => {
  logins++
  if (exec.vu.idInTest === 2 && logins === 1) throw new Error('refused')
  return logins
})
let promised = 0
const later = oncePerVu(async () => {
  promised++
  if (promised === 1) throw new Error('refused')
  return promised
})
export default async function () {
  const { iterationInScenario: iteration, idInTest: vu } = exec.vu
  const value = await later().catch(() => 'rejected')
  let session = 'failed'
  try {
    session = login()
  } catch {}
  console.log(JSON.stringify({ vu, iteration, session, value, kept }))
}`,
    ['run', '--quiet', '--log-format', 'raw'],
  )
  assert.equal(code, 0, stderr)
  const logged = lines(stderr) as {
    vu: number
    iteration: number
    session: unknown
    value: unknown
    kept: unknown
  }[]
  assert.equal(logged.length, 12, stderr)
  for (const { vu, iteration, session, value, kept } of logged) {
    assert.equal(session, vu !== 2 ? 1 : iteration === 0 ? 'failed' : 2)
    assert.equal(value, iteration === 0 ? 'rejected' : 2)
    assert.deepEqual(kept, [{}, {}])
  }
})

/** What each of `iterations` sees of data files: the row of its VU and its own. */
async function rowsOf(files: readonly string[], { vus = 1, iterations = 1 } = {}) {
  const { code, stderr } = await k6(
    `import exec from 'k6/execution'
import { dataRows } from 'load-and-stress/scenarios'
const all = ${JSON.stringify(files)}.map((file) => dataRows(file))
export const options = { scenarios: { x: { executor: 'per-vu-iterations', vus: ${vus}, iterations: ${iterations} } } }
export default function () {
  console.log(JSON.stringify({
    vu: exec.vu.idInTest,
    iteration: exec.scenario.iterationInTest,
    rows: all.map((data) => [data.length, data.ofVu(), data.ofIteration()]),
  }))
}`,
    ['run', '--quiet', '--log-format', 'raw'],
  )
  return code === 0
    ? (lines(stderr) as { vu: number; iteration: number; rows: [number, unknown, unknown][] }[])
    : stderr
}

test('any table that is written as CSV is read back, also with CRLF, a byte order mark and no last line end', async () => {
  const cell = fc.oneof(fc.string(), fc.stringMatching(/^[ ,"\n\r;a]{0,6}$/))
  const tables = fc.sample(
    fc.integer({ min: 2, max: 4 }).chain((columns) => {
      const row = fc.array(cell, { minLength: columns, maxLength: columns })
      return fc.array(row, { minLength: 1, maxLength: 4 })
    }),
    60,
  )
  const files = await Promise.all(
    tables.map(async (table, index) => {
      const header = table[0]?.map((_, column) => `c${column}`) ?? []
      const text = [header, ...table].map((row) => csvFormatRows([row])).join(index % 2 === 0 ? '\n' : '\r\n')
      const end = index % 3 === 0 ? '' : '\n'
      await writeFile(path.join(folder, `${index}.csv`), (index % 5 === 0 ? '\uFEFF' : '') + text + end)
      return `./${index}.csv`
    }),
  )
  const seen = await rowsOf(files, { iterations: 4 })
  assert.ok(Array.isArray(seen), seen as string)
  assert.deepEqual(
    seen.map(({ rows }) => rows.map(([length, , row]) => [length, row])),
    [0, 1, 2, 3].map((iteration) =>
      tables.map((table) => [
        table.length,
        Object.fromEntries(
          table[iteration % table.length]?.map((value, column) => [`c${column}`, value]) ?? [],
        ),
      ]),
    ),
  )
})

test('a VU keeps its row, each iteration has the next, and after the last comes the first', async () => {
  const rows = [{ n: 0 }, { n: 1 }, { n: 2 }]
  await writeFile(path.join(folder, 'rows.json'), JSON.stringify(rows))
  const seen = await rowsOf(['rows.json'], { vus: 5, iterations: 2 })
  assert.ok(Array.isArray(seen), seen as string)
  assert.equal(seen.length, 10)
  for (const { vu, iteration, rows } of seen)
    assert.deepEqual(rows, [[3, { n: (vu - 1) % 3 }, { n: iteration % 3 }]])
})

test('a data file that cannot be read is named', async () => {
  for (const [name, text, sentence] of [
    ['empty.csv', 'a,b\n', 'empty.csv: has no rows'],
    ['empty.json', '[]', 'empty.json: has no rows'],
    ['object.json', '{}', 'object.json: has no rows'],
    ['secret.json', 'secret', 'secret.json: is not JSON'],
    ['double.csv', 'a,b,a\n1,2,3\n', 'double.csv: has two columns "a"'],
    ['cells.csv', 'a,b\n1,2\n3\n', 'cells.csv: row 2 has 1 cells, but the header has 2'],
    ['quote.csv', 'a,b\n1,2\n"3"x,4\n', 'quote.csv: a quote in line 3 does not end its cell'],
    ['open.csv', 'a,b\n"1,2\n', 'open.csv: a quote in line 2 does not end its cell'],
  ] as const) {
    await writeFile(path.join(folder, name), text)
    const said = await rowsOf([name])
    assert.ok(typeof said === 'string' && said.includes(sentence), String(said))
    assert.doesNotMatch(said, /secret[^.]/)
  }
})

/** Think times without waiting for them, the same for the same seed. */
async function thinkTimes(spread: string, seed: number, count: number): Promise<number[]> {
  const stub: Plugin = {
    name: 'k6',
    setup(build) {
      build.onResolve({ filter: /^k6(\/|$)/ }, ({ path }) => ({ path, namespace: 'stub' }))
      build.onLoad({ filter: /./, namespace: 'stub' }, () => ({
        contents:
          'export const sleep = (s) => globalThis.slept.push(s); export class SharedArray {}; export default {}',
      }))
    },
  }
  const code = await bundled(`export { thinkTime } from './index.ts'`, [stub])
  const { thinkTime } = await import(`data:text/javascript,${encodeURIComponent(code)}`)
  const slept: number[] = []
  Object.assign(globalThis, { slept })
  const { random } = Math
  const uniform = uniformsFrom(seed)
  Math.random = () => uniform() - 2 ** -32
  try {
    for (let each = 0; each < count; each++) thinkTime(2, spread)
  } finally {
    Math.random = random
  }
  return slept.sort((a, b) => a - b)
}

test('think times are distributed as they say, around their mean', async () => {
  for (const [spread, share, most] of [
    // Cut at ten means: one in e^10 = 22,026.
    [undefined, (s: number) => 1 - Math.exp(-s / 2), 20],
    ['uniform', (s: number) => (s - 1) / 2, 3],
  ] as const)
    for (const seed of [1, 2, 3, 4, 5]) {
      const count = 20_000
      const times = await thinkTimes(spread as string, seed, count)
      assert.equal(times.length, count)
      assert.ok((times[0] ?? -1) >= (spread ? 1 : 0) && (times.at(-1) ?? Infinity) <= most)
      // Kolmogorov and Smirnov; 1.95 ÷ √n is exceeded by chance in one of 1,000.
      const distance = Math.max(...times.map((s, index) => Math.abs(share(s) - (index + 0.5) / count)))
      assert.ok(distance * Math.sqrt(count) < 1.95, `${spread} ${seed}: ${distance * Math.sqrt(count)}`)
      assert.ok(Math.abs(mean(times) / 2 - 1) < 0.03, `${spread} ${seed}: ${mean(times)}`)
    }
})

test('the script that new writes: two loads, and all its calls succeed against the workload', async () => {
  const at = path.join(import.meta.dirname, 'new')
  const script = await readFile(path.join(at, 'checkout.ts'), 'utf8')
  const sizes = async (env: Record<string, string>) => {
    const { code, stdout, stderr } = await k6(script, ['inspect', '--include-system-env-vars'], env, at)
    assert.equal(code, 0, stderr)
    return Object.keys(JSON.parse(stdout).scenarios)
  }
  assert.deepEqual(await sizes({}), ['plateau_1', 'plateau_2', 'plateau_3'])
  assert.deepEqual(await sizes({ LOAD: 'arrivals' }), ['arrivals_1'])

  const service = await started()
  const file = path.join(folder, 'summary.json')
  try {
    // k6's own flags for the size replace both loads.
    const args = [
      'run',
      '--include-system-env-vars',
      '--vus',
      '2',
      '--iterations',
      '4',
      '--summary-export',
      file,
    ]
    const { code, stdout, stderr } = await k6(script, args, { BASE_URL: service.url }, at)
    assert.equal(code, 0, stdout + stderr)
  } finally {
    service.process.kill()
  }
  const { metrics } = JSON.parse(await readFile(file, 'utf8'))
  // Two VUs sign in once each; four iterations of two requests, each with a check.
  assert.deepEqual([metrics.checks.passes, metrics.checks.fails, metrics.http_reqs.count], [10, 0, 10])
})

test('a script prints its summary so that it is found in a log, with its segment', async () => {
  const script = `import { framedSummary, summaryTrendStats } from 'load-and-stress/scenarios'
export const options = { vus: 3, iterations: 6, summaryTrendStats: summaryTrendStats() }
export const handleSummary = framedSummary
export default () => console.error('é'.repeat(100))`
  const args = [
    'run',
    '--quiet',
    '--execution-segment',
    '1/3:2/3',
    '--execution-segment-sequence',
    '0,1/3,2/3,1',
  ]
  const { stdout, stderr } = await k6(script, args, { LAS_GENERATOR: 'one' })
  const { summaries, problems } = summariesInLog(`${stderr}${stdout}`)
  assert.deepEqual(problems, [])
  const { metrics, generator } = JSON.parse(summaries.join())
  assert.equal(metrics.iterations.values.count, 2)
  assert.ok(Object.keys(metrics.iteration_duration.values).length > 300, 'the whole distribution')
  assert.deepEqual([generator.name, generator.segment], ['one', '1/3:2/3'])
  assert.ok(Math.abs(Date.now() - Date.parse(generator.startedAt)) < 60_000, generator.startedAt)
  assert.match(generator.load, /^[0-9a-f]{64}$/)
})
