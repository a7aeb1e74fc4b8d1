import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { scenariosIn } from '../k6/inspect.ts'
import type { Inspected, Planned } from '../k6/inspected.ts'
import { atRate, onceEach, sized } from './sizes.ts'

const scripted = (scenarios: Record<string, Planned>, shortcuts: Partial<Inspected> = {}): Inspected => ({
  scenarios,
  thresholds: null,
  hosts: null,
  blacklistIPs: null,
  systemTags: null,
  noVUConnectionReuse: null,
  noConnectionReuse: null,
  vus: null,
  duration: null,
  iterations: null,
  stages: null,
  ...shortcuts,
})

const flow = scripted({
  browse: {
    executor: 'ramping-vus',
    startVUs: 0,
    exec: 'browse',
    stages: [
      { duration: '20s', target: 4 },
      { duration: '10s', target: 4 },
    ],
  },
  buy: {
    executor: 'constant-arrival-rate',
    rate: 5,
    timeUnit: '1s',
    duration: '20s',
    startTime: '10s',
    preAllocatedVUs: 5,
    exec: 'buy',
    env: { A: 'b' },
  },
})

test('a script’s load stays as it is unless a size is given', () => {
  assert.equal(sized(flow, {} as never), null)
})

test('VUs and rates replace the k6 scenarios by one of the default function', () => {
  const given = (options: object) => sized(flow, options as never)
  assert.deepEqual(given({ vus: 7, duration: 4000 }), {
    default: { executor: 'constant-vus', vus: 7, duration: '4000ms' },
  })
  const { default: rate } = given({ rate: 30, duration: 4000, maxVus: 50 }) ?? {}
  assert.deepEqual(
    [rate?.executor, rate?.rate, rate?.timeUnit, rate?.maxVUs],
    ['constant-arrival-rate', 30, '1000ms', 50],
  )
  assert.throws(() => given({ vus: 7 }), /no duration of its own for that; add --duration/)
  assert.throws(() => given({ vus: 7, rate: 3, duration: 1000 }), /--vus and --rate both size the load/)
  assert.throws(() => given({ vus: 7, scale: 3, duration: 1000 }), /--scale is for the script’s own load/)
  assert.throws(() => given({ maxVus: 7 }), /--max-vus limits the VUs of --rate/)
  // The script's own duration is used, as k6 does.
  const short = scripted(
    { default: { executor: 'constant-vus', vus: 1, duration: '9s' } },
    { duration: '9s' },
  )
  assert.deepEqual(sized(short, { vus: 2 } as never)?.default?.duration, '9000ms')
})

test('a duration stretches all k6 scenarios in proportion; a scale multiplies VUs and rates, to a hundredth', () => {
  const stretched = sized(flow, { duration: 3000 } as never) as Record<string, Planned>
  assert.deepEqual(
    scenariosIn({ scenarios: stretched }).map(({ stage, vus, offered, startMs, durationMs }) => [
      stage,
      vus,
      offered,
      startMs,
      durationMs,
    ]),
    [
      ['browse', 4, null, 0, 3000],
      ['buy', 5, 5, 1000, 2000],
    ],
  )
  assert.equal(stretched.buy?.exec, 'buy')
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 5000 }), (hundredths) => {
      const scale = hundredths / 100
      const [browse, buy] = scenariosIn({
        scenarios: sized(flow, { scale } as never) as Record<string, Planned>,
      })
      assert.equal(browse?.vus, Math.max(0, Math.round(4 * scale)))
      assert.ok(Math.abs((buy?.offered ?? 0) - 5 * scale) < 0.006, `${buy?.offered} at ${scale}`)
    }),
  )
  const counted = scripted({ default: { executor: 'shared-iterations', vus: 2, iterations: 10 } })
  assert.throws(() => sized(counted, { duration: 3000 } as never), /default counts iterations/)
  assert.equal(sized(counted, { scale: 3 } as never)?.default?.iterations, 30)
})

test('a search keeps the share of each k6 scenario with arrivals, and says each iteration’s intended start', () => {
  const both = scripted({
    ...flow.scenarios,
    browse: {
      executor: 'ramping-arrival-rate',
      startRate: 0,
      timeUnit: '1m',
      stages: [{ duration: '9s', target: 900 }],
    },
  })
  const { browse, buy } = atRate(both, 40, 10_000)
  assert.deepEqual(
    [browse, buy].map((each) => [
      each?.exec,
      (each?.env as Record<string, string> | undefined)?.LAS_PER_SECOND,
      each?.duration,
    ]),
    [
      ['lasSearch', '30', '10000ms'],
      ['lasSearch', '10', '10000ms'],
    ],
  )
  assert.deepEqual(buy?.env, { A: 'b', LAS_EXEC: 'buy', LAS_PER_SECOND: '10', LAS_LENGTH_MS: '10000' })
  const closed = scripted({ default: { executor: 'constant-vus', vus: 2, duration: '3s' } })
  assert.deepEqual(Object.keys(atRate(closed, 40, 10_000)), ['default'])
})

test('a rehearsal runs each k6 scenario once, with its function and variables', () => {
  const { browse, buy } = onceEach(flow.scenarios)
  assert.deepEqual([browse?.vus, browse?.iterations, browse?.exec], [1, 1, 'browse'])
  assert.deepEqual([buy?.executor, buy?.env], ['per-vu-iterations', { A: 'b' }])
})
