import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { mean, sampleWithReplacement, variance } from 'simple-statistics'
import { bca } from '../analysis/numbers/bootstrap.ts'
import { changePoints, eDivisive, energyStatistics } from '../analysis/numbers/change-points.ts'
import { type Distribution, merge, quantile } from '../analysis/numbers/distribution.ts'
import { benjaminiHochberg } from '../analysis/numbers/false-discovery.ts'
import { hodgesLehmann } from '../analysis/numbers/hodges-lehmann.ts'
import { cliffsDelta, mannWhitney } from '../analysis/numbers/mann-whitney.ts'
import { randomFrom } from '../analysis/numbers/random.ts'
import { type Fit, fitModels, linearised } from '../analysis/numbers/scaling-fit.ts'
import { standardErrors } from '../analysis/numbers/scaling-intervals.ts'
import { type Observation, peakOf, throughput } from '../analysis/numbers/scaling-law.ts'
import { studentQuantile } from '../analysis/numbers/student.ts'
import { jainFairness } from '../analysis/run/balance.ts'
import { littlesLaw } from '../analysis/run/stages.ts'

/** Published figures and those of independent implementations; where each is from stands in the file. */
type Case = {
  readonly id: string
  readonly topic: string
  // biome-ignore lint/suspicious/noExplicitAny: each topic has a shape of its own
  readonly data: any
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly expected: any
  readonly tolerance: Readonly<Record<string, number>>
}
const file = path.join(import.meta.dirname, 'fixtures/reference-cases.json')
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] }

function near(actual: number, expected: number, tolerance: Case['tolerance'], name = ''): void {
  const rel = tolerance[`${name}_rel`] ?? tolerance.rel ?? 0
  const allowed = tolerance[`${name}_abs`] ?? tolerance.abs ?? rel * Math.abs(expected)
  assert.ok(Math.abs(actual - expected) <= allowed, `${name} ${actual}, expected ${expected} ± ${allowed}`)
}

const runsOf = ({ n, x }: { n: number[]; x: number[] }): Observation[] =>
  n.map((replicas, index) => ({ replicas, rate: x[index] as number }))

const fitOf = (runs: readonly Observation[], model: Fit['model']): Fit =>
  fitModels(runs).find((fit) => fit.model === model) as Fit

const statistics = {
  mean: ([x = []]: number[][]) => mean(x),
  variance_ddof0: ([x = []]: number[][]) => variance(x),
  ratio_of_means: ([x = [], y = []]: number[][]) => mean(y) / mean(x),
}

