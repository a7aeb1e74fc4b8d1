/** Correction factors for 2 to 9 values: Croux and Rousseeuw 1992, table 1. */
const smallQn = [0.399, 0.994, 0.512, 0.844, 0.611, 0.857, 0.669, 0.872]

/**
 * Qn: a robust and efficient spread, which outliers among up to half of the values cannot break. For normally
 * distributed values it estimates the standard deviation.
 * Source: Rousseeuw and Croux, "Alternatives to the Median Absolute Deviation", Journal of the American
 * Statistical Association 88, 1993; small-sample factors: Croux and Rousseeuw, "Time-Efficient Algorithms for
 * Two Highly Robust Estimators of Scale", COMPSTAT 1992.
 * @returns NaN for fewer than two values
 */
export function qn(values: readonly number[]): number {
  const n = values.length
  const distances = new Float64Array((n * (n - 1)) / 2)
  let at = 0
  for (let i = 1; i < n; i++)
    for (let j = 0; j < i; j++) distances[at++] = Math.abs((values[i] as number) - (values[j] as number))
  distances.sort()
  const half = Math.floor(n / 2) + 1
  const factor = smallQn[n - 2] ?? (n % 2 === 1 ? n / (n + 1.4) : n / (n + 3.8))
  return factor * 2.2219 * (distances[(half * (half - 1)) / 2 - 1] ?? Number.NaN)
}
