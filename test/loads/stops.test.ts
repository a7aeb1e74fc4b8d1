import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { noneLeft, reportOf, runOf, type Started, said, startIn } from '../command.ts'
import { serving } from '../service.ts'
import { fakeK6, hang, stopped, there } from '../stopped.ts'

let out = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-stops-'))
})
after(() => rm(out, { recursive: true }))

const series = ['--repeat', '2', '--warm-up', '1ms', '--cool-down', '1ms', '--vus', '1']

/** A verb's arguments, for runs of that duration with results in a folder. */
const verbs: Record<string, (duration: string, folder: string) => Promise<string[]>> = {
  run: async (duration) => ['run', 'constant', '--duration', duration, '--vus', '1'],
  ab: async (duration) => ['ab', '--duration', duration, ...series],
  sweep: async (duration) => ['sweep', '--local', '--replicas', '1', '--duration', duration, ...series],
  breakpoint: async (duration) => ['breakpoint', '--duration', duration],
  nightly: async (duration, folder) => {
    const plan = path.join(folder, 'plan.json')
    const runs = [{ scenario: 'constant', flags: { vus: 1, duration } }]
    await writeFile(plan, JSON.stringify({ repeats: 2, runs }))
    return ['nightly', '--plan', plan, '--history', path.join(folder, 'history')]
  },
}

/** Whether each run that a folder holds was interrupted; hidden folders count too. */
async function runsIn(folder: string): Promise<boolean[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => null)
  // One was renamed meanwhile.
  if (names === null) return runsIn(folder)
  const files = names.filter((each) => path.basename(each) === 'run.json')
  const texts = await Promise.all(
    files.map((file) => readFile(path.join(folder, file), 'utf8').catch(() => null)),
  )
  return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text).interrupted]))
}

describe('each verb, interrupted in each phase', {
  concurrency: 3,
  skip: process.platform !== 'linux',
}, () => {
  for (const [verb, argumentsOf] of Object.entries(verbs)) {
    for (const [phase, times] of [
      ['version', 1],
      ['inspect', 1],
      ['inspect', 2],
      ['run', 2],
    ] as const)
      test(`${verb}, hanging at k6 ${phase}, ${times} times`, async () => {
        const { folder, environment } = await fakeK6(out, phase, hang)
        const started = startIn(folder, await argumentsOf('30s', folder), environment)
        await there(folder, started)
        await stopped(started, times)
      })

    test(`${verb}, under load: what was measured is kept and named`, async () => {
      const folder = await mkdtemp(path.join(out, `${verb}-`))
      const started = startIn(folder, await argumentsOf('30s', folder))
      await said(started, 'k6 runs')
      await sleep(1500)
      await stopped(started, 1)
      assert.deepEqual(await runsIn(folder), [true])
      assert.match(started.stderr, /^report: |resume with: /m)
    })

    test(`${verb}, winding down: the second Ctrl-C does not wait`, async () => {
      const folder = await mkdtemp(path.join(out, `${verb}-`))
      const started = startIn(folder, await argumentsOf('30s', folder))
      await said(started, 'k6 runs')
      await sleep(1000)
      await stopped(started, 2)
      assert.match(started.stderr, /^report: |resume with: /m)
    })

    for (const times of [1, 2])
      test(`${verb}, when a run is in place: it stays, ${times} times`, async () => {
        const folder = await mkdtemp(path.join(out, `${verb}-`))
        const started = startIn(folder, await argumentsOf('1s', folder))
        while ((await runsIn(folder)).length === 0 && started.process.exitCode === null) await sleep(5)
        // A run that is complete keeps its verdict.
        await stopped(started, times, verb === 'run' ? [0, 130] : [130])
        // The next one may have begun, and is listed in any order.
        assert.ok((await runsIn(folder)).includes(false))
      })
  }
})

