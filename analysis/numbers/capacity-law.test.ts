import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { capacityLaws, capacityOf, predicted, type Searched } from './capacity-law.ts'
import { normalFrom, randomFrom } from './random.ts'

const near = (actual: number | undefined, expected: number, within = 1e-6) =>
  assert.ok(Math.abs((actual ?? Number.NaN) / expected - 1) < within, `${actual} is not ${expected}`)

const replicas = [1, 1, 2, 2, 4, 4, 1, 1, 2, 2, 4, 4, 8, 8]
const rates = [19.4, 20.1, 38.2, 37.3, 71.5, 73, 52, 51.1, 101, 99.5, 187, 190.5, 330, 338]
const searches: Searched[] = rates.map((rate, index) => ({
  replicas: replicas[index] ?? 0,
  cores: index < 6 ? 0.2 : 0.5,
  rate,
  apart: 1,
}))

test('the laws, their AICc and a prediction are those of scipy', () => {
  // scipy 1.x, least_squares on the logarithms with bounds; t.ppf for the interval.
  const found = capacityLaws(searches)
  const of = (growth: string, exponentFree: boolean) => {
    const law = found?.laws.find((each) => each.growth === growth && each.exponentFree === exponentFree)
    assert.ok(law, `${growth} is fitted`)
    return law
  }
  assert.equal(found?.alike, 1)
  assert.equal(found?.laws[0], of('amdahl', true))
  const amdahl = of('amdahl', true)
  near(amdahl.rate, 107.116015)
  near(amdahl.exponent, 1.0520952)
  near(amdahl.alpha, 0.0331287858, 1e-5)
  near(amdahl.rss, 0.00229425429)
  near(amdahl.aicc, -109.585222)
  near(of('usl', true).beta, 0.00062885454, 1e-5)
  near(of('usl', true).aicc, -105.210627)
  near(of('amdahl', false).aicc, -93.8374568)
  near(of('linear', false).rate, 94.7429225)
  near(of('linear', true).aicc, -67.387361)
  const next = predicted(searches, amdahl, { replicas: 6, cores: 0.5 })
  near(next?.rate, 265.905634)
  near(next?.low, 256.772553)
  near(next?.high, 275.363567)
})

test('too few cells or searches get no law', () => {
  const cell = (replicas: number, cores: number, rate: number) => ({ replicas, cores, rate, apart: 1.05 })
  const three = [1, 2, 4].flatMap((n) => [cell(n, 0.2, 20 * n), cell(n, 0.2, 21 * n), cell(n, 0.2, 19 * n)])
  assert.equal(capacityLaws(three), null)
  const once = [cell(1, 0.2, 20), cell(2, 0.2, 40), cell(1, 0.5, 50), cell(2, 0.5, 99)]
  assert.equal(capacityLaws(once), null)
  assert.ok(capacityLaws([...once, ...once]), 'four cells, searched twice')
})

test('searches that agree to the digit are as uncertain as their brackets', () => {
  const exact = searches.map((search) => ({
    ...search,
    rate: 100 * search.replicas * search.cores,
    apart: 1.1,
  }))
  const found = capacityLaws(exact)
  const law = found?.laws[0]
  assert.ok(law, 'a law')
  assert.equal(law.growth, 'linear')
  const next = predicted(exact, law, { replicas: 6, cores: 0.5 })
  // t of 13 degrees × ln 1.1 ÷ √12, and a little for the fit
  assert.ok(next && next.high / next.rate > 1.06 && next.high / next.rate < 1.07, JSON.stringify(next))
})

test('an interval holds the next search in about 95 %', () => {
  const random = randomFrom(7)
  const truth = { rate: 100, exponent: 1.1, alpha: 0.05, beta: 0 }
  const noisy = (size: Omit<Searched, 'rate' | 'apart'>): Searched => ({
    ...size,
    rate: capacityOf(truth, size) * Math.exp(0.03 * normalFrom(random)),
    apart: 1,
  })
  let held = 0
  const rounds = 50
  for (let round = 0; round < rounds; round++) {
    const seen = searches.map(noisy)
    const law = capacityLaws(seen)?.laws[0]
    const next = noisy({ replicas: 3, cores: 0.5 })
    const at = law && predicted(seen, law, next)
    if (at && next.rate >= at.low && next.rate <= at.high) held++
  }
  assert.ok(held >= 43, `${held} of ${rounds}`)
})

test('every law is within its bounds, and none explains less than one that it contains', () => {
  const size = fc.record({
    replicas: fc.integer({ min: 1, max: 64 }),
    cores: fc.constantFrom(0.1, 0.2, 0.5, 1, 4),
    rate: fc.double({ min: 0.5, max: 1e5, noNaN: true }),
    apart: fc.double({ min: 1, max: 2, noNaN: true }),
  })
  fc.assert(
    fc.property(fc.array(size, { minLength: 4, maxLength: 20 }), (seen) => {
      const found = capacityLaws(seen)
      for (const law of found?.laws ?? []) {
        assert.ok(
          law.alpha >= 0 && law.beta >= 0 && law.rate > 0 && Number.isFinite(law.aicc),
          JSON.stringify(law),
        )
        const inside = found?.laws.find((each) => each.growth === 'linear' && !each.exponentFree)
        assert.ok(inside && law.rss <= inside.rss * (1 + 1e-9), 'no better than proportional')
      }
    }),
    { numRuns: 60 },
  )
})
