import { inverse, Matrix, SingularValueDecomposition } from 'ml-matrix'
import { sum } from 'simple-statistics'
import type { Interval } from './hodges-lehmann.ts'
import { studentQuantile } from './student.ts'

/** One run: for each factor the index of its level, and the block of neighbours that it was made in. */
type Observation = { readonly levels: readonly number[]; readonly block: number; readonly value: number }

/** How much a level adds to the value, against level 0 of its factor. */
type MainEffect = {
  readonly factor: number
  readonly level: number
  readonly estimate: number
  /** Null where no run is left over to know the noise from. */
  readonly interval: Interval | null
}

/** An intercept, and a column for each level but the first of each factor. */
const indicators = (levels: readonly number[], counts: readonly number[]): number[] => [
  1,
  ...counts.flatMap((count, factor) =>
    Array.from({ length: count - 1 }, (_, level) => (levels[factor] === level + 1 ? 1 : 0)),
  ),
]

/** Whether cells tell the main effects of all factors apart; `counts`: how many levels each has. */
export function separates(cells: readonly (readonly number[])[], counts: readonly number[]): boolean {
  const columns = 1 + sum(counts.map((count) => count - 1))
  if (cells.length < columns) return false
  return (
    new SingularValueDecomposition(new Matrix(cells.map((cell) => indicators(cell, counts)))).rank === columns
  )
}

/**
 * Least squares of a sum of main effects of factors and blocks, with Student's intervals: right where the factors do not
 * depend on each other, as far as the noise is alike everywhere. Null where the cells do not tell the effects apart.
 * Source: Montgomery, Design and Analysis of Experiments, 8th edition, 2013, sections 10.3 and 10.5.
 */
export function mainEffects(
  observations: readonly Observation[],
  counts: readonly number[],
  confidence = 0.95,
): MainEffect[] | null {
  const cells = observations.map(({ levels }) => levels)
  if (!separates(cells, counts)) return null
  const blocks = [...new Set(observations.map(({ block }) => block))]
  const design = new Matrix(
    observations.map(({ levels, block }) => [
      ...indicators(levels, counts),
      ...blocks.slice(1).map((each) => (each === block ? 1 : 0)),
    ]),
  )
  if (new SingularValueDecomposition(design, { autoTranspose: true }).rank < design.columns) return null
  const values = Matrix.columnVector(observations.map(({ value }) => value))
  const scale = inverse(design.transpose().mmul(design))
  const fitted = scale.mmul(design.transpose()).mmul(values)
  const residuals = values.sub(design.mmul(fitted))
  const degrees = design.rows - design.columns
  const variance = sum(residuals.to1DArray().map((each) => each ** 2)) / degrees
  let column = 0
  return counts.flatMap((count, factor) =>
    Array.from({ length: count - 1 }, (_, level): MainEffect => {
      column++
      const estimate = fitted.get(column, 0)
      const half =
        degrees > 0
          ? studentQuantile((1 + confidence) / 2, degrees) * Math.sqrt(variance * scale.get(column, column))
          : null
      return {
        factor,
        level: level + 1,
        estimate,
        interval: half === null ? null : { low: estimate - half, high: estimate + half, confidence },
      }
    }),
  )
}
