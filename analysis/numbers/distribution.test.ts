import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { quantileSorted } from 'simple-statistics'
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

const values = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 2, maxLength: 60 })
const share = fc.double({ min: 0, max: 1, noNaN: true })

test('with a point for every value, a quantile is exactly that of the values', () => {
  fc.assert(
    fc.property(values, share, (all, q) => {
      const { value, least, most } = quantile(reported(all, all.length - 1), q)
      const sorted = [...all].sort((a, b) => a - b)
      assert.ok(Math.abs(value - type7(sorted, q)) < 1e-6)
      assert.ok(least <= value && value <= most)
    }),
  )
})

test('the bounds hold however the values lie between the points', () => {
  fc.assert(
    fc.property(fc.array(values, { minLength: 1, maxLength: 4 }), share, (parts, q) => {
      const merged = merge(parts.map((part) => reported(part, 10)))
      const all = parts.flat().sort((a, b) => a - b)
      const { least, most } = quantile(merged, q)
      // Interpolation puts a known point up to one value beside its share.
      const slack = parts.length / all.length
      const around = (by: number) => quantileSorted(all, Math.min(1, Math.max(0, q + by)))
      assert.ok(around(-slack) <= most && around(slack) >= least, `${least} to ${most}`)
    }),
  )
})

test('quantile and share are inverse and ascending, from the minimum to the maximum', () => {
  fc.assert(
    fc.property(fc.array(values, { minLength: 1, maxLength: 3 }), share, share, (parts, a, b) => {
      const merged = merge(parts.map((part) => reported(part, 7)))
      const [low, high] = [Math.min(a, b), Math.max(a, b)]
      const [first, second] = [quantile(merged, low).value, quantile(merged, high).value]
      assert.ok(first <= second + 1e-9)
      assert.ok(cdf(merged, first) >= low - 1e-9)
      assert.equal(quantile(merged, 0).value, Math.min(...parts.flat()))
      assert.equal(quantile(merged, 1).value, Math.max(...parts.flat()))
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
      assert.ok(Math.abs(quantile(merge([one, one]), q).value - quantile(one, q).value) < 1e-6)
      assert.equal(quantile(merge([one, other]), q).value, quantile(merge([other, one]), q).value)
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
