/**
 * p-values adjusted for their number, in the given order: of those below 0.05, at most 5 % are expected to be
 * false.
 * Source: Benjamini and Hochberg, "Controlling the False Discovery Rate", Journal of the Royal Statistical
 * Society B 57, 1995.
 */
export function benjaminiHochberg(p: readonly number[]): number[] {
  const descending = p.map((_, index) => index).sort((a, b) => (p[b] ?? 0) - (p[a] ?? 0))
  const adjusted = [...p]
  let least = 1
  descending.forEach((index, position) => {
    least = Math.min(least, ((p[index] ?? 1) * p.length) / (p.length - position))
    adjusted[index] = least
  })
  return adjusted
}
