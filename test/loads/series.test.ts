import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Statistics } from '../../analysis/statistics.ts'
import { noneLeft, startIn } from '../command.ts'
import { started as startedService } from '../service.ts'

let out = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-series-'))
})
after(() => rm(out, { recursive: true }))

test('A and B are run in turns and compared', async () => {
  const flags = [
    '--repeat',
    '2',
    '--duration',
    '1s',
    '--vus',
    '2',
    '--warm-up',
    '100ms',
    '--cool-down',
    '50ms',
  ]
  const started = startIn(out, ['ab', ...flags])
  assert.equal(await started.ended, 0, started.stderr)
  assert.match(started.stderr, /^run 4 of 4: constant of [AB], about \d+ s left$/m)
  assert.match(started.stdout, /2 and 2 runs are too few for any verdict, which takes 5 a side/)
  assert.match(started.stdout, /judgement: cannot tell/)
  await noneLeft(started.mark)
  const made = (await readdir(out)).find((name) => name.includes('-ab-'))
  assert.ok(made && !made.startsWith('.'))
  const read = await readFile(path.join(out, made, 'report/statistics.json'), 'utf8')
  const [group] = Statistics.parse(JSON.parse(read)).comparison?.groups ?? []
  assert.deepEqual([group?.interleaved, group?.warnings.filter((each) => /in turns/.test(each))], [true, []])
})

test('the breakpoint of a workload whose capacity is known is found', async () => {
  const [threads, workMs] = [1, 20]
  const service = await startedService({ WORK_THREADS: String(threads) })
  try {
    const flags = [
      '--url',
      service.url,
      '--work-ms',
      String(workMs),
      '--quick',
      '--rate',
      '30',
      '--slo',
      'p95=200',
    ]
    const started = startIn(out, ['breakpoint', ...flags])
    assert.equal(await started.ended, 0, started.stderr)
    const [, held] = /It holds ([\d.]+) requests\/s and breaks at/.exec(started.stdout) ?? []
    // What one thread does when nothing else runs; k6 and the service's own thread share the machine.
    const capacity = (1000 * threads) / workMs
    assert.ok(Number(held) > 0.7 * capacity && Number(held) < 1.05 * capacity, started.stdout)
    await noneLeft(started.mark)
    const made = (await readdir(out)).find((name) => name.includes('-breakpoint-'))
    assert.ok(made && !made.startsWith('.'))
    assert.ok((await readdir(path.join(out, made, 'report'))).includes('breakpoint.svg'))
  } finally {
    service.process.kill('SIGTERM')
  }
})
