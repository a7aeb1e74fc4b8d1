import type { Run } from '../formats/run.ts'

/**
 * Jain's fairness index (Σx)² ÷ (n Σx²) of n shares: 1 when all are equal, 1/n when one has everything. Null
 * when there are none or all are 0.
 * Source: Jain, Chiu and Hawe, "A Quantitative Measure of Fairness and Discrimination", DEC-TR-301, 1984.
 */
export function jainFairness(shares: readonly number[]): number | null {
  const sum = shares.reduce((a, b) => a + b, 0)
  const squares = shares.reduce((a, b) => a + b * b, 0)
  return squares > 0 ? sum ** 2 / (shares.length * squares) : null
}

/** How evenly requests were spread over the pods that ran throughout; null for fewer than two of those. */
export function podFairness(run: Run | null): number | null {
  const served = (run?.target.cluster?.pods ?? []).flatMap(({ served }) => served ?? [])
  return served.length > 1 ? jainFairness(served) : null
}
