/**
 * P(Z > z) of the standard normal distribution, for z ≥ 0: by series near the middle, by continued fraction
 * in the tail. Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 26.2.10 and 26.2.14.
 */
export function upperNormal(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
  if (z < 3) {
    let [term, sum] = [z, z]
    for (let k = 1; Math.abs(term) > 1e-17; k++) {
      term *= (z * z) / (2 * k + 1)
      sum += term
    }
    return 0.5 - density * sum
  }
  let fraction = z
  for (let k = 100; k > 0; k--) fraction = z + k / fraction
  return density / fraction
}

/** The share of the standard normal distribution below z. */
export const normalBelow = (z: number): number => (z < 0 ? upperNormal(-z) : 1 - upperNormal(z))
