import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { formatRun, type Run } from '../analysis/formats/run.ts'
import { parseSummary } from '../analysis/formats/summary.ts'
import { keep } from '../analysis/run/kept.ts'
import { runStatistics } from '../analysis/run/statistics.ts'
import { Statistics } from '../analysis/runs/statistics.ts'
import { commandIn } from './command.ts'
import { aRun, fixture, requests, summaryText } from './samples.ts'

let out = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-compare-'))
})
after(() => rm(out, { recursive: true }))

/** Five result folders of one side: a rate of 100 requests a second and a little noise, times a factor. */
async function side(name: string, factor: number, from: number, changes: Partial<Run> = {}): Promise<void> {
  for (const [index, noise] of [1, 1.01, 0.99, 1.02, 0.98].entries()) {
    const id = `${name}-${index}`
    const metrics = requests(Math.round(1000 * noise * factor))
    const startedAt = new Date(Date.UTC(2026, 0, 1, 0, from + 2 * index)).toISOString()
    const folder = path.join(out, 'results', id)
    await mkdir(folder, { recursive: true })
    await writeFile(path.join(folder, 'run.json'), formatRun(aRun({ id, startedAt, ...changes })))
    const summary = summaryText({ ...metrics, 'http_reqs{stage:1}': metrics.http_reqs ?? {} })
    await writeFile(path.join(folder, 'summary.json'), summary)
  }
}

const finished = (args: string[]) => commandIn(out, args, { LAS_RESULTS_DIR: path.join(out, 'results') })

test('sides by label, glob and commit; worse is exit code 1, and the report says what and how sure', async () => {
  await side('old', 1, 0, { labels: { version: 'old' }, commit: 'abc1234' })
  await side('new', 0.9, 1, { labels: { version: 'new' } })
  await side('other', 1, 100, { load: { ...aRun().load, request: 'GET /work?ms=9' } })
  const byLabel = await finished(['compare', 'version=old', 'version=new'])
  assert.equal(byLabel.code, 1, byLabel.stderr)
  assert.match(byLabel.stdout, /rate \(requests\/s\) +100 +90 +−10 % .* worse/)
  assert.match(byLabel.stdout, /judgement: worse/)
  const made = (await readdir(path.join(out, 'results'))).find((name) => name.includes('-compare-'))
  assert.ok(made)
  const folder = path.join(out, 'results', made, 'report')
  const { comparison } = Statistics.parse(
    JSON.parse(await readFile(path.join(folder, 'statistics.json'), 'utf8')),
  )
  assert.deepEqual(comparison?.groups[0]?.runs, { baseline: 5, candidate: 5 })
  assert.match(await readFile(path.join(folder, 'comparison.svg'), 'utf8'), /Candidate ÷ baseline/)
  assert.match(await readFile(path.join(folder, 'runs.csv'), 'utf8'), /^new-4,candidate,constant,/m)

  const backwards = await finished(['compare', 'results/new-*', 'commit=abc', '--out', 'again'])
  assert.equal(backwards.code, 0, backwards.stderr)
  assert.match(backwards.stdout, /judgement: better/)

  const apart = await finished(['compare', 'version=old', 'results/other-*'])
  assert.equal(apart.code, 2)
  assert.match(apart.stdout, /The request differs.*\nNot compared\./)
  const anyway = await finished(['compare', 'version=old', 'results/other-*', '--anyway'])
  assert.equal(anyway.code, 0)
  assert.match(anyway.stdout, /not run in turns/)
})

test('a wrong request gets one sentence', async () => {
  for (const [args, sentence] of [
    [['compare', 'a1.json', 'a2.json', 'b1.json'], /3 names are given, .* quote patterns/],
    [['compare', 'one'], /2 arguments are needed, 1 given/],
    [['compare', 'version=none', 'version=new'], /version=none: no run below .* has this label/],
    [['compare', 'nowhere', 'version=new'], /nowhere: no result folder there/],
    [['compare', 'version=new', 'results/new-0'], /new-0 is on both sides/],
    [['compare', 'a', 'b', '--effect', '200%'], /--effect: "200%" is not a share/],
    [
      ['compare', 'a', 'b', '--figures', 'p95{nam:x}'],
      /--figures: "p95\{nam:x\}" is not a figure; write p95/,
    ],
    [
      ['ab', '--figures', 'rate{group:buy}'],
      /--figures: "rate\{group:buy\}": of a group there are mean, p50/,
    ],
    [
      ['compare', 'version=old', 'version=new', '--figures', 'p95{name:pay}'],
      /--figures: no run has p95\{name:pay\}; there is no figure by name, group, k6 scenario, check or custom/,
    ],
    [['ab', '--a', 'http://u:p@127.0.0.1:1', '--b', 'http://127.0.0.1:2'], /user and password would be kept/],
    [['ab', '--a', 'http://127.0.0.1:1', '--b', 'http://127.0.0.1:1'], /are the same/],
    [['ab', '--duet', '--scenario', 'ramp'], /--duet is for constant and arrival; ramp has several stages/],
    [['ab', '--duet', '--vus', '3'], /--duet shares the VUs .* even number/],
    [['ab', '--duet', '--slo', 'rate=50'], /--duet gives each side half of the load/],
    [['ab', '--a', 'http://192.0.2.1'], /neither loopback nor private/],
  ] as const) {
    const { code, stderr } = await finished([...args])
    assert.equal(code, 2, stderr)
    assert.match(stderr, sentence)
    assert.equal(stderr.trim().split('\n').length, 1)
  }
})

