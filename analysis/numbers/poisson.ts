/** P(X ≤ count) of a Poisson distribution with that mean; 0 where it is below what a number can hold. */
export function poissonAtMost(count: number, mean: number): number {
  let term = Math.exp(-mean)
  let sum = term
  for (let k = 1; k <= count; k++) {
    term *= mean / k
    sum += term
  }
  return Math.min(1, sum)
}
