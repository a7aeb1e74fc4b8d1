import assert from 'node:assert/strict'
import { test } from 'node:test'
import { poissonAtMost } from './poisson.ts'

test('shares of a Poisson distribution are those of SciPy', () => {
  for (const [count, mean, share] of [
    [0, 5, 0.00673794699908547],
    [3, 5, 0.265025915297362],
    [20, 50, 1.235187221871e-6],
    [60, 50, 0.927839820186743],
    [0, 0, 1],
  ] as const)
    assert.ok(Math.abs(poissonAtMost(count, mean) - share) <= 1e-12, `${count} of ${mean}`)
})
