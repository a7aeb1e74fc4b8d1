import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { type Night, parseNight } from '../../analysis/formats/night.ts'
import { normalFrom, randomFrom } from '../../analysis/numbers/random.ts'
import { commandIn, noneLeft, said, startIn } from '../command.ts'

let out = ''
let plan = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-nightly-'))
  plan = path.join(out, 'plan.json')
  const runs = [{ scenario: 'constant', flags: { vus: 1, duration: '2s', 'work-ms': 5 } }]
  await writeFile(plan, JSON.stringify({ repeats: 2, runs }))
})
after(() => rm(out, { recursive: true }))

// One calibration for all of these nights, so that they are of one environment and the same work.
const unitsPerMs = 300

/** A history of this test alone, in a folder where its nights run. */
async function historyOf(name: string) {
  const folder = path.join(out, name)
  const history = path.join(folder, 'history')
  await mkdir(history, { recursive: true })
  const nightly = (args: string[] = [], environment: Record<string, string> = {}) =>
    [
      folder,
      ['nightly', '--plan', plan, '--history', history, '--out', folder, ...args],
      { WORK_UNITS_PER_MS: String(unitsPerMs), ...environment },
    ] as const
  return {
    folder,
    history,
    finished: (...given: Parameters<typeof nightly>) => commandIn(...nightly(...given)),
    started: (...given: Parameters<typeof nightly>) => startIn(...nightly(...given)),
    async nights(): Promise<Night[]> {
      const names = (await readdir(history)).filter((each) => each !== 'acknowledged.json').sort()
      const readings = await Promise.all(
        names.map(async (each) => parseNight(await readFile(path.join(history, each), 'utf8'))),
      )
      return readings.map((reading) => {
        assert.ok(reading.kind === 'ok')
        return reading.value
      })
    },
  }
}

