import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { latencies, periodsOf, steady, timelineOf } from '../../test/timelines.ts'
import type { Period, Timeline } from '../formats/timeline.ts'
import { randomFrom } from '../numbers/random.ts'
import { stalls } from './stalls.ts'

const over = (seconds: number) => [{ startMs: 0, durationMs: seconds * 1000 }]
const random = randomFrom(1)

/** With other figures in some periods. */
const changed = ({ periods, ...rest }: Timeline, changes: Record<number, Partial<Period>>): Timeline => ({
  ...rest,
  periods: periods.map((period, index) => ({ ...period, ...changes[index] })),
})

const silence = { requests: 0, durationMs: null }
const caughtUp = { requests: 100, durationMs: { ...latencies(300), p95: 960, p99: 1012, max: 1013 } }

describe('a stall', () => {
  test('of one second, at second 17 of 30, of 50 requests a second that take 5 ms', () => {
    const [found, ...others] = stalls(
      changed(steady(30, random), { 17: silence, 18: caughtUp }),
      over(30),
      true,
    )
    assert.deepEqual(others, [])
    assert.ok(found)
    const { fromMs, toMs, collapsed, rate, usualRate, p99Ms, usualP99Ms, maxMs } = found
    assert.deepEqual([fromMs, toMs, collapsed, rate, p99Ms, maxMs], [17_000, 19_000, true, 0, 1012, 1013])
    assert.ok(
      Math.abs((usualRate ?? 0) - 50) < 5 && Math.abs((usualP99Ms ?? 0) - 10) < 4,
      JSON.stringify(found),
    )
  })

  test('that two periods share is one', () => {
    const half = { requests: 25, durationMs: latencies(5) }
    const late = { requests: 75, durationMs: { ...latencies(5), p95: 900, p99: 990, max: 1000 } }
    const found = stalls(changed(steady(30, random), { 16: half, 17: late }), over(30), true)
    assert.deepEqual(
      found.map(({ fromMs, toMs }) => [fromMs, toMs]),
      [[17_000, 18_000]],
    )
  })

  test('ends with the answers that waited for it, also where latency is noisy', () => {
    const { periods } = steady(30, random, { jitter: { deviation: 0.6, correlation: 0.5 } })
    const noisy = timelineOf(periods.map((period) => ({ ...period, requests: 50 })))
    const few = { requests: 10, durationMs: latencies(5) }
    const [found] = stalls(changed(noisy, { 16: few, 17: caughtUp }), over(30), true)
    assert.deepEqual([found?.fromMs, found?.toMs, found?.maxMs], [16_000, 18_000, 1013])
  })

  test('within a period, where p99 is noisy: p50 shows it', () => {
    // Measured on a busy machine, with a stall of 0.7 s at second 9.
    const p50s = [14, 13, 12, 12, 10, 11, 9, 19, 13, 175, 9, 7, 9, 10, 8, 8, 8, 8, 7, 8, 11, 11, 13]
    const p99s = [
      49, 40, 29, 25, 25, 28, 18, 288, 40, 664, 49, 48, 30, 62, 92, 42, 70, 120, 35, 46, 121, 128, 438,
    ]
    const requests = [
      99, 105, 101, 99, 95, 105, 70, 131, 89, 108, 98, 100, 100, 105, 100, 93, 102, 100, 100, 105, 89, 111,
      95,
    ]
    const busy = periodsOf(23, (index) => ({
      requests: requests[index] ?? 0,
      durationMs: {
        ...latencies(p50s[index] ?? 0),
        p95: (p99s[index] ?? 0) * 0.8,
        p99: p99s[index] ?? 0,
        max: p99s[index] ?? 0,
      },
    }))
    assert.deepEqual(
      stalls(timelineOf(busy), over(23), true).map(({ fromMs, toMs }) => [fromMs, toMs]),
      [[9000, 10_000]],
    )
  })

  test('of VUs that wait for their answers: few requests are slow, but far fewer are made', () => {
    const closed = steady(60, random, { rate: 800 })
    const stalled = { requests: 400, durationMs: { ...latencies(5), max: 500 } }
    const [found] = stalls(changed(closed, { 40: stalled }), over(60), true)
    assert.deepEqual([found?.fromMs, found?.collapsed, found?.maxMs], [40_000, true, 500])
  })

  test('of four seconds is one, and of two there are two', () => {
    const long = {
      20: silence,
      21: silence,
      22: silence,
      23: silence,
      24: caughtUp,
      40: silence,
      41: caughtUp,
    }
    assert.deepEqual(
      stalls(changed(steady(60, random), long), over(60), true).map(({ fromMs, toMs }) => [fromMs, toMs]),
      [
        [20_000, 25_000],
        [40_000, 42_000],
      ],
    )
  })

  test('of five of a stage’s twelve seconds is one, from its start to the answers that waited', () => {
    const stages = [0, 1, 2].map((index) => ({ startMs: index * 12_000, durationMs: 12_000 }))
    const spike = timelineOf(
      steady(36, random).periods.map((period, second) =>
        second >= 13 && second < 18
          ? { ...period, ...silence }
          : second === 18
            ? { ...period, requests: 300, durationMs: latencies(2500) }
            : second >= 12 && second < 24
              ? { ...period, requests: 100 }
              : { ...period, requests: 20 },
      ),
    )
    const [found, ...others] = stalls(spike, stages, true)
    assert.deepEqual(others, [])
    assert.deepEqual([found?.fromMs, found?.toMs, found?.rate, found?.usualRate], [13_000, 19_000, 0, 100])
  })

  test('in the first period of a stage, where connections are opened, is one only without answers', () => {
    const slow = { durationMs: latencies(100) }
    assert.deepEqual(stalls(changed(steady(30, random), { 0: slow }), over(30), true), [])
    assert.equal(stalls(changed(steady(30, random), { 0: silence }), over(30), true).length, 1)
  })
})

