import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { normalFrom, randomFrom } from './random.ts'
import { fitModels } from './scaling-fit.ts'
import { standardErrors } from './scaling-intervals.ts'
import { type Law, peakOf, throughput } from './scaling-law.ts'
import { chosenFit, extrapolations, scaling } from './scaling-model.ts'
import { studentQuantile } from './student.ts'

/** Throughput under a law, alternately `noise` above and below it. */
const runs = (law: Law, replicas: readonly number[], noise = 0) =>
  replicas.map((n, index) => ({
    replicas: n,
    rate: throughput(law, n) * (index % 2 === 0 ? 1 + noise : 1 - noise),
  }))

test('the law that made the throughputs is found', () => {
  const law = fc.record({
    gamma: fc.double({ min: 10, max: 1000, noNaN: true }),
    alpha: fc.double({ min: 0.02, max: 0.3, noNaN: true }),
    beta: fc.double({ min: 0.001, max: 0.02, noNaN: true }),
  })
  fc.assert(
    fc.property(law, (made) => {
      const fit = fitModels(runs(made, [1, 2, 4, 8, 12, 16, 24])).find(({ model }) => model === 'usl')
      assert.ok(fit)
      for (const name of ['gamma', 'alpha', 'beta'] as const)
        assert.ok(Math.abs(fit[name] / made[name] - 1) < 0.01, `${name} ${fit[name]} of ${made[name]}`)
    }),
    { numRuns: 30 },
  )
})

test('fewer than four numbers of replicas have no model', () => {
  assert.equal(scaling(runs({ gamma: 100, alpha: 0.1, beta: 0 }, [1, 2, 4, 1, 2, 4])), null)
})

test('fewer than six runs have no model: the one with the fewest parameters would always win', () => {
  const law = { gamma: 100, alpha: 0.05, beta: 0.03 }
  assert.equal(scaling(runs(law, [1, 2, 4, 8], 0.01)), null)
  assert.equal(scaling(runs(law, [1, 2, 4, 6, 8], 0.01)), null)
  assert.ok(scaling(runs(law, [1, 2, 4, 6, 8, 10], 0.01)))
})

describe('of 12 sweeps with five runs of each', () => {
  const random = randomFrom(5)
  const sweeps = (law: Law, replicas: readonly number[], noise: number) =>
    Array.from({ length: 12 }, () => {
      const rate = (n: number) => throughput(law, n) * Math.exp(noise * normalFrom(random))
      const found = scaling(
        replicas.flatMap((n) => Array.from({ length: 5 }, () => ({ replicas: n, rate: rate(n) }))),
        40,
      )
      assert.ok(found)
      return found
    })

  // The greatest throughput is 1,055 at 43.6 replicas; Amdahl's law alone would promise some 1,800.
  for (const noise of [0.01, 0.03, 0.05])
    test(`none states a ceiling of a law that has none, at ${100 * noise} % noise`, () => {
      const found = sweeps({ gamma: 100, alpha: 0.05, beta: 0.0005 }, [1, 2, 4, 8, 16], noise)
      assert.deepEqual(
        found.filter(({ ceiling }) => ceiling !== null),
        [],
      )
      if (noise > 0.01)
        assert.ok(found.filter(({ alike }) => alike.includes('amdahl') && alike.includes('usl')).length > 7)
    })

  test('a third or more state one that was nearly reached, right to 15 %', () => {
    const ceilings = sweeps({ gamma: 100, alpha: 0.1, beta: 0 }, [1, 2, 4, 8, 16, 32], 0.03).flatMap(
      ({ ceiling }) => ceiling ?? [],
    )
    assert.ok(ceilings.length >= 4, `${ceilings.length}`)
    for (const ceiling of ceilings) assert.ok(Math.abs(ceiling / 1000 - 1) < 0.15, `${ceiling}`)
  })
})

test('nothing is extrapolated beyond a last step that did not rise', () => {
  const rising = runs({ gamma: 100, alpha: 0.1, beta: 0 }, [1, 2, 4, 6, 8, 12])
  assert.ok(extrapolations(scaling(rising)).length > 0)
  assert.deepEqual(extrapolations(scaling([...rising, { replicas: 16, rate: rising[5]?.rate ?? 0 }])), [])
  assert.deepEqual(extrapolations(null), [])
})

test('identical repeats have intervals of no width, and no NaN', () => {
  for (const law of [
    { gamma: 100, alpha: 0.05, beta: 0.03 },
    { gamma: 100, alpha: 0.05, beta: 0 },
    { gamma: 100, alpha: 0, beta: 0 },
  ]) {
    const found = scaling(runs(law, [1, 1, 2, 2, 4, 4, 8, 8]), 100)
    for (const interval of Object.values(found?.intervals ?? {}))
      assert.ok(
        interval === null || interval.high - interval.low < 1e-6 * interval.high,
        JSON.stringify(found),
      )
  }
})

describe('without repeats', () => {
  const law = { gamma: 100, alpha: 0.05, beta: 0.005 }
  const measured = runs(law, [1, 2, 4, 6, 8, 12, 16, 24, 32], 0.01)
  const found = scaling(measured)
  const fit = chosenFit(found)

  test('intervals are Student’s around the fit, and contain the law', () => {
    assert.equal(found?.chosen, 'usl')
    assert.ok(fit && found?.intervals)
    const errors = standardErrors(measured, fit, ['alpha', 'beta'])
    for (const [index, name] of (['gamma', 'alpha', 'beta'] as const).entries()) {
      const interval = found.intervals[name]
      assert.ok(interval && interval.low < law[name] && law[name] < interval.high, name)
      const half = studentQuantile(0.975, 6) * (errors[index] ?? 0)
      assert.ok(Math.abs(interval.high - fit[name] - half) < 1e-9)
    }
  })

  test('the peak has no interval, but is known when coherency is', () => {
    assert.equal(found?.intervals?.peak, null)
    assert.ok(fit && found?.peak === peakOf(fit))
    assert.ok(Math.abs((found.peak ?? 0) - Math.sqrt(0.95 / 0.005)) < 2)
    assert.equal(found.ceiling, null)
  })

  test('contention alone has a ceiling and no peak', () => {
    const amdahl = scaling(runs({ gamma: 100, alpha: 0.05, beta: 0 }, [1, 2, 4, 6, 8, 12, 16, 24, 32], 0.01))
    assert.equal(amdahl?.chosen, 'amdahl')
    assert.deepEqual([amdahl.peak, amdahl.intervals?.beta], [null, null])
    assert.ok(amdahl.ceiling && Math.abs(amdahl.ceiling / 2000 - 1) < 0.1)
  })
})
