import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { median } from 'simple-statistics'
import { noneLeft, reportOf, startIn } from '../command.ts'
import { started as startedService } from '../service.ts'

let out = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-series-'))
})
after(() => rm(out, { recursive: true }))

test('A and B run in turns and are compared', async () => {
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
  const { report, statistics } = await reportOf(out, started.stderr)
  assert.match(path.relative(out, report), /^[^.].*-ab-\w+\/report$/)
  const [group] = statistics.comparison?.groups ?? []
  assert.deepEqual([group?.interleaved, group?.warnings.filter((each) => /in turns/.test(each))], [true, []])
})

test('a comparison ends as soon as it is decided, and says what its looks cost', async () => {
  const servers = [5, 20].map((ms) =>
    http.createServer((_, response) => setTimeout(() => response.end('done'), ms)).listen(0, '127.0.0.1'),
  )
  try {
    const [a, b] = await Promise.all(
      servers.map(async (server) => {
        if (!server.listening) await once(server, 'listening')
        return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      }),
    )
    const started = startIn(out, [
      ...['ab', '--a', a ?? '', '--b', b ?? '', '--path', '/', '--until-decided', '--repeat', '8'],
      ...['--duration', '1s', '--vus', '2', '--warm-up', '100ms', '--cool-down', '10ms'],
    ])
    assert.equal(await started.ended, 1, started.stderr)
    assert.match(started.stderr, /^decided after 5 repeats: 6 runs not needed$/m)
    assert.match(
      started.stdout,
      /could be looked at 4 times, so each look spends 1\/4 of the permitted error/,
    )
    await noneLeft(started.mark)
    const { report, statistics } = await reportOf(out, started.stderr)
    assert.match(path.relative(out, report), /^[^.].*-ab-\w+\/report$/)
    assert.deepEqual([statistics.runs.length, statistics.comparison?.judgement], [10, 'worse'])
  } finally {
    for (const server of servers) server.close()
  }
})

test('the breakpoint is where the offered rate exceeds the capacity that the workload reports', async () => {
  const service = await startedService({ WORK_THREADS: '1' })
  try {
    const flags = [
      '--url',
      service.url,
      '--work-ms',
      '20',
      '--quick',
      '--precision',
      '1',
      '--rate',
      '30',
      '--slo',
      'p95=200',
    ]
    const started = startIn(out, ['breakpoint', ...flags])
    assert.equal(await started.ended, 0, started.stderr)
    await noneLeft(started.mark)
    const { report, statistics } = await reportOf(out, started.stderr)
    assert.match(path.relative(out, report), /^[^.].*-breakpoint-\w+\/report$/)
    assert.ok((await readdir(report)).includes('breakpoint.svg'))
    const { runs, breakpoint } = statistics
    const [, held] = /It holds ([\d.]+) requests\/s and breaks at/.exec(started.stdout) ?? []
    for (const { queueGrowth, remarks } of runs)
      assert.equal(/The queue kept growing/.test(remarks.join()), (queueGrowth ?? 0) >= 0.02)
    // What one thread could do, by the times that the service reports; the queue grows by what is offered beyond that.
    const capacity = 1000 / median(runs.flatMap(({ total }) => total.server?.workP50Ms ?? []))
    assert.ok(Number(held) > 0.7 * capacity && Number(held) < 1.08 * capacity, started.stdout)
    const beyond =
      breakpoint?.probes.filter(({ rate }) => rate > 1.05 * capacity && rate < 1.3 * capacity) ?? []
    assert.ok(beyond.length > 0, started.stdout)
    for (const { rate, queueGrowth } of beyond)
      assert.ok(Math.abs((queueGrowth ?? 0) - (rate / capacity - 1)) < 0.1, started.stdout)
  } finally {
    service.process.kill('SIGTERM')
  }
})
