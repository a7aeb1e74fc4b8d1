import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { noneLeft, runOf, said, startIn } from '../command.ts'
import { fakeKubectl } from '../fake-kubectl.ts'
import { serving } from '../service.ts'
import { fakeK6, hang, stopped, there } from '../stopped.ts'

let out = ''
let plan = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-stops-'))
  plan = path.join(out, 'plan.json')
  const runs = [{ scenario: 'constant', flags: { vus: 1, duration: '30s' } }]
  await writeFile(plan, JSON.stringify({ repeats: 1, runs }))
})
after(() => rm(out, { recursive: true }))

const verbs = {
  run: ['run', 'constant', '--duration', '30s', '--vus', '1'],
  ab: ['ab', '--duration', '30s', '--vus', '1', '--repeat', '1', '--warm-up', '1ms'],
  breakpoint: ['breakpoint', '--duration', '30s'],
  nightly: () => ['nightly', '--plan', plan, '--history', path.join(out, 'history')],
}
const argumentsOf = (verb: keyof typeof verbs): string[] => {
  const args = verbs[verb]
  return typeof args === 'function' ? args() : args
}

describe('Ctrl-C ends everything', { concurrency: 3, skip: process.platform !== 'linux' }, () => {
  for (const [name, phase, instead, times] of [
    ['a k6 that does not say its version', 'version', hang, 1],
    ['an inspection that hangs', 'inspect', hang, 1],
    ['a k6 that ignores signals', 'run', hang, 2],
    ['a k6 that is stopped', 'run', 'kill -STOP $$', 2],
  ] as const)
    test(`${name}, by Ctrl-C ${times === 1 ? 'once' : 'twice'}`, async () => {
      const { folder, environment } = await fakeK6(out, phase, instead)
      const started = startIn(folder, argumentsOf('run'), environment)
      await there(folder, started)
      await stopped(started, times)
    })

  for (const verb of ['ab', 'breakpoint', 'nightly'] as const)
    test(`${verb}, whose k6 hangs`, async () => {
      const { folder, environment } = await fakeK6(out, 'run', hang)
      const started = startIn(folder, argumentsOf(verb), environment)
      await there(folder, started)
      await stopped(started, 2)
    })

  test('a k6 that ignores signals, when the runner is killed', async () => {
    const { folder, environment } = await fakeK6(out, 'run', hang)
    const started = startIn(folder, argumentsOf('run'), environment)
    await there(folder, started)
    // Its guard is there too then.
    await said(started, 'k6 runs')
    started.process.kill('SIGKILL')
    await noneLeft(started.mark)
  })

  test('a kubectl that waits for a login', async () => {
    const folder = await mkdtemp(path.join(out, 'login-'))
    await writeFile(path.join(folder, 'kubectl'), `#!/bin/sh\n: > '${folder}/there'; ${hang}\n`, {
      mode: 0o755,
    })
    for (const verb of ['run', 'sweep']) {
      const args = verb === 'run' ? [...argumentsOf('run'), '--cluster'] : ['sweep']
      const started = startIn(folder, args, { PATH: `${folder}:${process.env.PATH}` })
      await there(folder, started)
      await stopped(started, 2)
      await rm(path.join(folder, 'there'))
    }
  })

  test('a deployment that does not become ready again; it is scaled back nevertheless', async () => {
    const service = await serving((_, response) => response.end('fine'))
    using fake = fakeKubectl({ replicas: 3, nodePort: Number(new URL(service.url).port) })
    try {
      const args = ['sweep', '--replicas', '1', '--repeat', '1', '--duration', '30s', '--warm-up', '1ms']
      const started = startIn(out, args, { PATH: fake.shell.env.PATH ?? '' })
      await said(started, 'k6 runs')
      fake.change({ stuck: true })
      started.process.kill('SIGINT')
      await said(started, '0 of 3 replicas are ready')
      started.process.kill('SIGINT')
      assert.equal(await started.ended, 130, started.stderr)
      assert.match(
        started.stderr,
        /^did not wait for deployment\/workload in the namespace load-and-stress, which goes back to 3 replicas of app:1$/m,
      )
      assert.match(started.stderr, /^0 of 1 runs are done; resume with/m)
      assert.match(
        fake
          .calls()
          .filter((call) => call.startsWith('scale'))
          .at(-1) ?? '',
        /--replicas=3/,
      )
      await noneLeft(started.mark)
    } finally {
      service.close()
    }
  })

  test('a run that nobody can read any longer; it is kept', async () => {
    const started = startIn(out, argumentsOf('run'))
    await said(started, 'k6 runs')
    await sleep(1500)
    const { stderr } = started
    started.process.stderr?.destroy()
    started.process.stdout?.destroy()
    await stopped({ ...started, stderr }, 1)
    const made = (await readdir(out)).filter((name) => name.includes('-constant-'))
    assert.equal(made.filter((name) => name.startsWith('.')).length, 0)
    const { run } = await runOf(out, `report: ${made.at(-1)}/report/index.html`)
    assert.equal(run.interrupted, true)
  })
})
