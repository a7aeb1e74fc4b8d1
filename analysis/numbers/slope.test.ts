import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { randomFrom } from './random.ts'
import { slopeOf } from './slope.ts'

// Annual flow of the Nile at Aswan, 1871–1970, 10⁸ m³: Durbin and Koopman 2001; data set Nile of R.
const nile = [
  1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958,
  1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020,
  1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040,
  759, 781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890,
  744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
]

const near = (actual: ReturnType<typeof slopeOf>, expected: readonly [number, number, number]) => {
  assert.ok(actual)
  for (const [index, each] of [actual.slope, actual.low, actual.high].entries())
    assert.ok(Math.abs(each - (expected[index] as number)) < 1e-6, JSON.stringify(actual))
}

describe('the interval of a Theil–Sen slope', () => {
  // The same formulas in NumPy and SciPy (theilslopes, polyfit, t.ppf).
  test('of values without correlation', () => {
    near(slopeOf(nile.slice(0, 20), 0.99), [-50 / 7, -22.8106139696416, 8.5248996839273])
  })

  test('is wider by √1.897 where neighbours resemble one another', () => {
    near(slopeOf(nile, 0.95), [-2.6, -4.025853292144, -1.174146707856])
  })

  test('moves with the values, and needs ten', () => {
    const random = randomFrom(1)
    const values = Array.from({ length: 20 }, () => random())
    fc.assert(
      fc.property(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -100, max: 100 }), (slope, level) => {
        const flat = slopeOf(values, 0.95)
        const tilted = slopeOf(
          values.map((value, x) => value + level + slope * x),
          0.95,
        )
        assert.ok(flat && tilted)
        for (const end of ['slope', 'low', 'high'] as const)
          assert.ok(Math.abs(tilted[end] - flat[end] - slope) < 1e-6)
      }),
    )
    assert.equal(slopeOf(values.slice(0, 9), 0.95), null)
    assert.deepEqual(slopeOf(Array(12).fill(7), 0.95), { slope: 0, low: 0, high: 0 })
  })
})
