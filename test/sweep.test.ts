import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Statistics } from '../analysis/runs/statistics.ts'
import { commandIn, noneLeft, said, startIn } from './command.ts'

let out = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-sweep-'))
})
after(() => rm(out, { recursive: true }))

test('a local sweep, interrupted and resumed, repeats nothing and reports every run', async () => {
  const flags = [
    '--local',
    '--replicas',
    '1,2',
    '--repeat',
    '2',
    '--duration',
    '2s',
    '--vus',
    '4',
    '--label',
    'a=b',
  ]
  const first = startIn(out, ['sweep', ...flags, '--warm-up', '300ms', '--cool-down', '100ms'])
  await said(first, 'run 2 of 4')
  while (first.stderr.split('k6 runs').length < 3 && first.process.exitCode === null) await sleep(20)
  first.process.kill('SIGINT')
  assert.equal(await first.ended, 130, first.stderr)
  await noneLeft(first.mark)
  const [, resume] =
    /1 of 4 runs are done; resume with: npm run sweep -- --resume (\S+)/.exec(first.stderr) ?? []
  assert.ok(resume, first.stderr)

  const second = startIn(out, ['sweep', '--resume', resume])
  assert.equal(await second.ended, 0, second.stderr)
  assert.match(second.stderr, /^run 2 of 4: /m)
  assert.doesNotMatch(second.stderr, /^run 1 of 4: /m)
  assert.match(second.stdout, /^replicas +runs .*\n1 +2 .*\n2 +2 /m)
  await noneLeft(second.mark)

  const folder = path.join(out, path.basename(resume).slice(1))
  const plan = JSON.parse(await readFile(path.join(folder, 'sweep.json'), 'utf8'))
  const read = await readFile(path.join(folder, 'report/statistics.json'), 'utf8')
  const { runs, replicas } = Statistics.parse(JSON.parse(read))
  assert.deepEqual(
    replicas.map((level) => [level.replicas, level.runs]),
    [
      [1, 2],
      [2, 2],
    ],
  )
  assert.deepEqual(
    runs.map(({ run }) => run?.labels.cell).sort(),
    plan.runs.map(({ cell }: { cell: string }) => cell).sort(),
  )
  for (const { run } of runs) {
    assert.equal(run?.labels.a, 'b')
    assert.equal(run?.target.replicas, Number(run?.labels.cell?.split('.')[0]))
  }
  // What was measured until the interruption is still there beside them.
  const folders = (await readdir(folder)).filter((each) => each.includes('-constant-'))
  assert.equal(folders.length, 5)
})

test('a wrong flag gets one sentence', async () => {
  const wrong: [string[], RegExp][] = [
    [['--replicas', '1,x'], /--replicas: "x" is not a whole number/],
    [['--scenario', 'rump'], /unknown scenario "rump"/],
    [['--url', 'http://127.0.0.1'], /unknown option '--url'/],
    [['--rate', '9'], /--rate is for arrival, spike, soak; constant takes --vus/],
    [['--resume', 'nothing'], /cannot resume: no sweep\.json/],
  ]
  for (const [flags, sentence] of wrong) {
    const { code, stderr } = await commandIn(out, ['sweep', '--local', ...flags])
    assert.equal(code, 2, stderr)
    assert.match(stderr, sentence)
    assert.equal(stderr.trimEnd().split('\n').length, 1)
  }
})
