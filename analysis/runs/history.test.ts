import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { aNight } from '../../test/samples.ts'
import type { Night } from '../formats/night.ts'
import { normalFrom, randomFrom } from '../numbers/random.ts'
import { alarmsOf } from './alarms.ts'
import { changesIn } from './changes.ts'
import { seriesOf, standing } from './history.ts'

const noise = (seed: number, length: number, deviation = 0.02): number[] => {
  const random = randomFrom(seed)
  return Array.from({ length }, () => 100 * Math.exp(deviation * normalFrom(random)))
}

/** Nights of those p95s, one a run, in order. */
const nights = (values: readonly number[], of: (index: number) => Partial<Night> = () => ({})): Night[] =>
  values.map((value, index) => aNight(index, [value * 0.99, value, value * 1.01], of(index)))

describe('changes', () => {
  test('a lasting slowdown of 10 % is found on its third night and dated to the first', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const series = noise(seed, 33, 0.015).map((value, index) => (index >= 30 ? 1.1 * value : value))
      assert.deepEqual(
        changesIn(series.slice(0, 32), 'lower').filter(({ direction }) => direction === 'worse'),
        [],
      )
      const [change] = changesIn(series, 'lower').slice(-1)
      assert.equal(change?.direction, 'worse', `seed ${seed}`)
      assert.ok(Math.abs((change?.index ?? 0) - 30) <= 1)
      assert.ok(Math.abs((change?.by ?? 0) - 1.1) < 0.05)
    }
  })
  test('one or two bad nights are not a change, however bad', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 31 }),
        fc.double({ min: 1.1, max: 3, noNaN: true }),
        (seed, by) => {
          const series = noise(seed, 50, 0.005)
          for (const index of [20, 35, 36, 49]) series[index] = (series[index] ?? 0) * by
          assert.deepEqual(changesIn(series, 'lower'), [])
        },
      ),
    )
  })
  test('higher is better for a rate; a recovery is a change of its own', () => {
    const series = noise(1, 60).map((value, index) => (index >= 20 && index < 40 ? value / 1.2 : value))
    assert.deepEqual(
      changesIn(series, 'higher').map(({ index, direction }) => [index, direction]),
      [
        [20, 'worse'],
        [40, 'better'],
      ],
    )
  })
  test('a small change that no three nights show is found when there are many', () => {
    const series = noise(5, 80, 0.025).map((value, index) => (index >= 40 ? 1.06 * value : value))
    const [change, ...more] = changesIn(series, 'lower')
    assert.deepEqual([change?.direction, more.length], ['worse', 0])
    assert.ok(Math.abs((change?.index ?? 0) - 40) <= 2)
  })
  test('shares that are mostly 0 are compared by difference', () => {
    const series = Array.from({ length: 20 }, (_, index) => (index >= 15 ? 0.02 : 0))
    assert.deepEqual(
      changesIn(series, 'lower').map(({ index, by, direction }) => [index, by, direction]),
      [[15, 0.02, 'worse']],
    )
  })
})

describe('series', () => {
  test('nights of another environment are analysed separately and marked', () => {
    const values = noise(2, 40).map((value, index) => (index >= 20 ? 1.5 * value : value))
    const other = (index: number) => (index >= 20 ? { environment: { CPU: 'another × 4' } } : {})
    const [series] = seriesOf(nights(values, other))
    assert.deepEqual([series?.changes, series?.environments], [[], [20]])
  })
  test('nights are sorted, and another load is another series', () => {
    const all = nights(noise(3, 10))
    const loads = all.map((night, index) => ({
      ...night,
      measured: night.measured.map((each) => ({ ...each, load: index < 5 ? 'a' : 'b' })),
    }))
    const series = seriesOf(loads.reverse())
    assert.deepEqual(
      series.map(({ load, points }) => [load, points.map(({ night }) => night.id)]),
      [
        ['a', all.slice(0, 5).map(({ id }) => id)],
        ['b', all.slice(5).map(({ id }) => id)],
      ],
    )
  })
})

test('the effect of the last night’s plan is the least change that matters', () => {
  const slowed = noise(4, 50, 0.005).map((value, index) => (index >= 40 ? 1.07 * value : value))
  const changesAt = (effect: number | undefined) =>
    seriesOf(nights(slowed, (index) => (index === 49 && effect ? { effect } : {})))[0]?.changes.length
  assert.deepEqual([changesAt(undefined), changesAt(0.05), changesAt(0.1)], [1, 1, 0])
})

test('the last night is compared with the nights since the last change', () => {
  const standingOf = (length: number) => {
    const values = Array.from({ length }, (_, index) => 100 + ((5 * index) % 11))
    const [series] = seriesOf(nights(values))
    assert.ok(series)
    return standing(series)
  }
  assert.deepEqual(standingOf(1), { usual: null, spread: null, nights: 1, from: 'the beginning' })
  assert.deepEqual(standingOf(10), { usual: 105, spread: null, nights: 10, from: 'the beginning' })
  const { usual, spread, nights: count } = standingOf(12)
  assert.deepEqual([usual, count], [105, 12])
  // The 15th smallest difference of eleven successive integers is 2.
  assert.ok(spread && Math.abs(spread - (11 / 12.4) * 2.2219 * 2) < 1e-9)
  const [changed] = seriesOf(nights(noise(4, 40).map((value, index) => (index >= 30 ? 1.5 * value : value))))
  assert.ok(changed)
  const after = standing(changed)
  assert.deepEqual([after.nights, after.spread, after.from], [10, null, 'a change'])
  assert.ok(after.usual && Math.abs(after.usual / 150 - 1) < 0.05)
})

describe('alarms', () => {
  const slowed = nights(
    noise(4, 40).map((value, index) => (index >= 30 ? 1.15 * value : value)),
    (index) => ({ commit: `c${index}` }),
  )
  test('name the figure, the night and the commits around it', () => {
    const [alarm, ...more] = alarmsOf(seriesOf(slowed), [])
    assert.equal(more.length, 0)
    assert.deepEqual(
      [alarm?.series.name, alarm?.since.id, alarm?.commits],
      ['constant · p95', 'night-30', ['c29', 'c30']],
    )
  })
  test('an acknowledged change does not alarm again; another one does', () => {
    const known = [{ series: 'constant · p95', night: 'night-30', reason: 'checks more' }]
    assert.deepEqual(alarmsOf(seriesOf(slowed), known), [])
    const again = nights(
      noise(4, 50).map((value, index) => (index >= 40 ? 1.4 : index >= 30 ? 1.15 : 1) * value),
    )
    assert.equal(alarmsOf(seriesOf(again), known)[0]?.since.id, 'night-40')
  })
  test('a change that was reverted does not alarm', () => {
    const back = noise(4, 60).map((value, index) => (index >= 30 && index < 45 ? 1.15 * value : value))
    assert.deepEqual(alarmsOf(seriesOf(nights(back)), []), [])
  })
})
