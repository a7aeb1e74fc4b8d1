import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mannWhitney } from './mann-whitney.ts'
import { normalFrom, randomFrom } from './random.ts'
import { westfallYoung } from './westfall-young.ts'

const random = randomFrom(11)
const drawn = (count: number, from = 0, spread = 1) =>
  Array.from({ length: count }, () => from + spread * normalFrom(random))

test('the least p is that of the divisions, however many figures there are', () => {
  const far = { x: [1, 2, 3, 4, 5], y: [101, 102, 103, 104, 105] }
  const others = Array.from({ length: 19 }, () => ({ x: drawn(5), y: drawn(5) }))
  const [first, ...rest] = westfallYoung([far, ...others])
  assert.equal(first, 2 / 252)
  assert.ok(rest.every((p) => p > 2 / 252))
  // Blocks of two pairs, the last of three: 6 × 6 × 20 ways.
  const turns = { x: drawn(7), y: drawn(7, 100) }
  assert.deepEqual(westfallYoung([turns], 2), [2 / 720])
})

test('one figure has the permutation test of the difference of means', () => {
  // Two of the 20 divisions of six values are as far apart.
  assert.ok(Math.abs((westfallYoung([{ x: [1, 2, 3], y: [4, 5, 6] }])[0] ?? 0) - 0.1) < 1e-12)
  // On ranks it is the Mann–Whitney test.
  const [x, y] = [
    [1, 4, 5, 8, 12],
    [2, 7, 9, 10, 11, 3, 6],
  ]
  assert.ok(Math.abs((westfallYoung([{ x, y }])[0] ?? 0) - mannWhitney(x, y).p) < 1e-12)
})

test('figures that are the same count as one, and a figure without any difference has p = 1', () => {
  const one = { x: drawn(6), y: drawn(6, 1) }
  const [alone] = westfallYoung([one])
  assert.deepEqual(westfallYoung([one, one, one]), [alone, alone, alone])
  assert.deepEqual(westfallYoung([{ x: [1, 1, 1], y: [1, 1, 1] }]), [1])
  assert.deepEqual(westfallYoung([]), [])
})

test('p never falls from a more significant figure to a less significant one', () => {
  const figures = Array.from({ length: 6 }, (_, index) => ({ x: drawn(6), y: drawn(6, index) }))
  const adjusted = westfallYoung(figures)
  for (const [index, { x, y }] of figures.entries()) {
    const alone = westfallYoung([{ x, y }])[0] ?? 0
    assert.ok((adjusted[index] ?? 0) >= alone - 1e-12)
  }
  assert.equal(Math.min(...adjusted), adjusted[5])
})

test('of many runs divisions are drawn, with the same p each time and near the normal one', () => {
  const [x, y] = [drawn(20), drawn(20, 0.7)]
  const [drawnP = 0] = westfallYoung([{ x, y }])
  assert.deepEqual(westfallYoung([{ x, y }]), [drawnP])
  assert.ok(Math.abs(drawnP - mannWhitney(x, y).p) < 0.03, `${drawnP} and ${mannWhitney(x, y).p}`)
})

test('of equal sides at most the level has any figure below it, also if figures go together', () => {
  for (const shared of [0, 0.9]) {
    const rounds = 400
    const below = Array.from({ length: rounds }, () => {
      const common = drawn(10, 0, Math.sqrt(shared))
      const figures = Array.from({ length: 10 }, () => {
        const values = common.map((value) => value + Math.sqrt(1 - shared) * normalFrom(random))
        return { x: values.slice(0, 5), y: values.slice(5) }
      })
      return Math.min(...westfallYoung(figures)) <= 0.05
    }).filter(Boolean).length
    assert.ok(below <= 0.05 * rounds + 3 * Math.sqrt(0.05 * 0.95 * rounds), `${below} of ${rounds}`)
  }
})

test('three figures of five a side have the p of an independent computation', () => {
  // Brute force in Python over all 252 divisions, with the pooled two-sample t of each figure.
  const figures = [
    { x: [5.1, 4.9, 5.3, 5.0, 5.2], y: [5.9, 5.4, 6.1, 5.2, 5.8] },
    { x: [1.0, 1.4, 0.8, 1.2, 1.1], y: [1.3, 1.2, 0.9, 1.6, 1.0] },
    { x: [9.0, 9.9, 9.4, 9.1, 10.2], y: [9.8, 9.7, 10.6, 10.1, 11.0] },
  ]
  assert.deepEqual(
    westfallYoung(figures).map((p) => Math.round(252 * p)),
    [12, 158, 36],
  )
})
