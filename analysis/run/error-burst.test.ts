import assert from 'node:assert/strict'
import { test } from 'node:test'
import { periodsOf, timelineOf } from '../../test/timelines.ts'
import { randomFrom } from '../numbers/random.ts'
import { errorBurst } from './error-burst.ts'

const run = (failedOf: (second: number) => number, count = 60) =>
  timelineOf(periodsOf(count, (second) => ({ requests: 100, failed: failedOf(second) / 100 })))

test('a burst is the shortest time with nine tenths of the failed requests', () => {
  assert.deepEqual(
    errorBurst(run((second) => (second >= 20 && second < 23 ? 30 : second % 20 === 9 ? 1 : 0))),
    {
      fromMs: 20_000,
      toMs: 23_000,
      failed: 90,
      share: 90 / 93,
    },
  )
  const last = errorBurst(run((second) => (second === 59 ? 50 : 0)))
  assert.deepEqual([last?.fromMs, last?.toMs], [59_000, 60_000])
})

test('errors all the time, few errors, unknown ones and short runs have none', () => {
  assert.equal(errorBurst(run(() => 1)), null)
  assert.equal(errorBurst(run((second) => (second === 20 ? 9 : 0))), null)
  assert.equal(errorBurst(run((second) => (second === 3 ? 50 : 0), 8)), null)
  assert.equal(errorBurst(timelineOf(periodsOf(60, () => ({})))), null)
})

test('errors that lie together by chance are no burst', () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = randomFrom(seed)
    assert.equal(errorBurst(run(() => (random() < 0.25 ? 1 : 0))), null, `seed ${seed}`)
  }
})
