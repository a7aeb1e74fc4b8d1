import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chiSquareQuantile, deviations } from './deviation.ts'
import { normalFrom, randomFrom } from './random.ts'

test('the quantiles of χ² are SciPy’s', () => {
  // SciPy 1.17: stats.chi2.ppf.
  for (const [q, degrees, value] of [
    [0.05, 1, 0.003932140000019522],
    [0.95, 1, 3.841458820694124],
    [0.05, 4, 0.7107230213973239],
    [0.95, 4, 9.487729036781154],
    [0.05, 9, 3.325112843066815],
    [0.95, 9, 16.918977604620448],
    [0.05, 38, 24.883904383335626],
    [0.95, 38, 53.383540622969356],
  ] as const)
    assert.ok(Math.abs(chiSquareQuantile(q, degrees) / value - 1) < 1e-9, `${q} of ${degrees}`)
})

test('deviations within and between groups are those of a one-way analysis of variance', () => {
  // By hand: means 2 and 6, variance 1 within, 3 × var(2, 6) = 24 observed.
  const { within, between } = deviations([
    [1, 2, 3],
    [5, 6, 7],
  ])
  assert.equal(within?.value, 1)
  assert.ok(between && Math.abs(between.value - Math.sqrt((24 - 1) / 3)) < 1e-12)
  assert.deepEqual(deviations([[1], [2]]), { within: null, between: null })
  assert.equal(deviations([[1, 2]]).between, null)
})

test('the 90 % intervals hold the true deviations in about nine of ten series', () => {
  const random = randomFrom(9)
  const rounds = 400
  let [inside, outside] = [0, 0]
  for (let round = 0; round < rounds; round++) {
    const groups = Array.from({ length: 6 }, () => {
      const level = 0.02 * normalFrom(random)
      return Array.from({ length: 8 }, () => level + 0.03 * normalFrom(random))
    })
    const { within, between } = deviations(groups)
    if (within && within.low <= 0.03 && within.high >= 0.03) inside++
    if (between && between.low <= 0.02 && between.high >= 0.02) outside++
  }
  assert.ok(Math.abs(inside / rounds - 0.9) < 0.05, `${inside} of ${rounds}`)
  assert.ok(outside / rounds > 0.83, `${outside} of ${rounds}`)
})
