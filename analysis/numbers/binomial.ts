/**
 * P(X ≥ k) of k or more successes in n trials that each succeed with probability p: the exact sum. Source:
 * Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 26.1.20.
 */
export function binomialAtLeast(k: number, n: number, p: number): number {
  if (k <= 0) return 1
  if (p <= 0 || p >= 1) return p >= 1 && k <= n ? 1 : 0
  let [logChoose, sum] = [0, 0]
  for (let i = 0; i <= n; i++) {
    if (i > 0) logChoose += Math.log((n - i + 1) / i)
    if (i >= k) sum += Math.exp(logChoose + i * Math.log(p) + (n - i) * Math.log(1 - p))
  }
  return Math.min(1, sum)
}