const checks: Record<string, (each: Case) => void> = {
  'quantile.type7': ({ data, expected, tolerance }) => {
    // k6's own percentiles: a summary's grid is checked against raw points in test/main-job.test.ts.
    const sorted = [...data.x].sort((a: number, b: number) => a - b)
    const points = sorted.map((value: number, index: number): [number, number] => [
      sorted.length > 1 ? index / (sorted.length - 1) : 0,
      value,
    ])
    if (expected.error) {
      assert.throws(() => quantile([{ count: 1, mean: null, points }], Number.NaN))
      return
    }
    if (points.length === 1) points.push([1, sorted[0]])
    const distribution: Distribution = [{ count: sorted.length, mean: null, points }]
    data.q.forEach((q: number, index: number) => {
      near(quantile(distribution, q), expected[index], tolerance)
    })
  },
  mannwhitney: ({ data, expected, tolerance }) => {
    const { u, p } = mannWhitney(data.x, data.y)
    near(u, expected.U1, tolerance)
    near(p, expected.p_exact_two_sided ?? expected.p_exact_permutation_ties, tolerance)
    near(cliffsDelta(data.y, data.x), expected.cliffs_delta_x_vs_y, tolerance)
  },
  cliffs_delta: ({ data, expected, tolerance }) =>
    near(cliffsDelta(data.x, data.y), expected.delta_y_over_x, tolerance),
  benjamini_hochberg: ({ data, expected, tolerance }) => {
    const adjusted = benjaminiHochberg(data.p)
    adjusted.forEach((p, index) => {
      near(p, expected.adjusted[index], tolerance)
    })
    assert.deepEqual(
      adjusted.map((p) => p < data.alpha),
      expected.reject,
    )
  },
  hodges_lehmann: ({ data, expected, tolerance }) => {
    const { shift, interval } = hodgesLehmann(data.x, data.y)
    near(shift, expected.shift_y_minus_x, tolerance)
    near(interval?.low ?? Number.NaN, expected.ci95[0], tolerance)
    near(interval?.high ?? Number.NaN, expected.ci95[1], tolerance)
    near(interval?.confidence ?? Number.NaN, expected.achieved_conf, tolerance)
  },
  usl: ({ data, expected, tolerance }) => {
    const runs = runsOf(data)
    if (data.model === 'amdahl') {
      const fit = fitOf(runs, 'amdahl')
      near(fit.alpha, expected.sigma, tolerance)
      near(fit.gamma, expected.lambda, tolerance)
      return
    }
    if (data.model === 'usl2-linearised') {
      const { alpha, beta } = linearised(runs, data.lambda)
      near(alpha, expected.sigma, tolerance, 'sigma')
      near(beta, expected.kappa, tolerance, 'kappa')
      return
    }
    const fit = fitOf(runs, 'usl')
    near(fit.alpha, expected.sigma, tolerance, 'sigma')
    near(fit.beta, expected.kappa, tolerance, 'kappa')
    near(fit.gamma, expected.lambda, tolerance, 'lambda')
    if (expected.peak_n) near(peakOf(fit), expected.peak_n, tolerance, 'peak')
    if (expected.rss) near(fit.rss, expected.rss, tolerance)
    expected.predict?.forEach((rate: number, index: number) => {
      near(throughput(fit, data.n[index]), rate, tolerance, 'predict')
    })
    const [gamma = 0, alpha = 0, beta = 0] = standardErrors(runs, fit, ['alpha', 'beta'])
    if (expected.se) {
      near(alpha, expected.se[0], { rel: 0.002 })
      near(beta, expected.se[1], { rel: 0.002 })
      near(gamma, expected.se[2], { rel: 0.002 })
    }
    if (expected.ci95) {
      // That package's interval: two-sided 90 % of Student's t with one degree less than there are points.
      const factor = studentQuantile(0.95, runs.length - 1)
      for (const [name, value, error] of [
        ['sigma', fit.alpha, alpha],
        ['kappa', fit.beta, beta],
        ['lambda', fit.gamma, gamma],
      ] as const) {
        near(value - factor * error, expected.ci95[name][0], { rel: tolerance.ci_rel ?? 0 }, name)
        near(value + factor * error, expected.ci95[name][1], { rel: tolerance.ci_rel ?? 0 }, name)
      }
    }
  },
  amdahl: ({ data, expected, tolerance }) => {
    const fit = fitOf(runsOf(data), 'amdahl')
    near(fit.alpha, expected.sigma, tolerance)
    near(fit.gamma, expected.lambda, tolerance)
    if (expected.limit) near(fit.gamma / fit.alpha, expected.limit, tolerance)
    if (expected.rss) near(fit.rss, expected.rss, tolerance)
  },
  aicc: ({ data, expected, tolerance }) => {
    const fits = fitModels(runsOf(data))
    for (const { model, rss, aicc, weight } of fits) {
      near(rss, expected[model].rss, tolerance, 'rss')
      near(weight, expected[model].weight, { abs: 0.01 })
      if (expected[model].aicc === null) assert.equal(aicc, null)
      else near(aicc ?? Number.NaN, expected[model].aicc, tolerance, 'aicc')
    }
    const best = fits.reduce((a, b) => (b.weight > a.weight ? b : a))
    assert.equal(best.model, expected.best)
  },
  'bootstrap.bca': ({ data, expected, tolerance }) => {
    const samples: number[][] = data.y ? [data.x, data.y] : [data.x]
    const statistic = statistics[data.statistic as keyof typeof statistics]
    const random = randomFrom(7)
    const estimate = statistic(samples)
    near(estimate, expected.estimate, { abs: tolerance.estimate_abs ?? 1e-9 })
    const resampled = Array.from({ length: 20_000 }, () =>
      statistic(samples.map((values) => sampleWithReplacement(values, values.length, random))),
    )
    const left = samples.map((values, which) =>
      values.map((_, out) =>
        statistic(
          samples.map((each, at) => (at === which ? each.filter((_, place) => place !== out) : each)),
        ),
      ),
    )
    const { low, high } = bca(estimate, resampled, left, (1 - data.confidence) / 2)
    const [from, to] = expected.bca
    const width = (tolerance.bound_frac_of_width ?? 0) * (to - from)
    near(low, from, { abs: width || (tolerance.bound_rel ?? 0) * from })
    near(high, to, { abs: width || (tolerance.bound_rel ?? 0) * to })
  },
  little: ({ data, expected, tolerance }) => {
    if (expected.n) near(littlesLaw(data.x_per_s, 1000 * data.r_s), expected.n, tolerance)
    else near(littlesLaw(data.x_per_s, 1000 * (expected.r_s + data.z_s)), data.n, tolerance)
  },
  jain: ({ data, expected, tolerance }) => near(jainFairness(data.x) ?? -1, expected.index, tolerance),
  quantile_merge: ({ data, expected, tolerance }) => {
    const parts: Distribution[] = data.parts.map(
      ({ count, q, v }: { count: number; q: number[]; v: number[] }) => [
        { count, mean: null, points: q.map((share, index) => [share, v[index]]) },
      ],
    )
    data.q.forEach((q: number, index: number) => {
      near(quantile(merge(parts), q), expected.values[index], tolerance)
    })
  },
  energy_statistics: ({ data, expected, tolerance }) => {
    const { e, t, h } = energyStatistics(data.x, data.y)
    near(e, expected.e, tolerance)
    near(t, expected.t, tolerance)
    near(h, expected.h, tolerance)
  },
  'changepoint.otava': ({ data, expected }) => {
    const {
      window_len: window = 50,
      max_pvalue: significance = 0.01,
      min_magnitude: magnitude = 0,
    } = data.params
    assert.deepEqual(changePoints(data.series, { window, significance, magnitude }), expected.indexes)
  },
  'changepoint.edivisive': ({ data, expected }) => {
    for (const seed of [1, 2, 3]) assert.deepEqual(eDivisive(data.series, { seed }), expected.indexes)
  },
  'changepoint.any': ({ data, expected, tolerance }) => {
    const found = eDivisive(data.series, { significance: 0.001, permutations: 1999 })
    assert.equal(found.length, expected.indexes.length)
    found.forEach((index, place) => {
      near(index, expected.indexes[place], { abs: tolerance.index_abs ?? 0 })
    })
  },
}

describe('reference', () => {
  for (const each of cases) {
    test(`${each.topic}: ${each.id}`, () => {
      const check = checks[each.topic]
      assert.ok(check, `no check for ${each.topic}`)
      check(each)
    })
  }
})
