import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { type Night, parseNight } from '../../analysis/formats/night.ts'
import { normalFrom, randomFrom } from '../../analysis/numbers/random.ts'
import { noneLeft, said, startIn } from '../command.ts'

let out = ''
let history = ''
let plan = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-nightly-'))
  history = path.join(out, 'history')
  plan = path.join(out, 'plan.json')
  const runs = [{ scenario: 'constant', flags: { vus: 1, duration: '2s', 'work-ms': 5 } }]
  await writeFile(plan, JSON.stringify({ repeats: 2, runs }))
})
after(() => rm(out, { recursive: true }))

const nightly = (args: string[] = [], environment: Record<string, string> = {}) =>
  startIn(out, ['nightly', '--plan', plan, '--history', history, ...args], environment)

const nights = async (): Promise<Night[]> => {
  const names = (await readdir(history)).sort()
  return Promise.all(
    names.map(async (name) => {
      const reading = parseNight(await readFile(path.join(history, name), 'utf8'))
      assert.ok(reading.kind === 'ok')
      return reading.value
    }),
  )
}

test('a first night: the history has it, the report says that it is too early for alarms', async () => {
  const started = nightly(['--label', 'branch=main'])
  assert.equal(await started.ended, 0, started.stderr)
  const [night, ...more] = await nights()
  assert.equal(more.length, 0)
  assert.deepEqual(night?.runs, { valid: 2, invalid: 0, planned: 2 })
  assert.deepEqual(night?.labels, { branch: 'main' })
  assert.deepEqual(
    night?.measured.map(({ metric, values }) => [metric, values.length]),
    ['rate', 'errors', 'mean', 'p50', 'p95', 'p99'].map((metric) => [metric, 2]),
  )
  const made = path.join(out, night?.id ?? '')
  const written = await readdir(made, { recursive: true })
  for (const name of ['junit.xml', 'history/index.html', 'history/report.md', 'report/index.html'])
    assert.ok(written.includes(name), name)
  assert.match(
    await readFile(path.join(made, 'history/report.md'), 'utf8'),
    /1 night so far; an alarm needs 10 before it/,
  )
  await noneLeft(started.mark)
})

