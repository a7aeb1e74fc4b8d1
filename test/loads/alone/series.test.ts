import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { mean } from 'simple-statistics'
import { Statistics } from '../../../analysis/runs/statistics.ts'
import { noneLeft, reportOf, said, startIn } from '../../command.ts'
import { type Serving, serving } from '../../service.ts'

let out = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-series-'))
})
after(() => rm(out, { recursive: true }))

const read = (folder: string, name: string) => readFile(path.join(folder, name), 'utf8')

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
  const started = startIn(out, ['ab', ...flags, '--junit', 'ab.xml'])
  assert.equal(await started.ended, 0, started.stderr)
  assert.match(started.stderr, /^run 4 of 4: constant of [AB], about \d+ s left$/m)
  assert.match(started.stdout, /2 and 2 runs are too few for any verdict, which takes 5 a side/)
  assert.match(started.stdout, /judgement: cannot tell/)
  await noneLeft(started.mark)
  const { report, statistics } = await reportOf(out, started.stderr)
  assert.match(path.relative(out, report), /^[^.].*-ab-\w+\/report$/)
  assert.equal(await read(out, 'ab.xml'), await read(report, 'junit.xml'))
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

  const second = startIn(out, ['sweep', '--resume', resume, '--junit', 'ci.xml'])
  assert.equal(await second.ended, 0, second.stderr)
  assert.match(second.stderr, /^run 2 of 4: /m)
  assert.doesNotMatch(second.stderr, /^run 1 of 4: /m)
  assert.match(second.stdout, /^replicas +runs .*\n1 +2 .*\n2 +2 /m)
  await noneLeft(second.mark)

  const folder = path.join(out, path.basename(resume).slice(1))
  assert.equal(
    await readFile(path.join(out, 'ci.xml'), 'utf8'),
    await readFile(path.join(folder, 'report/junit.xml'), 'utf8'),
  )
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

/** Answers after so long, every tenth time with an error if it fails, and counts. */
async function answering(ms: number, fails = false) {
  const came: number[] = []
  const server: Serving = await serving(({ url }, response) => {
    if (url !== '/x') return void response.writeHead(404).end()
    came.push(performance.now())
    const status = fails && came.length % 10 === 0 ? 500 : 200
    setTimeout(() => response.writeHead(status).end(), ms)
  })
  return { ...server, came }
}

for (const [scenario, ...size] of [
  ['constant', '--vus', '4'],
  ['arrival', '--rate', '40'],
] as const)
  test(`a duet of ${scenario} loads both sides at the same moment and keeps their figures apart`, async () => {
    const [a, b] = await Promise.all([answering(40), answering(80, true)])
    try {
      const started = startIn(out, [
        ...['ab', '--duet', '--scenario', scenario, ...size, '--a', a.url, '--b', b.url, '--path', '/x'],
        ...[
          '--slo',
          'errors=0.5',
          '--duration',
          '3s',
          '--repeat',
          '1',
          '--warm-up',
          '1ms',
          '--cool-down',
          '1ms',
        ],
      ])
      await started.ended
      assert.match(started.stderr, /^run 1 of 1: \w+, both sides at once$/m)
      await noneLeft(started.mark)
      const { statistics } = await reportOf(out, started.stderr)
      assert.match(statistics.comparison?.groups[0]?.warnings.join() ?? '', /shared its CPU/)
      const [first, second] = statistics.runs
      assert.ok(first?.run && second?.run)
      assert.deepEqual(
        [first, second].map(({ run, verdict }) => [run?.labels.cell, run?.labels.side, verdict.kind]),
        [
          ['a.1', 'a', 'pass'],
          ['b.1', 'b', 'pass'],
        ],
      )
      assert.equal(first.run.startedAt, second.run.startedAt)
      assert.equal(first.run.duet?.with, b.url)
      assert.ok(Math.abs((first.total.p50Ms ?? 0) - 40) < 20 && Math.abs((second.total.p50Ms ?? 0) - 80) < 20)
      assert.equal(first.total.failed, 0)
      assert.ok(Math.abs((second.total.errors ?? 0) - 0.1) < 0.03, `${second.total.errors}`)
      assert.match(second.failures.map(({ what }) => what).join(), /were answered 500/)
      // Besides the load: a request that finds out whether it answers, and those of the warm-up.
      assert.ok(
        a.came.length - (first.total.requests ?? 0) <= 12 &&
          b.came.length - (second.total.requests ?? 0) <= 12,
      )
      const { vus, offered, rate } = first.stages[0] ?? {}
      if (scenario === 'constant') {
        assert.equal(vus, 2)
        assert.ok(
          (second.total.rate ?? 0) < 0.7 * (first.total.rate ?? 0),
          'each VU waits for its own side only',
        )
      } else {
        assert.equal(offered, 20)
        assert.ok(Math.abs((rate ?? 0) - 20) < 1)
        assert.ok(first.total.intended && first.queueGrowth !== null && second.queueGrowth !== null)
        const merged = [
          ...a.came.slice(-50).map((at) => [at, 'a']),
          ...b.came.slice(-50).map((at) => [at, 'b']),
        ]
        const order = merged.sort(([x], [y]) => Number(x) - Number(y)).map(([, side]) => side)
        const turns = order.filter((side, index) => side !== order[index - 1]).length
        assert.ok(
          turns > 0.9 * order.length,
          `${turns} of ${order.length} requests came after one of the other side`,
        )
      }
    } finally {
      a.close()
      b.close()
    }
  })

