import { sum } from 'simple-statistics'
import { largest } from './extremes.ts'
import { studentQuantile } from './student.ts'
import { theilSen } from './trend.ts'

/** A slope per step with its interval. */
export type Slope = { readonly slope: number; readonly low: number; readonly high: number }

/**
 * The Theil–Sen slope of evenly spaced values with an interval that allows for neighbours that resemble one another: the
 * standard error of a least squares slope, larger by √(n/n*), the effective sample size of a first-order autoregression
 * with the correlation of neighbouring residuals; that is corrected for its bias, and never taken as negative. (Sen's own
 * interval counts pairs that rise, so that a smooth curve that always rises could not be told from chance.) Null for
 * fewer than ten values.
 * Sources: Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau", Journal of the American Statistical
 * Association 63, 1968; the effective sample size: Bayley and Hammersley, "The 'Effective' Number of Independent
 * Observations in an Autocorrelated Time Series", Supplement to the Journal of the Royal Statistical Society 8, 1946;
 * its use for trends: Santer et al., Journal of Geophysical Research 105, 2000; the bias: Marriott and Pope, "Bias in the
 * Estimation of Autocorrelations", Biometrika 41, 1954.
 */
export function slopeOf(values: readonly number[], confidence: number): Slope | null {
  const n = values.length
  if (n < 10) return null
  const { slope, intercept } = theilSen(values)
  const off = values.map((value, x) => value - intercept - slope * x)
  const mean = sum(off) / n
  const variance = sum(off.map((each) => (each - mean) ** 2)) / (n - 2)
  const error = Math.sqrt((12 * variance * inflation(neighbourCorrelation(values), n)) / (n ** 3 - n))
  const half = studentQuantile((1 + confidence) / 2, n - 2) * error
  return { slope, low: slope - half, high: slope + half }
}

/** n/n* of a first-order autoregression: 1 + 2 Σ (1 − k/n) ρᵏ. */
const inflation = (correlation: number, n: number): number =>
  1 + 2 * sum(Array.from({ length: n - 1 }, (_, k) => (1 - (k + 1) / n) * correlation ** (k + 1)))

/**
 * The correlation of each value's residual with the next one's; 0 where it is negative. Residuals are from a parabola: a
 * trend that bends would make them look alike.
 */
function neighbourCorrelation(values: readonly number[]): number {
  const n = values.length
  const off = withoutParabola(values)
  const square = sum(off.map((each) => each ** 2))
  // What is left of equal values is rounding.
  if (square <= n * (1e-12 * largest(values.map(Math.abs))) ** 2) return 0
  const product = sum(off.slice(1).map((each, index) => each * (off[index] as number)))
  // Of residuals of a parabola, E(r) ≈ ρ − (3 + 5ρ)/n.
  return Math.min(0.95, Math.max(0, (product / square + 3 / n) / (1 - 5 / n)))
}

/** Residuals of the least squares fit, by Gram–Schmidt: constant, line and parabola of evenly spaced values. */
function withoutParabola(values: readonly number[]): number[] {
  const n = values.length
  const line = values.map((_, x) => x - (n - 1) / 2)
  const bend = line.map((x) => x * x - (n * n - 1) / 12)
  return [values.map(() => 1), line, bend].reduce(
    (left, axis) => {
      const dot = (other: readonly number[]) => sum(axis.map((each, x) => each * (other[x] as number)))
      const share = dot(left) / dot(axis)
      return left.map((each, x) => each - share * (axis[x] as number))
    },
    [...values],
  )
}
