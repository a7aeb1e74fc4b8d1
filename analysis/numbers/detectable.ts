import { fewestRuns } from './repeated.ts'
import { studentQuantile } from './student.ts'

/**
 * How many runs per side tell, in nine of ten comparisons, no change from one of twice `effect` (0.05: 5 %),
 * if their logarithms vary with this standard deviation: the 95 % interval of equal sides then lies within ±
 * `effect`. A true change of just `effect` is on the border, where no number of runs is enough. At least the
 * five that a verdict needs; null for more than a thousand.
 * Source: two one-sided tests as in Schuirmann, "A Comparison of the Two One-Sided Tests Procedure and the
 * Power Approach", Journal of Pharmacokinetics and Biopharmaceutics 15, 1987; × π/3 because ranks are less
 * efficient (Lehmann, Nonparametrics, 1975, section 2.4). Checked by simulation of the rule.
 */
export function runsToTell(deviation: number, effect: number): number | null {
  for (let runs = fewestRuns; runs <= 1000; runs++) {
    const error = deviation * Math.sqrt((2 / runs) * (Math.PI / 3))
    // 1.645: in one of ten comparisons equal sides are estimated farther apart than that many errors.
    if ((studentQuantile(0.975, 2 * runs - 2) + 1.645) * error <= Math.log1p(effect)) return runs
  }
  return null
}