describe('a script of somebody’s own, interrupted', {
  concurrency: 3,
  skip: process.platform !== 'linux',
}, () => {
  let host: Awaited<ReturnType<typeof serving>>
  before(async () => {
    host = await serving((_, response) => response.end('fine'))
  })
  after(() => host.close())

  /** Starts it; its first iteration, which is the rehearsal's, takes so long. */
  async function begun(firstSeconds: number): Promise<Started & { folder: string; temporary: string }> {
    const folder = await mkdtemp(path.join(out, 'own-'))
    const temporary = path.join(folder, 'tmp')
    await mkdir(temporary)
    await writeFile(
      path.join(folder, 'script.js'),
      `import http from 'k6/http'
import { sleep } from 'k6'
export const options = { vus: 2, duration: '30s', thresholds: { http_reqs: ['count>1'] } }
export default () => { http.get('${host.url}/'); sleep(${firstSeconds || 0.01}) }`,
    )
    const started = startIn(folder, ['run', './script.js'], { TMPDIR: temporary })
    return Object.assign(started, { folder, temporary })
  }
  const folders = async ({ folder }: { folder: string }) =>
    (await readdir(folder)).filter((name) => name.includes('-script-'))
  const temporaries = async ({ temporary }: { temporary: string }) =>
    (await readdir(temporary)).filter((name) => !name.startsWith('tsx-'))

  for (const times of [1, 2])
    test(`while it is rehearsed, ${times} times: nothing is left`, async () => {
      const started = await begun(60)
      await said(started, 'rehearsal')
      await sleep(1500)
      await stopped(started, times)
      assert.match(started.stderr, /^load-and-stress: interrupted before the load started$/m)
      assert.deepEqual([await folders(started), await temporaries(started)], [[], []])
    })

  for (const times of [1, 2])
    test(`under load, ${times} times: what was measured is kept and named`, async () => {
      const started = await begun(0)
      await said(started, 'k6 runs')
      await sleep(1500)
      await stopped(started, times)
      const { run } = await runOf(started.folder, started.stderr)
      assert.equal(run.interrupted, true)
      assert.match(started.stderr, /^interrupted: stopping, and keeping what was measured/m)
      assert.equal((await folders(started)).length, 1)
      assert.deepEqual(await temporaries(started), [])
    })

  for (const [phase, first] of [
    ['rehearsal', 60],
    ['k6 runs', 0],
  ] as const)
    test(`killed at "${phase}": no process is left, and no folder once another has started`, async () => {
      const started = await begun(first)
      await said(started, phase)
      await sleep(1000)
      started.process.kill('SIGKILL')
      await started.ended
      await noneLeft(started.mark)
      const next = startIn(started.folder, ['--version'], { TMPDIR: started.temporary })
      await next.ended
      assert.deepEqual(await temporaries(started), [])
    })
})

test('a breakpoint that was killed, then interrupted, goes on with the probes that are left', async () => {
  const folder = await mkdtemp(path.join(out, 'resumed-'))
  // No rate holds: 8, 4, 2 and 1 are tried.
  const flags = [
    '--rate',
    '8',
    '--slo',
    'p50=0.001',
    '--precision',
    '50',
    '--repeat',
    '1',
    '--duration',
    '1s',
  ]
  const probes = (stderr: string) =>
    [...stderr.matchAll(/^probe (\d+): (\d+) requests/gm)].map(([, ...of]) => of)
  const killed = startIn(folder, ['breakpoint', ...flags])
  await said(killed, 'probe 1: ')
  killed.process.kill('SIGKILL')
  await killed.ended
  await noneLeft(killed.mark)
  const [hidden = ''] = await readdir(folder)
  const resume = ['breakpoint', '--resume', path.join(folder, hidden)]
  const interrupted = startIn(folder, resume)
  await said(interrupted, 'probe 2: ')
  await stopped(interrupted, 1)
  assert.deepEqual(probes(interrupted.stderr), [['2', '4']])
  assert.match(
    interrupted.stderr,
    /^2 probes done; resume with: npm run scenario:breakpoint -- --resume \.\S+$/m,
  )
  assert.match(interrupted.stdout, /The search was cut short/)
  const finished = startIn(folder, resume)
  assert.equal(await finished.ended, 1, finished.stderr)
  assert.deepEqual(probes(finished.stderr), [
    ['3', '2'],
    ['4', '1'],
  ])
  const { report, statistics } = await reportOf(folder, finished.stderr)
  assert.equal(path.relative(folder, report), path.join(hidden.slice(1), 'report'))
  assert.deepEqual(
    statistics.breakpoint?.probes.map(({ rate }) => rate),
    [8, 4, 2, 1],
  )
  // Every session asked for the same work.
  const works = statistics.runs.map(({ run }) => run?.target.workload?.unitsPerMs)
  assert.equal(new Set(works).size, 1)
  assert.deepEqual((await readdir(folder)).sort(), [hidden.slice(1), 'index.html'])
})
