import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ratioDomain, ratioTicks } from './ratio-axis.ts'

const words = (ratios: readonly number[], length = 300) =>
  ratioTicks({ domain: ratioDomain(ratios, 0.05), length }, 40).map((tick) => tick.words)

test('what is near is in percent, what is not in factors', () => {
  assert.deepEqual(words([1]), ['−5 %', 'same', '+5 %', '+10 %'])
  assert.deepEqual(words([0.8, 1.25]), ['−20 %', '−10 %', 'same', '+10 %', '+20 %'])
  assert.deepEqual(words([0.2, 5]), ['÷4', '÷2', 'same', '×2', '×4'])
  assert.deepEqual(words([1e5]).slice(-1), ['×10,000'])
})

test('there are ticks on both halves, far enough apart, and all is in the domain', () => {
  const ratio = fc.double({ min: -6, max: 6, noNaN: true }).map((log) => 10 ** log)
  fc.assert(
    fc.property(fc.array(ratio, { maxLength: 5 }), fc.integer({ min: 300, max: 600 }), (ratios, length) => {
      const domain = ratioDomain(ratios, 0.05)
      const [low, high] = domain
      assert.ok(ratios.every((each) => each >= low && each <= high) && low <= 1 / 1.05 && high >= 1.1)
      const ticks = ratioTicks({ domain, length }, 40)
      assert.ok(ticks.some(({ at }) => at < 1) && ticks.some(({ at }) => at > 1), String(domain))
      const places = ticks.map(({ at }) => (Math.log(at / low) / Math.log(high / low)) * length)
      assert.ok(places.every((place, index) => index === 0 || place - (places[index - 1] ?? 0) >= 40 - 1e-9))
      assert.equal(new Set(ticks.map((tick) => tick.words)).size, ticks.length)
    }),
  )
})
