import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandIn, runOf, said, startIn } from './command.ts'
import { serving } from './service.ts'
import { agrees, filesIn, stalledRun, stallIn, timelineIn } from './stall.ts'

let out = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-timeline-'))
})
after(() => rm(out, { recursive: true }))

test('a stall of one second shows at its time, and the figures by second agree with the raw points', async () => {
  const { folder, run, figures } = await stalledRun(out, { seconds: 5, at: 2 })
  assert.deepEqual(run.k6.timeline, { periodMs: 1000 })
  await agrees(folder, figures.total.requests)
  const { quietest, slow } = await stallIn(folder)
  assert.ok(quietest === 2 && (slow === 2 || slow === 3), `${quietest} ${slow}`)
  assert.ok(!(await filesIn(folder)).includes('recording.ndjson'))
})

test('without a timeline nothing is recorded, which run.json says', async () => {
  const server = await serving((_, response) => response.end('fine'))
  try {
    const target = ['--url', server.url, '--path', '/', '--vus', '1', '--duration', '1s']
    const { code, stderr } = await commandIn(out, ['run', 'constant', ...target, '--no-timeline'])
    assert.equal(code, 0, stderr)
    const { folder, run } = await runOf(out, stderr)
    assert.equal(run.k6.timeline, null)
    assert.ok(!(await filesIn(folder)).some((name) => /timeline|recording/.test(name)))
  } finally {
    server.close()
  }
})

test('an interrupted run of somebody’s own script keeps its timeline; without HTTP it knows no requests', async () => {
  await writeFile(
    path.join(out, 'sleepy.js'),
    `import { sleep } from 'k6'
     export const options = { scenarios: { open: { executor: 'constant-arrival-rate', rate: 20, duration: '60s', preAllocatedVUs: 5 } } }
     export default () => sleep(0.01)`,
  )
  const started = startIn(out, ['run', './sleepy.js', '--no-rehearsal'])
  await said(started, 'k6 runs for')
  await sleep(2500)
  started.process.kill('SIGINT')
  await started.ended
  const { folder, run } = await runOf(out, started.stderr)
  assert.equal(run.interrupted, true)
  const { periods } = await timelineIn(folder)
  assert.ok(periods.length >= 1)
  for (const { requests, durationMs, iterations, dropped } of periods) {
    assert.deepEqual([requests, durationMs, dropped], [null, null, 0])
    assert.ok(iterations !== null)
  }
})
