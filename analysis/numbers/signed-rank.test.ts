import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomFrom } from './random.ts'
import { signedRank } from './signed-rank.ts'

const near = (actual: number | undefined, expected: number, within = 1e-9) =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < within, `${actual} is not ${expected}`)

test('Hollander and Wolfe’s example: the effect of a tranquilizer on nine patients', () => {
  const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3]
  const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
  const { centre, interval, p } = signedRank(after.map((value, index) => value - (before[index] ?? 0)))
  near(centre, -0.46)
  near(p, 0.0390625)
  near(interval?.low, -0.786)
  near(interval?.high, -0.01)
  near(interval?.confidence, 1 - 20 / 512)
})

test('ties and zeros are as every division of the signs has them; many values as scipy has them', () => {
  near(signedRank([1, 1, -1, 2, 3, 3, -2, 4, 0.5]).p, 0.109375)
  near(signedRank([1, 1, -1, 2, 0, 3, 3, -2, 4, 0.5]).p, 0.109375)
  assert.equal(signedRank([0, 0]).p, 1)
  // scipy 1.17.1: wilcoxon([i % 7 - 2.5 + i / 1000 for i in range(150)], correction=False, mode='approx')
  const many = Array.from({ length: 150 }, (_, i) => (i % 7) - 2.5 + i / 1000)
  near(signedRank(many).p, 0.00010646165046256655, 1e-9)
})

test('fewer than six values have no interval, and the interval holds what it says', () => {
  assert.equal(signedRank([1, 2, 3, 4, 5]).interval, null)
  assert.deepEqual(signedRank([1, 2, 3, 4, 5, 6]).interval, { low: 1, high: 6, confidence: 1 - 2 / 64 })
  const random = randomFrom(3)
  for (const n of [8, 120]) {
    let held = 0
    for (let round = 0; round < 200; round++) {
      const values = Array.from({ length: n }, () => random() + random() + random() - 1.5)
      const { interval } = signedRank(values)
      if (interval && interval.low <= 0 && interval.high >= 0) held++
    }
    assert.ok(held >= 180, `${held} of 200 intervals of ${n} values held`)
  }
  const thousands = Array.from({ length: 1001 }, (_, index) => index - 480)
  assert.equal(signedRank(thousands).centre, 20)
  assert.throws(() => signedRank([]), RangeError)
})
