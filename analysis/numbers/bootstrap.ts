import { mean, probit, quantileSorted } from 'simple-statistics'
import { normalBelow } from './normal.ts'

/**
 * The bias-corrected and accelerated interval of an estimate, from resampled estimates (`resampled`) and the
 * estimates without each observation (`left`, a list per sample). `tail` is the share outside at each end:
 * 0.025 for 95 %.
 * Source: Efron, "Better Bootstrap Confidence Intervals", Journal of the American Statistical Association 82,
 * 1987; for several samples as in Davison and Hinkley, Bootstrap Methods and their Application, 1997, section
 * 5.3.
 */
export function bca(
  estimate: number,
  resampled: readonly number[],
  left: readonly (readonly number[])[],
  tail: number,
): { low: number; high: number } {
  const sorted = [...resampled].sort((a, b) => a - b)
  const below = sorted.filter((value) => value < estimate).length
  const equal = sorted.filter((value) => value === estimate).length
  const share = (below + equal / 2) / sorted.length
  // With everything on one side the bias is unknown, so assume that the estimate is at the edge.
  const bias = probit(Math.min(Math.max(share, 1 / sorted.length), 1 - 1 / sorted.length))
  let [cubes, squares] = [0, 0]
  for (const values of left) {
    const middle = mean([...values])
    for (const value of values) {
      const influence = ((values.length - 1) * (middle - value)) / values.length
      cubes += influence ** 3
      squares += influence ** 2
    }
  }
  const acceleration = squares > 0 ? cubes / (6 * squares ** 1.5) : 0
  // Below this probit is infinite, and no number of resamples reaches as far.
  const far = -probit(Math.max(tail, 1e-12))
  const end = (z: number) => {
    const slope = 1 - acceleration * (bias + z)
    // Beyond its pole the correction would come back from the other side.
    const moved = slope > 0 ? normalBelow(bias + (bias + z) / slope) : z > 0 ? 1 : 0
    return quantileSorted(sorted, Math.min(Math.max(moved, 0), 1))
  }
  return { low: end(-far), high: end(far) }
}
