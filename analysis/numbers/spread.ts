import { standardDeviation } from 'simple-statistics'

/** Of small samples; Croux and Rousseeuw 1992, table 1, for 2 to 9 values. */
const smallQn = [0.399, 0.994, 0.512, 0.844, 0.611, 0.857, 0.669, 0.872]

/**
 * Qn: a spread that half of the values cannot spoil, as exact as most; the standard deviation where they are normal.
 * Source: Rousseeuw and Croux, "Alternatives to the Median Absolute Deviation", Journal of the American Statistical
 * Association 88, 1993; factors for few values: Croux and Rousseeuw, "Time-Efficient Algorithms for Two Highly Robust
 * Estimators of Scale", COMPSTAT 1992.
 * @returns NaN for fewer than two values
 */
export function qn(values: readonly number[]): number {
  const n = values.length
  const apart = new Float64Array((n * (n - 1)) / 2)
  let at = 0
  for (let i = 1; i < n; i++)
    for (let j = 0; j < i; j++) apart[at++] = Math.abs((values[i] as number) - (values[j] as number))
  apart.sort()
  const half = Math.floor(n / 2) + 1
  const factor = smallQn[n - 2] ?? (n % 2 === 1 ? n / (n + 1.4) : n / (n + 3.8))
  return factor * 2.2219 * (apart[(half * (half - 1)) / 2 - 1] ?? Number.NaN)
}

export const sampleDeviation = (values: readonly number[]): number =>
  standardDeviation([...values]) * Math.sqrt(values.length / (values.length - 1))
