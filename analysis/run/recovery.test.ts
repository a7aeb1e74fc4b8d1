import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { factors, latencies, periodsOf, timelineOf } from '../../test/timelines.ts'
import type { Period } from '../formats/timeline.ts'
import { normalFrom, randomFrom } from '../numbers/random.ts'
import { recovery } from './recovery.ts'

const load = (lengthMs = 10_000, offered = [20, 100, 20]) => ({
  request: 'GET /',
  connections: 'kept' as const,
  stages: offered.map((rate, index) => ({
    stage: String(index + 1),
    vus: 10,
    offered: rate,
    startMs: index * lengthMs,
    durationMs: lengthMs,
  })),
})

const random = randomFrom(7)

/** A spike of three times ten seconds; other figures where `change` says so. */
function spike(change: (second: number) => Partial<Period>, length = 30) {
  const noise = factors({ deviation: 0.1, correlation: 0.5 }, random)
  return timelineOf(
    periodsOf(length, (second) => ({
      requests: second >= 10 && second < 20 ? 100 : 20,
      failed: 0,
      durationMs: latencies(5 * noise()),
      ...change(second),
    })),
  )
}

const slow = { durationMs: latencies(300) }

describe('after a spike', () => {
  const cases: [name: string, of: (second: number) => Partial<Period>, recoveredMs: number | null][] = [
    ['a queue that takes four seconds', (s) => (s >= 12 && s < 24 ? slow : {}), 4000],
    ['latency that never comes back', (s) => (s >= 12 ? slow : {}), null],
    ['latency that is back only for the last two periods', (s) => (s >= 12 && s < 28 ? slow : {}), null],
    ['errors that last three seconds longer', (s) => (s >= 12 && s < 23 ? { failed: 0.2 } : {}), 3000],
    ['throughput above the load for two seconds', (s) => (s >= 20 && s < 22 ? { requests: 60 } : {}), 2000],
    [
      'no answers for three seconds',
      (s) => (s >= 20 && s < 23 ? { requests: 0, durationMs: null } : {}),
      3000,
    ],
    ['latency that comes back and goes again', (s) => (s >= 24 && s < 26 ? slow : {}), 6000],
    ['a lone slow period later', (s) => (s >= 15 && s < 21 ? slow : s === 25 ? slow : {}), 1000],
  ]
  for (const [name, of, expected] of cases)
    test(`${name}: ${expected === null ? 'not recovered' : `after ${expected} ms`}`, () => {
      assert.equal(recovery(spike(of), load())?.recoveredMs, expected)
    })

  test('that was felt, it recovers at once; one that was not felt is told apart', () => {
    const felt = recovery(
      spike((s) => (s >= 10 && s < 20 ? slow : {})),
      load(),
    )
    assert.deepEqual(
      [felt?.recoveredMs, felt?.felt, felt?.spikeP95Ms, felt?.observedMs],
      [0, true, 450, 10_000],
    )
    const calm = recovery(
      spike(() => ({})),
      load(),
    )
    assert.deepEqual([calm?.recoveredMs, calm?.felt], [0, false])
  })

  test('of noise alone it recovers at once in 98 % of the runs', () => {
    let late = 0
    for (let seed = 0; seed < 500; seed++) {
      const own = randomFrom(seed)
      const level = Math.exp(normalFrom(own))
      const noise = factors({ deviation: 0.2, correlation: 0.5 }, own)
      const found = recovery(
        spike(() => ({ durationMs: latencies(level * noise()) })),
        load(),
      )
      if (found?.recoveredMs !== 0) late++
    }
    assert.ok(late <= 10, `${late} of 500`)
  })
})

test('there is none of a load that does not come back, or of stages with too few periods', () => {
  assert.equal(
    recovery(
      spike(() => ({})),
      load(10_000, [20, 100, 50]),
    ),
    null,
  )
  assert.equal(
    recovery(
      spike(() => ({})),
      load(10_000, [20, 20, 20]),
    ),
    null,
  )
  assert.equal(
    recovery(
      spike(() => ({}), 6),
      load(2000),
    ),
    null,
  )
})
