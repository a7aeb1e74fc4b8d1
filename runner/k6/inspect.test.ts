import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testShell } from '../../test/shell.ts'
import { Failure } from '../shell/exit.ts'
import { findK6 } from './find.ts'
import { inspect, milliseconds, scenariosIn, stagesIn } from './inspect.ts'
import { inspectedIn } from './inspected.ts'

const env = { PATH: process.env.PATH }

test('the stages come from k6, in order of their start', async () => {
  const script = `export const options = { scenarios: {
    second: { executor: 'constant-arrival-rate', rate: 50, duration: '1m30s', preAllocatedVUs: 1, maxVUs: 9,
      startTime: '2s', tags: { stage: 'high' } },
    half: { executor: 'constant-arrival-rate', rate: 41, timeUnit: '2s', duration: '1s', preAllocatedVUs: 9, maxVUs: 9,
      startTime: '1s', tags: { stage: '1', side: 'b' } },
    third: { executor: 'shared-iterations', iterations: 60, vus: 5, maxDuration: '3s', startTime: '92s',
      env: { OFFERED: '20', POISSON_SEED: '7' }, tags: { stage: 'random' } },
    first: { executor: 'constant-vus', vus: Number(__ENV.VUS), duration: '500ms' },
  } }
  export default () => {}`
  const found = await inspect(await findK6(testShell()), script, { ...env, VUS: '3' })
  assert.deepEqual(stagesIn(found), [
    { stage: '', vus: 3, offered: null, startMs: 0, durationMs: 500 },
    { stage: '1', side: 'b', vus: 9, offered: 20.5, startMs: 1000, durationMs: 1000 },
    { stage: 'high', vus: 9, offered: 50, startMs: 2000, durationMs: 90_000 },
    { stage: 'random', vus: 5, offered: 20, poissonSeed: 7, startMs: 92_000, durationMs: 3000 },
  ])
})

test('every executor of a script has its VUs, rate, start and length, by the name of its k6 scenario', async () => {
  const script = `export const options = { scenarios: {
    climb: { executor: 'ramping-vus', stages: [{ duration: '2s', target: 5 }, { duration: '1s', target: 0 }] },
    rush: { executor: 'ramping-arrival-rate', startRate: 10, timeUnit: '1m', preAllocatedVUs: 3, startTime: '1s',
      stages: [{ duration: '30s', target: 130 }, { duration: '30s', target: 130 }] },
    shared: { executor: 'shared-iterations', vus: 2, iterations: 5, startTime: '2s' },
    each: { executor: 'per-vu-iterations', vus: 2, iterations: 5, maxDuration: '3s', startTime: '3s' },
  } }
  export default () => {}`
  assert.deepEqual(scenariosIn(await inspect(await findK6(testShell()), script, env)), [
    { stage: 'climb', vus: 5, offered: null, startMs: 0, durationMs: 3000 },
    // 35 + 65 in a minute.
    { stage: 'rush', vus: 3, offered: 1.66667, peak: 130 / 60, startMs: 1000, durationMs: 60_000 },
    { stage: 'shared', vus: 2, offered: null, startMs: 2000, durationMs: 600_000, iterations: 5 },
    { stage: 'each', vus: 2, offered: null, startMs: 3000, durationMs: 3000, iterations: 10 },
  ])
})

test('the shortcuts of a script are one scenario of the default function, as k6 makes it', async () => {
  const k6 = await findK6(testShell())
  const cases: [options: string, expected: Record<string, unknown>][] = [
    ['{}', { vus: 1, durationMs: 600_000, iterations: 1 }],
    ['{ iterations: 7 }', { vus: 1, durationMs: 600_000, iterations: 7 }],
    ['{ vus: 3, iterations: 7, duration: "20s" }', { vus: 3, durationMs: 20_000, iterations: 7 }],
    ['{ vus: 3, duration: "20s" }', { vus: 3, durationMs: 20_000 }],
    ['{ vus: 3, stages: [{ duration: "5s", target: 8 }] }', { vus: 8, durationMs: 5000 }],
  ]
  for (const [options, expected] of cases) {
    const found = await inspect(k6, `export const options = ${options}\nexport default () => {}`, env)
    assert.deepEqual(
      scenariosIn(found),
      [{ stage: 'default', offered: null, startMs: 0, ...expected }],
      options,
    )
  }
})

test('a script that throws is refused with its own sentence', async () => {
  const script = `throw new Error('MIX: "x" is wrong')`
  await assert.rejects(
    inspect(await findK6(testShell()), script, env),
    (error) =>
      error instanceof Failure &&
      error.exitCode === 2 &&
      error.message === 'k6 does not accept the script: MIX: "x" is wrong',
  )
})

test('what is not the answer of k6 is a Failure, and a warning before it is skipped', () => {
  const scenarios = { one: { executor: 'constant-vus', vus: 2, duration: '1s', tags: null, env: null } }
  assert.deepEqual(inspectedIn(`WARN {\n${JSON.stringify({ scenarios })}`).scenarios, scenarios)
  for (const odd of ['', 'k6', '{"scenarios":{}}', '{"scenarios":[null]}', '{"scenarios":{"a":{"vus":"x"}}}'])
    assert.throws(() => inspectedIn(odd), /^Error: k6 inspect printed /, odd)
})

test('durations as Go writes them', () => {
  const part = fc.integer({ min: 0, max: 999 })
  fc.assert(
    fc.property(part, part, part, part, (h, m, s, ms) => {
      assert.equal(milliseconds(`${h}h${m}m${s}s${ms}ms`), ((h * 60 + m) * 60 + s) * 1000 + ms)
    }),
  )
  assert.equal(milliseconds('1.5s'), 1500)
  assert.equal(milliseconds(undefined), 0)
})
