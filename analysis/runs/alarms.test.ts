import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aNight } from '../../test/samples.ts'
import type { Acknowledged, Night } from '../formats/night.ts'
import { normalFrom, randomFrom } from '../numbers/random.ts'
import { alarmsOf, judgedAlarms } from './alarms.ts'
import { seriesOf } from './history.ts'

const times = 100

/** Nights of 2 % noise around 100 × the factor of each. */
function nightsOf(
  seed: number,
  factors: readonly number[],
  of: (index: number) => Partial<Night> = () => ({}),
) {
  const random = randomFrom(seed)
  return factors.map((factor, index) => {
    const value = 100 * factor * Math.exp(0.02 * normalFrom(random))
    return aNight(index, [value], of(index))
  })
}

const steps = (...parts: readonly (readonly [nights: number, factor: number])[]): number[] =>
  parts.flatMap(([nights, factor]) => Array<number>(nights).fill(factor))

/** In how many of a hundred histories there is exactly one alarm, or as many as `alarms`. */
const histories = (factors: readonly number[], alarms: number, known: Acknowledged = []): number =>
  Array.from({ length: times }, (_, seed) => alarmsOf(seriesOf(nightsOf(seed + 1, factors)), known)).filter(
    (found) => found.length === alarms,
  ).length

const one = (...args: Parameters<typeof nightsOf>) => alarmsOf(seriesOf(nightsOf(...args)), [])

describe('what has come back is no alarm', () => {
  test('after 4 nights × 1.1 and 46 normal ones', () => {
    assert.equal(histories(steps([30, 1], [4, 1.1], [46, 1]), 0), times)
  })
  test('after a month at × 1.3, within ten nights', () => {
    assert.equal(histories(steps([30, 1], [30, 1.3], [10, 1]), 0), times)
  })
  test('a better spell of five nights does not make the usual level worse', () => {
    assert.equal(histories(steps([30, 1], [5, 0.85], [30, 1]), 0), times)
  })
})

describe('what is still worse than the accepted level stays', () => {
  test('+30 %, later −8 %: reported against the level before, since the first change', () => {
    assert.equal(histories(steps([30, 1], [20, 1.3], [20, 1.3 * 0.92]), 1), times)
    const [alarm] = one(1, steps([30, 1], [20, 1.3], [20, 1.3 * 0.92]))
    assert.ok(alarm)
    assert.equal(alarm.since.id, 'night-30')
    assert.ok(Math.abs(alarm.change.by - 1.196) < 0.03, String(alarm.change.by))
    assert.ok(Math.abs(alarm.change.before - 100) < 2)
  })
  test('an improvement is the new accepted level, and so is an acknowledged slowdown', () => {
    assert.equal(histories(steps([30, 1], [20, 0.8], [20, 0.95]), 1), times)
    // The first night after the change is known to within a night.
    const known = [29, 30, 31].map((index) => ({
      series: 'constant · p95',
      night: `night-${index}`,
      reason: 'checks more',
    }))
    const slowed = steps([30, 1], [20, 1.3])
    assert.equal(histories(slowed, 0, known), times)
    assert.equal(histories([...slowed, ...steps([20, 1.15])], 0, known), times)
    assert.equal(histories([...slowed, ...steps([20, 1.15], [20, 1.3])], 1, known), times)
  })
})

describe('each environment is judged alone', () => {
  const on = (index: number) => ({ environment: { CPU: index % 2 === 0 ? 'a' : 'b' } })

  test('an improvement of one does not hide a slowdown of another', () => {
    const factors = Array.from({ length: 100 }, (_, index) => {
      if (index % 2 === 0) return index >= 60 ? 1.2 : 1
      return index >= 80 ? 0.7 : 1
    })
    for (let seed = 1; seed <= 20; seed++) {
      const [alarm, ...more] = one(seed, factors, on)
      assert.deepEqual([alarm?.since.environment, more.length], [{ CPU: 'a' }, 0], `seed ${seed}`)
    }
  })

  test('one that was not run in the last ten nights does not alarm', () => {
    const history = (later: number) =>
      judgedAlarms(
        seriesOf(
          nightsOf(1, steps([30, 1], [5, 1.3], [later, 1]), (index) => ({
            environment: { CPU: index < 35 ? 'a' : 'b' },
          })),
        ),
        [],
      ).map(({ silent }) => silent)
    assert.deepEqual(history(9), [null])
    assert.deepEqual(history(10), ['not run any more'])
  })

  test('neither does a load that the plan has no more', () => {
    const nights = nightsOf(1, steps([30, 1], [5, 1.3], [10, 1])).map((night, index) => ({
      ...night,
      measured: night.measured.map((each) => ({ ...each, load: index < 35 ? 'GET /a' : 'GET /b' })),
    }))
    assert.deepEqual(
      judgedAlarms(seriesOf(nights), []).map(({ silent }) => silent),
      ['not run any more'],
    )
  })
})

test('a figure that goes back and forth between two levels alarms until it is a habit', () => {
  const visits = (count: number) =>
    Array(count)
      .fill(steps([15, 1], [12, 1.2]))
      .flat()
  const silent = (factors: readonly number[]) =>
    judgedAlarms(seriesOf(nightsOf(2, factors)), []).map((alarm) => alarm.silent)
  assert.deepEqual(silent(visits(2)), [null])
  assert.deepEqual(silent(visits(3)), ['back and forth'])
  assert.deepEqual(silent([...visits(3), ...steps([15, 1.2])]), [null])
})
