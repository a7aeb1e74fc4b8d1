import { inverse, Matrix } from 'ml-matrix'
import { mean, sampleWithReplacement } from 'simple-statistics'
import { z } from 'zod'
import { bca } from './bootstrap.ts'
import { normalBelow } from './normal.ts'
import { randomFrom } from './random.ts'
import { type Fit, freeOf, leastSquares, levelsOf, rssOf } from './scaling-fit.ts'
import { type Free, type Law, type Observation, peakOf } from './scaling-law.ts'
import { studentQuantile } from './student.ts'

const Bounds = z.object({ low: z.number(), high: z.number() }).nullable()

/** 95 % intervals of the parameters, and of the replicas at the peak; null where fixed or unknown. */
export const Intervals = z.object({ gamma: Bounds, alpha: Bounds, beta: Bounds, peak: Bounds }).nullable()
export type Intervals = z.infer<typeof Intervals>

/**
 * 95 % intervals by resampling the runs with each number of replicas. Small samples vary less than their
 * population, so deviations are stretched by √(n/(n−1)), and the tails are those that make a normal interval
 * as wide as Student's.
 * Source: Hesterberg, "What Teachers Should Know About the Bootstrap", The American Statistician 69, 2015,
 * section 4.
 */
export function bootstrap(runs: readonly Observation[], chosen: Fit, resamples: number): Intervals {
  const levels = levelsOf(runs)
  const random = randomFrom(1)
  const free = freeOf(chosen)
  const refit = (means: readonly number[]) =>
    leastSquares(
      levels.map((level, index) => ({ ...level, rate: means[index] ?? level.rate })),
      free,
      chosen,
    )
  const laws = Array.from({ length: resamples }, () =>
    refit(
      levels.map(({ rate, runs, rates }) => {
        const drawn = mean(sampleWithReplacement([...rates], runs, random))
        return rate + (drawn - rate) * Math.sqrt(runs / (runs - 1))
      }),
    ),
  )
  const left = levels.map(({ rate, runs, rates }, index) =>
    rates.map((omitted) =>
      refit(levels.map((each, at) => (at === index ? (rate * runs - omitted) / (runs - 1) : each.rate))),
    ),
  )
  const between = (of: (law: Law) => number) => {
    const finite = (law: Law) => Math.min(of(law), Number.MAX_SAFE_INTEGER)
    const without = left.map((each) => each.map(finite))
    const tail = normalBelow(studentQuantile(0.025, degreesOf(without)))
    return bca(finite(chosen), laws.map(finite), without, tail)
  }
  return {
    gamma: between(({ gamma }) => gamma),
    alpha: free.includes('alpha') ? between(({ alpha }) => alpha) : null,
    beta: free.includes('beta') ? between(({ beta }) => beta) : null,
    peak: free.includes('beta') ? between(peakOf) : null,
  }
}

/**
 * Degrees of freedom of an estimate to which the numbers of replicas contribute unequally, from the variance
 * of the estimates without one run. Source: Satterthwaite, "An Approximate Distribution of Estimates of
 * Variance Components", Biometrics Bulletin 2, 1946.
 */
function degreesOf(left: readonly (readonly number[])[]): number {
  const parts = left.map((values) => {
    const middle = mean([...values])
    const spread = values.reduce((sum, value) => sum + (value - middle) ** 2, 0)
    return { variance: spread * (1 - 1 / values.length), degrees: values.length - 1 }
  })
  const all = parts.reduce((sum, { variance }) => sum + variance, 0)
  const squares = parts.reduce((sum, { variance, degrees }) => sum + variance ** 2 / degrees, 0)
  return squares > 0 ? Math.max(1, Math.floor(all ** 2 / squares)) : 1
}

/**
 * Standard errors of γ and of the free ones of α and β, from the residuals: s² (JᵀJ)⁻¹, J the derivatives at
 * the fit.
 * Source: Bates and Watts, Nonlinear Regression Analysis, 1988, section 2.3.
 */
export function standardErrors(runs: readonly Observation[], law: Law, free: Free): number[] {
  const derivatives = runs.map(({ replicas: n }) => {
    const divisor = 1 + law.alpha * (n - 1) + law.beta * n * (n - 1)
    const slope = (-law.gamma * n * (n - 1)) / divisor ** 2
    return [n / divisor, ...free.map((name) => (name === 'alpha' ? slope : slope * n))]
  })
  // Scaled to their size, since β is orders of magnitude smaller than γ.
  const units = [0, ...free].map((_, column) =>
    Math.sqrt(derivatives.reduce((sum, row) => sum + (row[column] ?? 0) ** 2, 0)),
  )
  const jacobian = new Matrix(
    derivatives.map((row) => row.map((value, column) => value / (units[column] ?? 1))),
  )
  const covariance = inverse(jacobian.transpose().mmul(jacobian))
  const variance = rssOf(runs, law) / (runs.length - units.length)
  return units.map((unit, index) => Math.sqrt(variance * covariance.get(index, index)) / unit)
}

/** 95 % intervals without repeats; null for too few runs. */
export function fromResiduals(runs: readonly Observation[], chosen: Fit): Intervals {
  const free = freeOf(chosen)
  const degrees = runs.length - free.length - 1
  if (degrees < 1) return null
  const errors = standardErrors(runs, chosen, free)
  const factor = studentQuantile(0.975, degrees)
  const around = (name: keyof Law) => {
    const place = name === 'gamma' ? 0 : free.indexOf(name) + 1
    const half = factor * (errors[place] ?? 0)
    return { low: Math.max(0, chosen[name] - half), high: chosen[name] + half }
  }
  return {
    gamma: around('gamma'),
    alpha: free.includes('alpha') ? around('alpha') : null,
    beta: free.includes('beta') ? around('beta') : null,
    // A function of two correlated estimates, so it needs repeats.
    peak: null,
  }
}
