import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { z } from 'zod'
import type { Night } from '../../analysis/formats/night.ts'
import { normalFrom, randomFrom } from '../../analysis/numbers/random.ts'
import { commandIn, root } from '../command.ts'
import { aNight } from '../samples.ts'

// With apache-otava, prometheus-client and lxml from PyPI; its pip fetches the schema of JUnit too.
const python = process.env.EXPORTS_PYTHON
const skip = python ? false : 'EXPORTS_PYTHON names no Python with apache-otava, prometheus-client and lxml'

const folder = mkdtempSync(path.join(os.tmpdir(), 'exports-'))
after(() => rmSync(folder, { recursive: true }))
const at = (...names: string[]) => path.join(folder, ...names)
const textOf = (...names: string[]) => readFileSync(at(...names), 'utf8')
const fixture = (name: string) => path.join(root, 'test/fixtures/runs', name)

/** Forty nights of three figures: two changes, one, and none. Names and loads have what CSV and YAML must escape. */
function nights(): Night[] {
  const random = randomFrom(7)
  const values = (level: number) => [1, 2, 3].map(() => level * Math.exp(0.02 * normalFrom(random)))
  return Array.from({ length: 40 }, (_, index) => {
    const night = aNight(index, values(index < 15 ? 100 : index < 28 ? 115 : 104), {
      commit: index % 7 === 3 ? null : `c${index}`,
    })
    const [p95] = night.measured
    assert.ok(p95, 'a night has a figure')
    const rate = { ...p95, metric: 'rate', unit: 'requests/s', better: 'higher' as const }
    const more = [
      { ...rate, values: values(index < 20 ? 900 : 800) },
      { ...p95, scenario: 'a "quoted", \\name: #1.js', values: values(50) },
    ]
    return { ...night, measured: [...night.measured, ...more] }
  })
}

function writeHistory(): void {
  mkdirSync(at('history'), { recursive: true })
  for (const night of nights()) writeFileSync(at('history', `${night.id}.json`), JSON.stringify(night))
}

async function succeeds(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await commandIn(folder, args)
  assert.equal(code, 0, stderr)
  return stdout
}

const Read = z.object({
  junit: z.record(z.string(), z.array(z.string())),
  openmetrics: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      unit: z.string(),
      samples: z.array(z.tuple([z.string(), z.record(z.string(), z.string()), z.number()])),
    }),
  ),
  series: z.record(z.string(), z.array(z.number())),
})

/** What the tools read of these, by read.py. */
const read = (given: Partial<Record<keyof z.infer<typeof Read>, unknown>>): z.infer<typeof Read> =>
  Read.parse(
    JSON.parse(
      execFileSync(python ?? '', [path.join(root, 'test/exports/read.py')], {
        input: JSON.stringify({ junit: {}, openmetrics: '# EOF\n', series: {}, xsd: schema(), ...given }),
        encoding: 'utf8',
      }),
    ),
  )

/** Jenkins' junit-10.xsd, from the source of pytest; fetched once. */
function schema(): string {
  const inside = 'pytest-8.3.5/testing/example_scripts/junit-10.xsd'
  if (!readdirSync(folder).includes('pytest-8.3.5')) {
    const pip = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps']
    execFileSync(python ?? '', [...pip, '--no-binary', ':all:', '--dest', folder, 'pytest==8.3.5'])
    execFileSync('tar', ['xzf', at('pytest-8.3.5.tar.gz'), '-C', folder, inside])
  }
  return at(inside)
}

const Analyzed = z.record(
  z.string(),
  z.array(z.object({ changes: z.array(z.object({ metric: z.literal('value'), index: z.number() })) })),
)

