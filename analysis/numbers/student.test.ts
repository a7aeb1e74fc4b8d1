import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normalBelow } from './normal.ts'
import { studentQuantile } from './student.ts'

const near = (actual: number, expected: number, within: number) =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual}, expected ${expected}`)

test('Student’s and the normal distribution: the tables of Abramowitz and Stegun (26.10 and 26.1)', () => {
  for (const [q, degrees, t] of [
    [0.975, 1, 12.706],
    [0.975, 4, 2.776],
    [0.975, 9, 2.262],
    [0.995, 5, 4.032],
    [0.95, 30, 1.697],
    [0.025, 10, -2.228],
  ] as const)
    near(studentQuantile(q, degrees), t, 0.0006)
  for (const [z, share] of [
    [0, 0.5],
    [1, 0.8413447461],
    [-1.96, 0.0249978951],
    [3.5, 0.9997673709],
    [-6, 9.8659e-10],
  ] as const)
    near(normalBelow(z), share, Math.max(1e-10 * share, 1e-13) + 1e-10)
})
