import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cliffsDelta, mannWhitney } from './mann-whitney.ts'

const near = (actual: number, expected: number, within: number) =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual}, expected ${expected}`)

// Few different values, so that ties are common.
const side = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 })

/** Every way to choose `n` of the indexes below `size`. */
function* choices(size: number, n: number, from = 0): Generator<number[]> {
  if (n === 0) yield []
  for (let first = from; first <= size - n && n > 0; first++)
    for (const rest of choices(size, n - 1, first + 1)) yield [first, ...rest]
}

test('the exact p is the share of all ways to divide the values that lie as far out, ties included', () => {
  fc.assert(
    fc.property(side, side, (x, y) => {
      const pooled = [...x, ...y]
      const uOf = (a: readonly number[], b: readonly number[]) =>
        a.reduce(
          (sum, each) =>
            sum + b.filter((other) => each > other).length + b.filter((other) => each === other).length / 2,
          0,
        )
      const middle = (x.length * y.length) / 2
      const seen = Math.abs(uOf(x, y) - middle)
      const all = [...choices(pooled.length, x.length)]
      const asFar = all.filter((chosen) => {
        const a = chosen.map((index) => pooled[index] as number)
        const b = pooled.filter((_, index) => !chosen.includes(index))
        return Math.abs(uOf(a, b) - middle) >= seen - 1e-9
      })
      const { u, p } = mannWhitney(x, y)
      near(u, uOf(x, y), 1e-9)
      near(p, asFar.length / all.length, 1e-9)
      near(cliffsDelta(x, y), 1 - (2 * u) / (x.length * y.length), 1e-9)
    }),
    { numRuns: 200 },
  )
})

test('beyond 100 values p comes from the normal distribution, and agrees with the exact one', () => {
  const x = Array.from({ length: 50 }, (_, index) => index * 1.1)
  const y = Array.from({ length: 50 }, (_, index) => index * 1.1 + 12.05)
  near(mannWhitney([...x, 200], y).p, mannWhitney(x, y).p, 0.01)
})