test('Otava finds in our files the change points that its API finds in the same series', {
  skip,
}, async () => {
  writeHistory()
  await succeeds('export', 'otava', '--history', 'history', '--out', 'otava')
  const names = ['constant · p95', 'constant · rate', 'a "quoted", \\name: #1.js · p95']
  const otava = path.join(path.dirname(python ?? ''), 'otava')
  const analyze = ['analyze', '--config-file', 'otava.yaml', '--output', 'json']
  const byFiles = names.map((name) => {
    const output = execFileSync(otava, [...analyze, name], {
      cwd: at('otava'),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const analyzed = Analyzed.parse(JSON.parse(output))
    assert.deepEqual(Object.keys(analyzed), [name])
    return (analyzed[name] ?? []).flatMap(({ changes }) => changes.map(({ index }) => index))
  })
  const medians = names.map((_, index) =>
    nights().map(({ measured }) => measured[index]?.values.toSorted((a, b) => a - b)[1]),
  )
  const { series } = read({ series: Object.fromEntries(names.map((name, index) => [name, medians[index]])) })
  assert.deepEqual(
    byFiles,
    names.map((name) => series[name]),
  )
  assert.deepEqual(byFiles, [[15, 28], [20], []])
})

test('the parser of Prometheus reads our OpenMetrics', { skip }, async () => {
  const text = await succeeds('export', 'openmetrics', fixture('arrival'), fixture('ramp'))
  const { openmetrics } = read({ openmetrics: text })
  const types = Object.fromEntries(openmetrics.map(({ name, type }) => [name, type]))
  assert.equal(types.load_and_stress_request_duration_seconds, 'summary')
  assert.equal(types.load_and_stress_verdict, 'stateset')
  const samples = openmetrics.flatMap((family) => family.samples)
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  assert.equal(samples.length, lines.length)
  const verdicts = samples.filter(([name]) => name === 'load_and_stress_verdict')
  assert.equal(verdicts.filter(([, , value]) => value === 1).length, 2, 'one verdict for each of two runs')
})

test('JUnit of every kind of report is valid against the schema of Jenkins', { skip }, async () => {
  writeHistory()
  const [arrival, ramp] = [fixture('arrival'), fixture('ramp')]
  const kinds: Record<string, string[]> = {
    run: ['report', arrival],
    runs: ['report', arrival, ramp],
    summary: ['report', path.join(root, 'test/fixtures/k6/2.2.0-export.json')],
    comparison: ['compare', arrival, ramp, '--anyway'],
    history: ['history', '--history', 'history'],
  }
  const junit: Record<string, string> = {}
  for (const [kind, args] of Object.entries(kinds)) {
    await commandIn(folder, [...args, '--out', at(kind), '--junit', at(`${kind}.xml`)])
    junit[kind] = textOf(`${kind}.xml`)
  }
  assert.match(junit.run ?? '', /<testcase [^>]* time="\d+\.\d{3}"/)
  const wrong = (junit.run ?? '').replaceAll(' errors="0"', '')
  const { wrong: found, ...valid } = read({ junit: { ...junit, wrong } }).junit
  assert.deepEqual(valid, Object.fromEntries(Object.keys(kinds).map((kind) => [kind, []])))
  assert.match(found?.join() ?? '', /'errors' is required/)
})

// Neither tool is on PyPI; their documents describe these structures.
const Bencher = z.record(
  z.string().min(1),
  z.record(
    z.string().min(1),
    z.strictObject({ value: z.number(), lower_value: z.number(), upper_value: z.number() }),
  ),
)
const GithubBenchmark = z
  .array(
    z.strictObject({
      name: z.string().min(1),
      unit: z.string(),
      value: z.number(),
      range: z.string(),
      extra: z.string(),
    }),
  )
  .min(1)

test('Bencher Metric Format and the files of github-action-benchmark have their structure', async () => {
  writeHistory()
  const bencher = Bencher.parse(JSON.parse(await succeeds('export', 'bencher', '--history', 'history')))
  assert.deepEqual(Object.keys(bencher), ['constant', 'a "quoted", \\name: #1.js'])
  for (const { value, lower_value, upper_value } of Object.values(bencher).flatMap(Object.values))
    assert.ok(lower_value <= value && value <= upper_value, `${lower_value}, ${value}, ${upper_value}`)

  await succeeds('export', 'github-benchmark', '--history', 'history', '--out', 'benchmark')
  const names = (file: string) =>
    GithubBenchmark.parse(JSON.parse(textOf('benchmark', file))).map(({ name }) => name)
  assert.deepEqual(names('bigger-is-better.json'), ['constant · rate'])
  assert.equal(names('smaller-is-better.json').length, 2)
})
