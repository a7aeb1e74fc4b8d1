import assert from 'node:assert/strict'
import { test } from 'node:test'
import { binomialAtLeast } from './binomial.ts'

test('the upper tail of the binomial distribution is that of SciPy 1.17', () => {
  for (const [k, n, p, expected] of [
    [6, 15, 0.1, 0.002249670085048001],
    [13, 50, 0.1, 0.0010046198617863324],
    [5, 50, 0.1, 0.5688015931709377],
    [30, 200, 0.1, 0.016326565931766502],
    [1, 3, 0.5, 0.875],
    [0, 3, 0.5, 1],
    [4, 3, 0.5, 0],
    [1, 3, 0, 0],
    [3, 3, 1, 1],
  ] as const)
    assert.ok(Math.abs(binomialAtLeast(k, n, p) - expected) <= 1e-10, `${k} of ${n} at ${p}`)
})
