import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { mean, median } from 'simple-statistics'
import { normalFrom, randomFrom } from '../numbers/random.ts'
import { changesIn } from './changes.ts'

/** In what share of `count` histories of 30 usual nights and three others the change is found. */
function found(
  usual: (random: () => number) => number,
  other: (random: () => number) => number,
  better: 'higher' | 'lower',
  { share = false, count = 200 } = {},
): number {
  let hits = 0
  for (let seed = 1; seed <= count; seed++) {
    const random = randomFrom(seed)
    const values = Array.from({ length: 33 }, (_, index) => (index < 30 ? usual : other)(random))
    if (changesIn(values, better, { share }).some((each) => each.direction === 'worse')) hits++
  }
  return hits / count
}

/** The mean error rate of five runs of 2,000 requests. */
const errors = (rate: number) => (random: () => number) =>
  mean(Array.from({ length: 5 }, () => around(rate, Math.sqrt((rate * (1 - rate)) / 2000))(random)))

const around = (middle: number, deviation: number) => (random: () => number) =>
  Math.max(0, middle + deviation * normalFrom(random))

describe('figures that hardly vary', () => {
  test('errors of 0 that become 20 %, 2 % or 0.5 % are found within three nights', () => {
    for (const rate of [0.2, 0.02, 0.005])
      assert.ok(found(() => 0, errors(rate), 'lower', { share: true }) >= 0.95)
  })
  test('errors of 0.001 % that become 0.09 % too', () => {
    const share = found(() => 1e-5, errors(0.0009), 'lower', { share: true })
    assert.ok(share >= 0.9, String(share))
  })
  test('errors of 20 % that become 20.1 % are no change, however steady', () => {
    assert.equal(
      found(
        () => 0.2,
        () => 0.201,
        'lower',
        { share: true },
      ),
      0,
    )
  })
  test('an arrival rate of 50 ± 0.02 that falls to 45 ± 3 is found, half of the time within three nights', () => {
    const share = found(around(50, 0.02), around(45, 3), 'higher', { count: 400 })
    // In three nights the others do not all fall by half of 5 %, and two by 5 %.
    assert.ok(share >= 0.5, String(share))
    let later = 0
    for (let seed = 1; seed <= 100; seed++) {
      const random = randomFrom(seed)
      const values = Array.from({ length: 45 }, (_, index) =>
        around(index < 30 ? 50 : 45, index < 30 ? 0.02 : 3)(random),
      )
      if (changesIn(values, 'higher').some((each) => each.direction === 'worse')) later++
    }
    assert.ok(later >= 95, String(later))
  })
  test('errors that come and go are no change', () => {
    let alarms = 0
    for (let seed = 1; seed <= 100; seed++) {
      const random = randomFrom(seed)
      const values = Array.from({ length: 100 }, () => (random() < 0.2 ? 0.002 : 0))
      alarms += changesIn(values, 'lower', { share: true }).length
    }
    assert.ok(alarms <= 3, String(alarms))
  })
})

describe('the number of nights that must agree', () => {
  const noise = (seed: number, length: number) => {
    const random = randomFrom(seed)
    return Array.from({ length }, () => 100 * Math.exp(0.01 * normalFrom(random)))
  }
  const seen = (values: readonly number[]) =>
    changesIn(values, 'lower')
      .filter(({ direction }) => direction === 'worse')
      .map(({ index, seen }) => seen - index + 1)

  test('is three, but more than the longest spell that was like it', () => {
    const spell = noise(1, 60).map((value, index) => (index >= 20 && index < 25 ? 1.1 * value : value))
    assert.deepEqual(seen(spell), [3])
    const again = (by: number, nights: number) =>
      spell.map((value, index) => (index >= 40 && index < 40 + nights ? by * value : value))
    assert.deepEqual(seen(again(1.1, 5)), [3])
    assert.deepEqual(seen(again(1.1, 20)), [3, 6])
    assert.deepEqual(seen(again(1.5, 20)), [3, 3])
  })
  test('grows where a third of the nights are as bad', () => {
    const hosts = noise(2, 60).map((value, index) => (index % 3 === 0 ? 1.2 * value : value))
    const slow = hosts.map((value, index) => (index >= 40 && index < 43 ? 120 : value))
    assert.deepEqual(seen(slow), [])
  })
})

test('weekends that are 5 % faster do not hide a change of 10 %', () => {
  const hits = [false, true].map((known) => {
    let hit = 0
    for (let seed = 1; seed <= 100; seed++) {
      const random = randomFrom(seed)
      const weekend = Array.from({ length: 63 }, (_, index) => index % 7 >= 5)
      const values = weekend.map((free, index) => {
        const runs = median(Array.from({ length: 5 }, () => 0.03 * normalFrom(random)))
        return 100 * (free ? 0.95 : 1) * (index >= 60 ? 1.1 : 1) * Math.exp(runs + 0.01 * normalFrom(random))
      })
      // Nights 58 to 60 are a Wednesday to a Friday, so the change meets the weekend.
      const changes = changesIn(values, 'lower', known ? { weekend } : {})
      if (changes.some(({ direction, index }) => direction === 'worse' && index >= 57)) hit++
    }
    return hit
  })
  const [before = 0, after = 0] = hits
  assert.ok(after >= 90, `${before} found without, ${after} with weekends`)
})
