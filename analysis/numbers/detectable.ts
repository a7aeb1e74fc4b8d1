import { sampleStandardDeviation } from 'simple-statistics'
import { fewestRuns } from './repeated.ts'
import { studentQuantile } from './student.ts'

/**
 * How many runs per side tell, in nine of ten comparisons, no change from one of twice `effect` (0.05: 5 %),
 * if they vary as these do: the 95 % interval of equal sides then lies within ± `effect`. A true change of
 * just `effect` is on the border, where no number of runs is enough. At least the five that a verdict needs;
 * null for fewer than two runs on a side, values of 0 or less, or more than a thousand runs.
 * Source: two one-sided tests as in Schuirmann, "A Comparison of the Two One-Sided Tests Procedure and the
 * Power Approach", Journal of Pharmacokinetics and Biopharmaceutics 15, 1987, on logarithms; × π/3 because
 * ranks are less efficient (Lehmann, Nonparametrics, 1975, section 2.4). Checked by simulation of the rule.
 */
export function runsToTell(x: readonly number[], y: readonly number[], effect: number): number | null {
  if (x.length < 2 || y.length < 2 || [...x, ...y].some((value) => value <= 0)) return null
  const [a, b] = [sampleStandardDeviation(x.map(Math.log)), sampleStandardDeviation(y.map(Math.log))]
  const variance = ((x.length - 1) * a ** 2 + (y.length - 1) * b ** 2) / (x.length + y.length - 2)
  for (let runs = fewestRuns; runs <= 1000; runs++) {
    const error = Math.sqrt(((2 * variance) / runs) * (Math.PI / 3))
    // 1.645: equal sides are estimated further apart than that many errors in one of ten comparisons.
    if ((studentQuantile(0.975, 2 * runs - 2) + 1.645) * error <= Math.log1p(effect)) return runs
  }
  return null
}
