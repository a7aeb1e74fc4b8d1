import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { between, fromZero, roomy, scaleFor, tickWords } from './axes.ts'
import { textWidth } from './text-width.ts'

const words = (ticks: readonly number[]) => ticks.map((tick) => tickWords(tick, 0, ticks))
const values = (...ys: number[]) => ys.map((y) => ({ y }))

test('a logarithmic axis has a tick at both ends and 1, 2 and 5 times powers of ten between', () => {
  const { type, ticks } = scaleFor(values(1.3, 104), 360)
  assert.equal(type, 'log')
  assert.deepEqual(ticks, [1, 2, 5, 10, 20, 50, 100, 150])
  assert.deepEqual(
    words(scaleFor(values(8, 1384), 360).ticks).join(' '),
    '7 10 20 50 100 200 500 1,000 1,500',
  )
})

test('the ticks of a linear axis have the same decimals', () => {
  assert.deepEqual(words(between(6.5, 8, 4).ticks), ['6.5', '7.0', '7.5', '8.0'])
  assert.deepEqual(words([0, 0.25, 0.5]), ['0.00', '0.25', '0.50'])
  assert.deepEqual(words([0, 1000, 2000]), ['0', '1,000', '2,000'])
  assert.deepEqual(words([-10, 0, 10]), ['−10', '0', '10'])
  assert.deepEqual(words([0, 2_500_000, 5_000_000]), ['0.0', '2.5M', '5.0M'])
  assert.deepEqual(words([0.5, 1, 2, 5, 10]), ['0.5', '1', '2', '5', '10'])
})

test('replicas have ticks at whole numbers', () => {
  for (const most of [1, 2, 5, 7, 13]) {
    const { ticks } = fromZero(most, 190, true)
    assert.ok(ticks.every(Number.isInteger), `${most}: ${ticks}`)
  }
})

test('whatever a damaged file holds, an axis is finite', () => {
  const value = fc.oneof(
    fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0, Number.MIN_VALUE, 1e-308, 1e308, Number.MAX_VALUE),
  )
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), (ys) => {
      const [least, most] = [Math.min(...ys), Math.max(...ys)]
      for (const { domain, ticks } of [
        scaleFor(values(...ys), 190),
        fromZero(most, 190),
        between(least, most, 4),
      ])
        assert.ok(
          [...domain, ...ticks].every(Number.isFinite) && ticks.length < 30,
          `${domain}: ${ticks.length} ticks`,
        )
    }),
  )
})

test('every axis holds its values between two ticks, far enough apart to read', () => {
  const value = fc.double({ min: -6, max: 6, noNaN: true }).map((power) => 10 ** power)
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 8 }),
      fc.constantFrom(190, 230, 360),
      (ys, height) => {
        const { type, domain, ticks } = scaleFor(values(...ys), height)
        const [low, high] = domain
        assert.ok(low <= Math.min(...ys) * (1 + 1e-8) && high >= Math.max(...ys) * (1 - 1e-8))
        assert.equal(ticks[0], low)
        assert.equal(ticks.at(-1), high)
        assert.ok(ticks.length >= 2)
        const at = (tick: number) =>
          type === 'log' ? Math.log(tick / low) / Math.log(high / low) : (tick - low) / (high - low)
        const gaps = ticks.slice(1).map((tick, index) => at(tick) - at(ticks[index] ?? 0))
        for (const gap of gaps) assert.ok(gap * (height - 66) >= 15, `${ticks}`)
        // Little is left empty: at most a third of a linear axis above the greatest value.
        if (type === 'linear') assert.ok(Math.max(...ys) > high / 2, `${ys} on ${ticks}`)
        assert.equal(new Set(words(ticks)).size, ticks.length, `${words(ticks)}`)
      },
    ),
  )
})

test('the answer is labelled even where not all rates have room', () => {
  const rates = [100, 200, 238, 259, 271, 277, 278, 280, 281, 283, 400]
  const room = { type: 'log' as const, domain: [90, 440] as const, words: String, pixels: 240 }
  const kept = roomy(rates, [278, 281], room)
  assert.ok(kept.includes(278) && kept.includes(100) && kept.includes(400), `${kept}`)
  const at = (rate: number) => (240 * Math.log(rate / 90)) / Math.log(440 / 90)
  kept.slice(1).forEach((rate, index) => {
    assert.ok(at(rate) - at(kept[index] ?? 0) > textWidth(String(rate)), `${kept}`)
  })
})
