import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { aSummary, fixture, k6Versions, summaryOf } from '../../test/samples.ts'
import { findMetric } from '../formats/summary.ts'
import {
  cdf,
  countOf,
  Distribution,
  distribution,
  meanOf,
  merge,
  ofPercentiles,
  percentile,
  quantile,
} from './distribution.ts'

/** As k6 would report it, with that many steps between minimum and maximum. */
function reported(values: readonly number[], steps: number): Distribution {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (q: number) => type7(sorted, q)
  const points = Array.from({ length: steps + 1 }, (_, step): [number, number] => [
    step / steps,
    at(step / steps),
  ])
  return [{ count: values.length, mean: values.reduce((a, b) => a + b, 0) / values.length, points }]
}

function type7(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1)
  const [low, high] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number]
  return low + (high - low) * (at - Math.floor(at))
}

const steps = (by: number): number[] =>
  Array.from({ length: Math.round(100 / by) + 1 }, (_, index) => Number((index * by).toFixed(2)))

const values = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 2, maxLength: 60 })
const share = fc.double({ min: 0, max: 1, noNaN: true })

test('with a point for every value, a quantile is exactly that of the values', () => {
  fc.assert(
    fc.property(values, share, (all, q) => {
      const value = quantile(reported(all, all.length - 1), q)
      const sorted = [...all].sort((a, b) => a - b)
      assert.ok(Math.abs(value - type7(sorted, q)) < 1e-6, `${value}`)
    }),
  )
})

/** What k6 reports of them for those percentiles, besides the minimum and the maximum. */
const ofK6 = (all: readonly number[], percentiles: readonly number[]): Distribution => {
  const sorted = [...all].sort((a, b) => a - b)
  const wanted = [...new Set([0, ...percentiles, 100])].sort((a, b) => a - b)
  return ofPercentiles(
    sorted.length,
    null,
    wanted.map((p) => [p, type7(sorted, p / 100)]),
  )
}

const latencies = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 60 }),
  fc.array(fc.double({ min: 0.001, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
)
const grids = [[], [50, 90, 95], steps(0.5), [...steps(1), ...steps(0.01).filter((p) => p > 99)]]

test('the percentile that k6 would report of all values lies within the bounds', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(latencies, fc.constantFrom(...grids)), { minLength: 1, maxLength: 4 }),
      fc.oneof(
        fc.constantFrom(0, 50, 90, 95, 99, 99.5, 99.9, 100),
        fc.double({ min: 0, max: 100, noNaN: true }),
      ),
      (parts, p) => {
        const merged = merge(parts.map(([part, grid]) => ofK6(part, grid)))
        const all = parts.flatMap(([part]) => part).sort((a, b) => a - b)
        const { value, least, most } = percentile(merged, p)
        const raw = type7(all, p / 100)
        const rounding = 1e-7 * (all.at(-1) ?? 0)
        assert.ok(raw >= least - rounding && raw <= most + rounding, `${raw} is not in ${least} to ${most}`)
        assert.ok(least <= value && value <= most, `${value} is not in ${least} to ${most}`)
      },
    ),
    { numRuns: 1000 },
  )
})

test('the 99.5th percentile of three generators with few requests lies within its bounds', () => {
  // Each part’s tail is a single value: interpolated between, the share of a value says nothing of its rank.
  const parts = [0, 1, 2].map((part) => Array.from({ length: 70 }, (_, i) => 5 * i + part / 3))
  const merged = merge(parts.map((part) => ofK6(part, steps(0.5))))
  const raw = type7(
    parts.flat().sort((a, b) => a - b),
    0.995,
  )
  const { least, most } = percentile(merged, 99.5)
  assert.ok(least <= raw && raw <= most && most - least < 10, `${raw}: ${least} to ${most}`)
})

test('the tail of few values is merged exactly: two percentiles between neighbours give both', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.double({ min: 1, max: 60_000, noNaN: true }), { minLength: 2, maxLength: 60 }), {
        minLength: 1,
        maxLength: 3,
      }),
      fc.constantFrom(50, 90, 99, 99.5, 99.9),
      (parts, p) => {
        // Of 60 values, a step of 0.5 % is 0.3 of a rank.
        const merged = merge(parts.map((part) => ofK6(part, steps(0.5))))
        const all = parts.flat().sort((a, b) => a - b)
        const { value, least, most } = percentile(merged, p)
        const raw = type7(all, p / 100)
        if (parts.every(({ length }) => length > 45))
          for (const each of [least, most])
            assert.ok(Math.abs(each / raw - 1) < 1e-6, `p${p}: ${raw}, ${each}`)
        assert.ok(least <= value && value <= most, `${value} is not in ${least} to ${most}`)
      },
    ),
  )
})

