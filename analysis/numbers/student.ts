/**
 * The quantile `q` of Student's t with that many degrees of freedom, by bisection of its distribution
 * function: the closed forms for integer degrees, Abramowitz and Stegun, Handbook of Mathematical Functions,
 * 1964, 26.7.3 and 26.7.4.
 */
export function studentQuantile(q: number, degrees: number): number {
  if (q < 0.5) return -studentQuantile(1 - q, degrees)
  let [low, high] = [0, 1]
  while (studentBetween(high, degrees) < 2 * q - 1) high *= 2
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2
    if (studentBetween(middle, degrees) < 2 * q - 1) low = middle
    else high = middle
  }
  return high
}

/** P(|T| < t). */
export function studentBetween(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees))
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)]
  const odd = degrees % 2 === 1
  let term = odd ? cos : 1
  let sum = degrees === 1 ? 0 : term
  for (let k = odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= (cos * cos * (k - 1)) / k
    sum += term
  }
  return odd ? (2 / Math.PI) * (angle + sin * sum) : sin * sum
}
