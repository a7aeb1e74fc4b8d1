import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mainEffects, separates } from './main-effects.ts'

const cells = [
  [0, 0, 0],
  [0, 1, 1],
  [1, 0, 1],
  [1, 1, 0],
  [2, 0, 0],
  [2, 1, 1],
]
const values = [
  4.0, 4.215, 4.786, 4.355, 4.777, 4.95, 4.053, 4.317, 4.825, 4.419, 4.874, 5.068, 4.105, 4.253, 4.899, 4.535,
  4.833, 5.077,
]
const observations = values.map((value, index) => ({
  value,
  block: Math.floor(index / cells.length),
  levels: cells[index % cells.length] ?? [],
}))

test('effects and intervals are those of numpy’s least squares and scipy’s t', () => {
  // numpy.linalg.lstsq and scipy.stats.t.ppf(.975, 11) of the same columns (numpy 2, scipy 1.17.1)
  const expected = [
    [0, 1, 0.47933333, 0.4340409, 0.52462577],
    [0, 2, 0.77266667, 0.72737423, 0.8179591],
    [1, 1, -0.097, -0.1362244, -0.0577756],
    [2, 1, 0.30333333, 0.26410893, 0.34255773],
  ]
  const found = mainEffects(observations, [3, 2, 2]) ?? []
  assert.deepEqual(
    found.map(({ factor, level }) => [factor, level]),
    expected.map(([factor, level]) => [factor, level]),
  )
  found.forEach(({ estimate, interval }, index) => {
    for (const [at, value] of [estimate, interval?.low, interval?.high].entries())
      assert.ok(
        Math.abs((value ?? 0) - (expected[index]?.[at + 2] ?? 0)) < 1e-7,
        `${value} of effect ${index}`,
      )
  })
})

test('cells that do not tell the effects apart, or leave nothing for the noise, give none or no interval', () => {
  const confounded = [
    [0, 0],
    [1, 1],
  ]
  assert.equal(separates(confounded, [2, 2]), false)
  const twice = [...confounded, ...confounded, ...confounded]
  assert.equal(separates(twice, [2, 2]), false)
  assert.equal(
    mainEffects(
      twice.map((levels, index) => ({ levels, block: index >> 1, value: index })),
      [2, 2],
    ),
    null,
  )
  const saturated = [
    [0, 0],
    [1, 0],
    [0, 1],
  ].map((levels, value) => ({ levels, block: 0, value }))
  assert.deepEqual(
    mainEffects(saturated, [2, 2])?.map(({ estimate, interval }) => [Math.round(estimate), interval]),
    [
      [1, null],
      [2, null],
    ],
  )
  assert.equal(mainEffects([], [2, 2]), null)
})