test('where a part reports every value, the bounds are the value', () => {
  const all = [3, 1, 4, 1.5, 9, 2.6, 5.3, 5.8, 9.7]
  const merged = merge([ofK6(all.slice(0, 5), [25, 50, 75]), ofK6(all.slice(5), [100 / 3, 200 / 3])])
  const sorted = [...all].sort((a, b) => a - b)
  for (const p of [0, 12.5, 40, 50, 93, 100]) {
    const { value, least, most } = percentile(merged, p)
    for (const each of [least, most])
      assert.ok(Math.abs(each - type7(sorted, p / 100)) < 1e-6, `${p}: ${each}`)
    assert.ok(least <= value && value <= most, `${p}: ${value}`)
  }
})

test('quantile and share are inverse and ascending, from the minimum to the maximum', () => {
  fc.assert(
    fc.property(fc.array(values, { minLength: 1, maxLength: 3 }), share, share, (parts, a, b) => {
      const merged = merge(parts.map((part) => reported(part, 7)))
      const [low, high] = [Math.min(a, b), Math.max(a, b)]
      const [first, second] = [quantile(merged, low), quantile(merged, high)]
      assert.ok(first <= second + 1e-9)
      assert.ok(cdf(merged, first) >= low - 1e-9)
      assert.equal(quantile(merged, 0), Math.min(...parts.flat()))
      assert.equal(quantile(merged, 1), Math.max(...parts.flat()))
      assert.ok(
        Math.abs((meanOf(merged) ?? 0) - parts.flat().reduce((x, y) => x + y, 0) / countOf(merged)) < 1e-6,
      )
    }),
  )
})

test('merging a distribution with itself changes nothing, and the order does not matter', () => {
  fc.assert(
    fc.property(values, values, share, (a, b, q) => {
      const [one, other] = [reported(a, 9), reported(b, 9)]
      assert.ok(Math.abs(quantile(merge([one, one]), q) - quantile(one, q)) < 1e-6)
      assert.equal(quantile(merge([one, other]), q), quantile(merge([other, one]), q))
    }),
  )
})

test('a distribution survives JSON', () => {
  const merged = merge([reported([1, 2, 3, 10], 3), reported([5, 5, 5], 2)])
  assert.deepEqual(Distribution.parse(JSON.parse(JSON.stringify(merged))), merged)
  assert.equal(
    Distribution.safeParse([
      {
        count: 1,
        mean: 1,
        points: [
          [0, 2],
          [1, 1],
        ],
      },
    ]).success,
    false,
  )
})

test('every shape of k6 summary gives a distribution, or a sentence that says what is missing', () => {
  for (const version of k6Versions) {
    const summary = summaryOf(fixture(`${version}-handle-summary.json`))
    const metric = findMetric(summary, 'http_req_duration')
    assert.ok(metric)
    const made = distribution(metric, findMetric(summary, 'http_reqs')?.values.count)
    assert.ok(typeof made !== 'string', String(made))
    const { value, least, most } = percentile(made, 50)
    assert.ok(Math.abs(value / (metric.values.med ?? 0) - 1) < 1e-9)
    assert.ok(least <= value && value <= most)
  }
  const [sparse] = aSummary({ http_req_duration: { count: 5, med: 2, 'p(90)': 3 } }).metrics
  assert.match(String(sparse && distribution(sparse)), /lacks its minimum or maximum/)
  const [uncounted] = aSummary({ http_req_duration: { min: 1, med: 2, max: 3 } }).metrics
  assert.match(String(uncounted && distribution(uncounted)), /lacks the number of values/)
})

test('a percentile of merged parts lies between the values around its rank, whatever the sizes', () => {
  fc.assert(
    fc.property(
      fc.array(values, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 100 }),
      (parts, p) => {
        const all = parts.flat().sort((a, b) => a - b)
        const merged = merge(
          parts.map((part) => {
            const sorted = [...part].sort((a, b) => a - b)
            const each = sorted.map((value, rank) => [(100 * rank) / (sorted.length - 1), value] as const)
            return ofPercentiles(part.length, null, each)
          }),
        )
        // Each other part can shift it by half a value.
        const rank = (p / 100) * (all.length - 1)
        const off = (parts.length - 1) / 2 + 1e-9
        const at = (place: number) => all[Math.min(Math.max(place, 0), all.length - 1)] ?? Number.NaN
        const { value } = percentile(merged, p)
        assert.ok(value >= at(Math.floor(rank - off)) - 1e-6 && value <= at(Math.ceil(rank + off)) + 1e-6)
        if (parts.length === 1) assert.ok(Math.abs(value - type7(all, p / 100)) < 1e-6)
      },
    ),
  )
})

test('a count that is no number of values ends no search late', () => {
  for (const count of [Infinity, 1e300, 0.5, -5])
    assert.equal(
      ofPercentiles(count, null, [
        [0, 1],
        [50, 2],
        [99, 3],
        [100, 4],
      ]).length,
      1,
    )
})
