import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { calibrationRates, costOf, generatorsFor, highestRate } from './calibrate.ts'

const stage = { stage: 'a', vus: 10, offered: 100, startMs: 0, durationMs: 10_000 }

test('the highest rate is of the k6 scenarios that run at one time, at their peaks', () => {
  const later = { ...stage, startMs: 10_000, offered: 250 }
  const beside = { ...stage, startMs: 5000, offered: 30, peak: 60 }
  assert.equal(highestRate([stage, later]), 250)
  assert.equal(highestRate([stage, beside]), 160)
  assert.equal(highestRate([stage, later, beside]), 310)
  assert.equal(highestRate([stage, { ...stage, offered: null }]), null)
  assert.equal(highestRate([]), null)
})

test('so many generators stay below 70 % of their cores, and one fewer would not', () => {
  const [rate, cost] = [
    fc.double({ min: 1, max: 1e6, noNaN: true }),
    fc.double({ min: 1e-5, max: 0.1, noNaN: true }),
  ]
  fc.assert(
    fc.property(rate, cost, fc.constantFrom(0.15, 0.5, 1, 4), (rate, each, cores) => {
      const count = generatorsFor(rate, each, cores)
      const share = (generators: number) => (rate * each) / (generators * cores)
      assert.ok(share(count) <= 0.7 * (1 + 1e-9), `${share(count)} of ${count}`)
      assert.ok(count === 1 || share(count - 1) > 0.7, `${count} where ${count - 1} are enough`)
    }),
  )
})

test('a calibration is a small load, never more than what was asked for, and never too much for a generator', () => {
  assert.deepEqual(
    [1, 5, 20, 300, 2000, 1e6].map((rate) => calibrationRates(rate, 1)),
    [
      [1, 1],
      [1, 5],
      [5, 20],
      [18, 75],
      [125, 500],
      [500, 2000],
    ],
  )
  assert.deepEqual(calibrationRates(20_000, 0.15), [75, 300])
})

test('the cost of an iteration is what it adds, whatever k6 needs by itself', () => {
  const used = (iterations: number, base: number) => ({ iterations, cpuSeconds: base + 1e-4 * iterations })
  assert.ok(Math.abs(costOf(used(250, 0.8), used(1000, 0.8)) - 1e-4) < 1e-12)
  assert.equal(costOf(used(250, 0.8), used(1000, 0.1)), 0)
})