test('a first night: the history has it, the report says that it is too early for alarms', async () => {
  const { folder, finished, nights } = await historyOf('first')
  const { code, stderr } = await finished(['--label', 'branch=main'])
  assert.equal(code, 0, stderr)
  const [night, ...more] = await nights()
  assert.equal(more.length, 0)
  assert.deepEqual(night?.runs, { valid: 2, invalid: 0, planned: 2 })
  assert.deepEqual(night?.labels, { branch: 'main' })
  assert.deepEqual(
    night?.measured.map(({ metric, values }) => [metric, values.length]),
    ['rate', 'errors', 'mean', 'p50', 'p95', 'p99', 'bad runs'].map((metric) => [metric, 2]),
  )
  const made = path.join(folder, night?.id ?? '')
  const written = await readdir(made, { recursive: true })
  for (const name of ['junit.xml', 'history/index.html', 'history/report.md', 'report/index.html'])
    assert.ok(written.includes(name), name)
  assert.match(
    await readFile(path.join(made, 'history/report.md'), 'utf8'),
    /1 night so far; an alarm needs 10 before it/,
  )
  // The night, its history and all results lead to one another.
  for (const [page, to] of [
    ['report/index.html', 'history/index.html'],
    ['history/index.html', 'report/index.html'],
  ] as const) {
    const text = await readFile(path.join(made, page), 'utf8')
    const links = [...text.matchAll(/href="(\.[^"#]*)/g)].map(([, link = '']) =>
      path.join(path.dirname(page), link),
    )
    assert.ok(links.includes(to) && links.includes('../index.html'), links.join())
    for (const link of links) assert.ok(existsSync(path.join(made, link)), link)
  }
})

test('a third night in a row with heavier work fails, is drawn again, and can be acknowledged', async () => {
  const { folder, history, finished, nights } = await historyOf('heavier')
  const random = randomFrom(1)
  assert.equal((await finished()).code, 0)
  const [first] = (await nights()) as [Night]
  // Nights before it, like the first except for the noise of such short runs, and two that were heavier already.
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
  const summary = path.join(folder, 'summary.md')
  await writeFile(summary, '')
  // The same environment, with requests that are twice as heavy.
  const heavy = { WORK_UNITS_PER_MS: String(2 * unitsPerMs), GITHUB_STEP_SUMMARY: summary }
  const { code, stdout, stderr } = await finished([], heavy)
  assert.equal(code, 1, stderr)
  assert.match(
    stdout,
    /constant · 1 replica · mean is \+\d+(\.\d+)? % since the night of .*between the commits before-17 and before-18/,
  )
  assert.match(await readFile(summary, 'utf8'), /^# Night by night\n\n\*\*.* is worse since /)
  const last = (await nights()).find(({ id }) => !id.startsWith('before'))
  assert.match(
    await readFile(path.join(folder, last?.id ?? '', 'junit.xml'), 'utf8'),
    /<testcase classname="changes" name="constant · 1 replica · mean"><failure message="constant · 1 replica · mean is/,
  )

  const drawn = ['history', '--history', history, '--out', path.join(folder, 'drawn')]
  assert.equal((await commandIn(folder, drawn)).code, 1)
  const { alarms } = JSON.parse(await readFile(path.join(folder, 'drawn/statistics.json'), 'utf8'))
  const known = alarms.map(({ series, night }: Record<string, string>) => ({
    series,
    night,
    reason: 'intended',
  }))
  await writeFile(path.join(history, 'acknowledged.json'), JSON.stringify(known))
  const quiet = await commandIn(folder, drawn)
  assert.equal(quiet.code, 0, quiet.stdout)
})

test('a budget that does not fit all repeats leaves some out, and says so', async () => {
  const { folder, history } = await historyOf('short')
  const runs = [{ scenario: 'constant', flags: { vus: 1, duration: '1s' } }]
  const short = path.join(folder, 'short.json')
  await writeFile(short, JSON.stringify({ minutes: 0.05, repeats: 3, runs }))
  const { code, stdout, stderr } = await commandIn(folder, [
    'nightly',
    ...['--plan', short, '--history', history, '--junit', 'ci/las.xml'],
  ])
  assert.equal(code, 0, stderr)
  assert.match(stderr, /another repeat does not fit into the 0.05 minutes: 2 runs left out/)
  assert.match(stdout, /1 of 3 planned runs were completed/)
  const junit = await readFile(path.join(folder, 'ci/las.xml'), 'utf8')
  assert.match(junit, /<testcase classname="runs" name="1-constant" time="[12]\.\d{3}">/)
})

test('an interrupted night adds nothing until it is resumed', async () => {
  const { folder, started, finished, nights } = await historyOf('interrupted')
  const first = started()
  await said(first, 'k6 runs')
  first.process.kill('SIGINT')
  assert.equal(await first.ended, 130, first.stderr)
  assert.equal((await nights()).length, 0)
  await noneLeft(first.mark)
  const [, left = ''] = /npm run nightly -- --resume (\S+)/.exec(first.stderr) ?? []
  const resumed = await finished(['--resume', path.join(folder, left), '--label', 'commit=abc'])
  assert.match(resumed.stderr, /^run [12] of 2/m)
  assert.deepEqual(
    (await nights()).map(({ commit, runs }) => [commit, runs.valid]),
    [['abc', 2]],
  )
})

test('a night that is killed leaves no process behind and does not change the history', {
  skip: process.platform !== 'linux',
}, async () => {
  const { started, nights } = await historyOf('killed')
  const night = started()
  await said(night, 'k6 runs')
  night.process.kill('SIGKILL')
  await noneLeft(night.mark)
  assert.equal((await nights()).length, 0)
})

test('an invalid plan is refused in one sentence', async () => {
  const wrong: [plan: string, sentence: RegExp][] = [
    ['{', /not valid JSON/],
    ['{"runs": []}', /runs: /],
    ['{"runs": [{"scenario": "no"}]}', /entry 1: unknown scenario "no"/],
    ['{"runs": [{"scenario": "constant", "flags": {"vuss": 1}}]}', /entry 1: unknown flag --vuss/],
    ['{"runs": [{"scenario": "constant", "flags": {"rate": 1}}]}', /entry 1: --rate is for arrival/],
    ['{"runs": [{"scenario": "constant"}], "minuts": 1}', /Unrecognized key: "minuts"/],
  ]
  const { folder, history } = await historyOf('wrong')
  const file = path.join(folder, 'wrong.json')
  for (const [text, sentence] of wrong) {
    await writeFile(file, text)
    const { code, stderr } = await commandIn(folder, ['nightly', '--plan', file, '--history', history])
    assert.equal(code, 2, stderr)
    assert.match(stderr, sentence)
    assert.equal(stderr.trimEnd().split('\n').length, 1)
  }
})
