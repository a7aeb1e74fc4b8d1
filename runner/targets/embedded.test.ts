import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../shell/exit.ts'
import { embeddedTarget } from './embedded.ts'
import { readInsight } from './insight.ts'

const { signal } = new AbortController()

test('the bundled workload is started, observed, varied and stopped', async () => {
  const target = await embeddedTarget({ env: process.env, signal }, { unitsPerMs: 1234 })
  try {
    assert.equal(process.env.WORK_UNITS_PER_MS, undefined)
    const observation = await target.observe({ scaling: false, workload: true })
    assert.equal(observation.replicas, null)
    for (let request = 0; request < 3; request++) await (await fetch(`${target.url}work?ms=1`)).text()
    const load = { startedAt: new Date(), endedAt: new Date() }
    const observed = await observation.finish({ ...load, countsWork: true })
    assert.equal(observed.workServed, 3)
    assert.equal(observed.workload?.unitsPerMs, 1234)
    assert.deepEqual([observed.embedded, observed.replicas, observed.cluster], [true, 1, null])
    assert.equal((await observation.finish({ ...load, countsWork: false })).workServed, null)

    const first = target.url.href
    await target.vary({ replicas: 2, env: { POD_NAMESPACE: 'varied' } }, signal)
    assert.equal(await readInsight(first), null)
    assert.equal((await readInsight(target.url.href))?.work.unitsPerMs, 1234)
    assert.equal((await readInsight(target.url.href))?.namespace, 'varied')
    const varied = await target.observe({ scaling: false, workload: true })
    assert.equal(varied.replicas, 2)
    const { replicas, workServed } = await varied.finish({ ...load, countsWork: true })
    assert.deepEqual([replicas, workServed], [2, null])
    for (const levels of [{ image: 'app:2' }, { cpu: '200m' }, { memory: '64Mi' }])
      await assert.rejects(
        target.vary(levels, signal),
        (error) => error instanceof Failure && error.exitCode === 2,
      )
  } finally {
    await target.restore()
  }
  await target.restore()
  assert.equal(await readInsight(target.url.href), null)
})

test('a workload that does not start is a Failure with its complaint', async () => {
  await assert.rejects(
    embeddedTarget({ env: { ...process.env, STRESSTIME: 'never' }, signal }),
    (error) =>
      error instanceof Failure &&
      error.exitCode === 4 &&
      /^the bundled workload did not start: .*STRESSTIME/.test(error.message),
  )
})

for (const replicas of [undefined, 1])
  test(`what the workload logs or prints does not matter (replicas: ${replicas})`, async () => {
    const talkative = 'data:text/javascript,console.log(1)'
    for (const more of [{ LOG_LEVEL: 'warn' }, { NODE_OPTIONS: `--import=${talkative}` }]) {
      const target = await embeddedTarget({ env: { ...process.env, ...more }, signal }, { replicas })
      assert.ok(await readInsight(target.url.href))
      await target.restore()
    }
  })

test('an interruption ends a workload that has not started yet', async () => {
  const env = {
    ...process.env,
    NODE_OPTIONS: '--import=data:text/javascript,setInterval(()=>{},1e3);await%20new%20Promise(()=>{})',
  }
  await assert.rejects(
    embeddedTarget({ env, signal: AbortSignal.timeout(300) }),
    (error) => error instanceof Failure && error.exitCode === 130,
  )
})