describe('no stall', () => {
  const steps = [10, 20, 30].map((at) => ({ startMs: (at - 10) * 1000, durationMs: 10_000 }))
  const loads = (rateOf: (index: number) => number, p50: (index: number) => number) =>
    timelineOf(
      periodsOf(30, (index) => ({ requests: Math.round(rateOf(index)), durationMs: latencies(p50(index)) })),
    )
  const cases: [string, Timeline, ReturnType<typeof over>, boolean][] = [
    [
      'a spike of the load and of its latency',
      loads(
        (i) => (i > 9 && i < 20 ? 500 : 50),
        (i) => (i > 9 && i < 20 ? 80 : 5),
      ),
      steps,
      true,
    ],
    [
      'a load that climbs from nothing',
      loads(
        (i) => 40 * i,
        (i) => 5 + i,
      ),
      over(30),
      false,
    ],
    [
      'a load that falls to nothing',
      loads(
        (i) => 40 * (29 - i),
        () => 5,
      ),
      over(30),
      false,
    ],
    [
      'a queue that grows',
      loads(
        () => 50,
        (i) => 5 + 40 * i,
      ),
      over(30),
      true,
    ],
    ['few requests, at random times', steady(300, random, { rate: 2, poisson: true }), over(300), true],
    [
      'one slow request in a period',
      changed(steady(30, random), { 12: { durationMs: { ...latencies(5), p99: 200, max: 400 } } }),
      over(30),
      true,
    ],
    [
      'too few periods',
      loads(
        () => 50,
        () => 5,
      ),
      [{ startMs: 0, durationMs: 4000 }],
      true,
    ],
    ['nothing known', timelineOf(periodsOf(30, () => ({}))), over(30), true],
  ]
  for (const [name, timeline, stages, flat] of cases)
    test(name, () => assert.deepEqual(stalls(timeline, stages, flat), []))

  // 6,000 such runs of 30 to 600 periods: bench/time.ts.
  test('in at most 1 % of steady noisy runs', () => {
    let alarms = 0
    for (let seed = 0; seed < 300; seed++) {
      const deviation = [0.05, 0.1, 0.3][seed % 3] as number
      const run = steady(60, randomFrom(seed), {
        jitter: { deviation, correlation: 0.5 },
        poisson: seed % 2 > 0,
      })
      if (stalls(run, over(60), true).length > 0) alarms++
    }
    assert.ok(alarms <= 3, `${alarms} of 300`)
  })
})
