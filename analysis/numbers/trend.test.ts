import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { mannKendall, theilSen } from './trend.ts'

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) <= 1e-9 * Math.abs(expected), `${actual}, not ${expected}`)

// Annual flow of the Nile at Aswan, 1871–1970, 10⁸ m³: Durbin and Koopman 2001; data set Nile of R.
const nile = [
  1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958,
  1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020,
  1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040,
  759, 781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890,
  744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
]
const ties = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]

describe('a trend', () => {
  test('is what SciPy and pymannkendall find in the Nile, and in values with ties', () => {
    const flow = mannKendall(nile)
    assert.equal(flow.s, -1387)
    near(flow.p, 3.658262921657496e-5)
    near(theilSen(nile).slope, -2.6)
    near(theilSen(nile).intercept, 1022.2)
    const tied = mannKendall(ties)
    assert.equal(tied.s, 25)
    near(tied.p, 0.09529283802345656)
    near(theilSen(ties).slope, 11 / 30)
    near(theilSen(ties).intercept, 2.4833333333333334)
  })

  test('of equal values is none; of fewer than two there is no line', () => {
    assert.deepEqual(mannKendall([7, 7, 7, 7]), { s: 0, p: 1 })
    assert.deepEqual(theilSen([7, 7, 7]), { slope: 0, intercept: 7 })
    assert.ok(Number.isNaN(theilSen([7]).slope))
  })

  test('of a line is the line, whatever one value in five is', () => {
    fc.assert(
      fc.property(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -1e6, max: 1e6 }), (slope, wild) => {
        const line = Array.from({ length: 20 }, (_, x) => 3 + slope * x)
        line[9] = wild
        assert.ok(Math.abs(theilSen(line).slope - slope) <= Math.abs(slope) / 5 + 1e-9)
      }),
    )
  })
})
