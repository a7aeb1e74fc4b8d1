import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { benjaminiHochberg } from './false-discovery.ts'

test('adjusted p-values keep their order and never fall', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }), (p) => {
      const adjusted = benjaminiHochberg(p)
      adjusted.forEach((each, index) => {
        assert.ok(each >= (p[index] ?? 0) - 1e-12 && each <= 1)
      })
      for (const [i, a] of p.entries())
        for (const [j, b] of p.entries())
          if (a < b) assert.ok((adjusted[i] ?? 0) <= (adjusted[j] ?? 0) + 1e-12)
    }),
  )
})