test('a third night in a row with heavier work: exit code 1, with the night and the commits', async () => {
  const [first] = (await nights()) as [Night]
  const random = randomFrom(1)
  // Nights before it, as the first was but for the noise of such short runs, and two that were heavier already.
  for (let back = 12; back >= 1; back--) {
    const heavier = back <= 2 ? 2 : 1
    const id = `before-${String(20 - back).padStart(2, '0')}`
    const night: Night = {
      ...first,
      id,
      commit: id,
      startedAt: new Date(Date.parse(first.startedAt) - back * 86_400_000).toISOString(),
      measured: first.measured.map((each) => {
        const by = (each.metric === 'rate' ? 1 / heavier : heavier) * Math.exp(0.08 * normalFrom(random))
        return { ...each, values: each.values.map((value) => value * by) }
      }),
    }
    await writeFile(path.join(history, `${id}.json`), JSON.stringify(night))
  }
  await rm(path.join(history, `${first.id}.json`))
  // Of the same environment, but with requests that are twice as heavy.
  const units = String(2 * (await unitsOf(path.join(out, first.id))))
  const summary = path.join(out, 'summary.md')
  await writeFile(summary, '')
  const started = nightly([], { WORK_UNITS_PER_MS: units, GITHUB_STEP_SUMMARY: summary })
  assert.equal(await started.ended, 1, started.stderr)
  assert.match(
    started.stdout,
    /constant · 1 replica · mean is \+\d+(\.\d+)? % since the night of .*between the commits before-17 and before-18/,
  )
  assert.match(await readFile(summary, 'utf8'), /^# \d figures are worse than before/)
  const last = (await nights()).find(({ id }) => !id.startsWith('before'))
  const xml = await readFile(path.join(out, last?.id ?? '', 'junit.xml'), 'utf8')
  assert.match(
    xml,
    /<testcase classname="changes" name="constant · 1 replica · mean"><failure message="constant · 1 replica · mean is/,
  )
})

test('npm run history draws it again; what is acknowledged is not told again', async () => {
  const report = path.join(out, 'drawn')
  const again = startIn(out, ['history', '--history', history, '--out', report])
  assert.equal(await again.ended, 1, again.stderr)
  const { alarms } = JSON.parse(await readFile(path.join(report, 'statistics.json'), 'utf8'))
  const known = alarms.map(({ series, night }: Record<string, string>) => ({
    series,
    night,
    reason: 'meant so',
  }))
  await writeFile(path.join(history, 'acknowledged.json'), JSON.stringify(known))
  const quiet = startIn(out, ['history', '--history', history, '--out', report])
  assert.equal(await quiet.ended, 0, quiet.stdout)
  await rm(path.join(history, 'acknowledged.json'))
})

test('a budget that does not hold all repeats leaves some out, and says so', async () => {
  const runs = [{ scenario: 'constant', flags: { vus: 1, duration: '1s' } }]
  const short = path.join(out, 'short.json')
  await writeFile(short, JSON.stringify({ minutes: 0.05, repeats: 3, runs }))
  const once = startIn(out, ['nightly', '--plan', short, '--history', path.join(out, 'other')])
  assert.equal(await once.ended, 0, once.stderr)
  assert.match(once.stderr, /the 0.05 minutes do not hold another repeat: 2 runs are left out/)
  assert.match(once.stdout, /1 of 3 planned runs were made/)
})

test('an interrupted night adds nothing until it has been gone on with', async () => {
  const before = (await nights()).length
  const started = nightly()
  await said(started, 'k6 runs')
  started.process.kill('SIGINT')
  assert.equal(await started.ended, 130, started.stderr)
  assert.equal((await nights()).length, before)
  await noneLeft(started.mark)
  const [, left = ''] = /npm run nightly -- --resume (\S+)/.exec(started.stderr) ?? []
  const resumed = nightly(['--resume', path.join(out, left), '--label', 'commit=abc'])
  await resumed.ended
  assert.match(resumed.stderr, /^run [12] of 2/m)
  const added = (await nights()).filter(({ commit }) => commit === 'abc')
  assert.deepEqual([(await nights()).length, added[0]?.runs.valid], [before + 1, 2])
})

test('a night that is killed leaves no process behind, and a history as it was', {
  skip: process.platform !== 'linux',
}, async () => {
  const before = (await nights()).length
  const started = nightly()
  await said(started, 'k6 runs')
  started.process.kill('SIGKILL')
  await noneLeft(started.mark)
  assert.equal((await nights()).length, before)
})

test('a plan that makes no sense is refused in one sentence', async () => {
  const wrong: [plan: string, sentence: RegExp][] = [
    ['{', /not JSON/],
    ['{"runs": []}', /runs: /],
    ['{"runs": [{"scenario": "no"}]}', /entry 1: "no" is no scenario/],
    [
      '{"runs": [{"scenario": "constant", "flags": {"vuss": 1}}]}',
      /entry 1: unknown flag --vuss; did you mean --vus/,
    ],
    ['{"runs": [{"scenario": "constant"}], "minuts": 1}', /Unrecognized key: "minuts"/],
  ]
  const file = path.join(out, 'wrong.json')
  for (const [text, sentence] of wrong) {
    await writeFile(file, text)
    const started = startIn(out, ['nightly', '--plan', file, '--history', history])
    assert.equal(await started.ended, 2, started.stderr)
    assert.match(started.stderr, sentence)
    assert.equal(started.stderr.trimEnd().split('\n').length, 1)
  }
})

async function unitsOf(night: string): Promise<number> {
  const [run] = (await readdir(night)).filter((name) => name.includes('-constant-'))
  const { target } = JSON.parse(await readFile(path.join(night, run ?? '', 'run.json'), 'utf8'))
  return target.workload.unitsPerMs
}
