import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { coveringDesign } from './covering-design.ts'
import { separates } from './main-effects.ts'

test('every two levels meet, effects can be told apart, and no more cells than all combinations', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }), (counts) => {
      const cells = coveringDesign(counts)
      assert.equal(new Set(cells.map(String)).size, cells.length)
      assert.ok(cells.length <= counts.reduce((a, b) => a * b, 1), `${cells.length} cells of ${counts}`)
      assert.ok(separates(cells, counts), `effects of ${counts}`)
      for (const [f, count] of counts.entries())
        for (let g = f + 1; g < counts.length; g++)
          for (let a = 0; a < count; a++)
            for (let b = 0; b < (counts[g] ?? 0); b++)
              assert.ok(
                cells.some((cell) => cell[f] === a && cell[g] === b),
                `levels ${a} and ${b} of factors ${f} and ${g} of ${counts}`,
              )
      assert.ok(
        cells.every((cell) => cell.every((level, factor) => level >= 0 && level < (counts[factor] ?? 0))),
        'levels that exist',
      )
    }),
    { numRuns: 60 },
  )
})

test('about as few cells as are published', () => {
  // The least known (Colbourn, Covering array tables): 9 for 3⁴; AETG has 11 for ten factors of two levels, which must
  // also be as many as their effects and the mean.
  assert.ok(coveringDesign([3, 3, 3, 3]).length <= 12, 'four factors of three levels')
  assert.ok(coveringDesign(Array(10).fill(2)).length <= 13, 'ten factors of two levels')
  assert.equal(coveringDesign([2, 2, 2]).length <= 6, true)
  assert.equal(coveringDesign([3, 2]).length, 6)
  assert.deepEqual(coveringDesign([3]), [[0], [1], [2]])
})