test('the noise of repeats is measured for each duration, and an earlier series is another session', async () => {
  const flags = [
    '--durations',
    '1s,2s',
    '--repeat',
    '3',
    '--vus',
    '2',
    '--warm-up',
    '1ms',
    '--cool-down',
    '1ms',
  ]
  const first = startIn(out, ['noise', ...flags])
  // 3 where these short runs vary too much for any answer.
  assert.ok([0, 3].includes(Number(await first.ended)), first.stderr)
  const alone = await reportOf(out, first.stderr)
  assert.deepEqual(
    alone.statistics.noise?.loads.map(({ durationMs, runs, sessions }) => [durationMs, runs, sessions]),
    [
      [1000, 3, 1],
      [2000, 3, 1],
    ],
  )
  assert.match(first.stdout, /difference between sessions is unknown/)
  const second = startIn(out, [
    'noise',
    ...flags,
    '--with',
    path.dirname(alone.report),
    '--junit',
    'noise.xml',
  ])
  await second.ended
  const { report, statistics } = await reportOf(out, second.stderr)
  assert.equal(await read(out, 'noise.xml'), await read(report, 'junit.xml'))
  assert.deepEqual(
    statistics.noise?.loads.map(({ runs, sessions }) => [runs, sessions]),
    [
      [6, 2],
      [6, 2],
    ],
  )
  assert.ok(statistics.noise?.loads[0]?.figures.every(({ sessions }) => sessions !== null))
})

test('the breakpoint is where the offered rate exceeds what the target can serve', async () => {
  // One at a time, 20 ms each; on a busy machine timers are late, so it knows how long they really took.
  const took: number[] = []
  let queue = Promise.resolve()
  const server = await serving((_, response) => {
    queue = queue.then(async () => {
      const startMs = performance.now()
      await sleep(20)
      took.push(performance.now() - startMs)
      response.end('fine')
    })
  })
  try {
    const flags = ['--url', server.url, '--path', '/', '--quick', '--precision', '5', '--rate', '30']
    const files = ['--junit', 'breakpoint.xml']
    const started = startIn(out, ['breakpoint', ...flags, '--slo', 'p95=1000', ...files])
    assert.equal(await started.ended, 0, started.stderr)
    await noneLeft(started.mark)
    const { report, statistics } = await reportOf(out, started.stderr)
    assert.match(path.relative(out, report), /^[^.].*-breakpoint-\w+\/report$/)
    assert.ok((await readdir(report)).includes('breakpoint.svg'))
    assert.equal(await read(out, 'breakpoint.xml'), await read(report, 'junit.xml'))
    const { runs, breakpoint } = statistics
    const [, held] = /Holds ([\d.]+) requests\/s, breaks at/.exec(started.stdout) ?? []
    for (const { queueGrowth, remarks } of runs)
      assert.equal(/The queue kept growing/.test(remarks.join()), (queueGrowth ?? 0) >= 0.02)
    // The queue grows by what is offered beyond what can be served.
    const capacity = 1000 / mean(took)
    assert.ok(Number(held) > 0.7 * capacity && Number(held) < 1.08 * capacity, started.stdout)
    const beyond = breakpoint?.probes.filter(({ rate }) => rate > 1.05 * capacity) ?? []
    assert.ok(beyond.length > 0, started.stdout)
    for (const { rate, queueGrowth } of beyond)
      assert.ok(Math.abs((queueGrowth ?? 0) - (rate / capacity - 1)) < 0.1, `${capacity}: ${started.stdout}`)
  } finally {
    server.close()
  }
})