test('hundreds of folders: kept figures and summaries of real k6 give the same report', async () => {
  const folders = await Promise.all(
    Array.from({ length: 402 }, async (_, index) => {
      const side = index % 2 ? 'new' : 'old'
      const id = `${side}-${index}`
      const folder = path.join(out, 'many', side, id)
      await mkdir(folder, { recursive: true })
      const summary = fixture(index % 2 ? '2.2.0-handle-summary.json' : '1.8.1-handle-summary.json')
      await writeFile(path.join(folder, 'summary.json'), summary)
      const run = aRun({ id, startedAt: new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString() })
      return { folder, run, figures: runStatistics({ name: id, run, summary: parseSummary(summary) }) }
    }),
  )
  const compared = async (kept: boolean) => {
    for (const { folder, run, figures } of folders) {
      const summary = path.join(folder, 'summary.json')
      await writeFile(
        path.join(folder, 'run.json'),
        formatRun(run, kept ? keep(figures, summary) : undefined),
      )
    }
    const { code, stdout } = await finished(['compare', 'many/old', 'many/new', '--out', 'same'])
    const files = await readdir(path.join(out, 'same'))
    const contents = files
      .sort()
      .map(async (name) => [name, await readFile(path.join(out, 'same', name), 'utf8')])
    return { code, stdout, files: await Promise.all(contents) }
  }
  const [quick, thorough] = [await compared(true), await compared(false)]
  assert.match(quick.stdout, /^p95 \(ms\) /m)
  assert.deepEqual(quick, thorough)
})

/** Five summaries of one side, as a script of somebody else writes them: no counts of Trends, no p99. */
async function foreignSide(folder: string, factor: number, changes: object = {}): Promise<void> {
  for (const [index, noise] of [1, 1.01, 0.99, 1.02, 0.98].entries()) {
    const { metrics, state } = JSON.parse(fixture('2.2.0-handle-summary.json'))
    for (const { type, values } of Object.values<{ type: string; values: Record<string, number> }>(metrics))
      if (type === 'trend')
        for (const [name, value] of Object.entries(values)) values[name] = value * noise * factor
    for (const name of Object.keys(metrics)) delete metrics[name].thresholds
    metrics.http_req_failed.values = { rate: 0, passes: 0, fails: 40 }
    const at = path.join(out, folder, String(index))
    await mkdir(at, { recursive: true })
    await writeFile(
      path.join(at, 'summary.json'),
      JSON.stringify({ metrics: { ...metrics, ...changes }, state }),
    )
  }
}

test('summaries of any script are compared when told that they are of the same load', async () => {
  const vus = (max: number) => ({ vus_max: { type: 'gauge', values: { value: max, min: max, max } } })
  await foreignSide('before', 1)
  await foreignSide('after', 1.3)
  await foreignSide('busier', 1, vus(9))
  const refused = await finished(['compare', 'before/*/summary.json', 'after/*/summary.json', '--out', 'no'])
  assert.equal(refused.code, 2, refused.stderr)
  assert.match(refused.stdout, /Summaries without run\.json do not say what was run.*\nNot compared\./)
  assert.match(refused.stderr, /--anyway compares them all the same/)
  const anyway = ['compare', 'before/*/summary.json', 'after/*/summary.json', '--anyway', '--out', 'yes']
  const { code, stdout, stderr } = await finished(anyway)
  assert.equal(code, 1, stderr)
  assert.match(stdout, /^p95 \(ms\) .* \+30 % .* worse$/m)
  assert.match(stdout, /Whether the sides were run in turns is unknown/)
  const page = await readFile(path.join(out, 'yes', 'index.html'), 'utf8')
  assert.match(page, /Summaries without run\.json do not say what was run: whether all are of the same load/)
  assert.match(page, /after\/4\/summary\.json/)
  // p99 is in no summary, so it is not compared.
  assert.doesNotMatch(stdout, /^p99/m)
  const other = await finished([
    'compare',
    'before/*/summary.json',
    'busier/*/summary.json',
    '--out',
    'other',
  ])
  assert.match(other.stdout, /The number of VUs differs: unknown in the baseline, 9 in the candidate/)

  const files = await finished(['compare', 'before/0', 'after/0/summary.json', '--anyway', '--out', 'one'])
  assert.match(files.stdout, /judgement: cannot tell/)
  assert.match(files.stdout, /too few for any verdict/)
  const same = await finished(['compare', 'before/0', 'before/0/summary.json', '--anyway'])
  assert.match(same.stderr, /before\/0\/summary\.json is on both sides/)
  const points = path.join(import.meta.dirname, 'fixtures/foreign/points.jsonl')
  const wrong = await finished(['compare', points, 'before/0', '--anyway'])
  assert.match(wrong.stderr, /points\.jsonl: k6’s single measurements as JSON lines/)
})
