import { mean } from 'simple-statistics'
import { type Block, blocksOf, divisions } from './divisions.ts'

type Sides = { readonly x: readonly number[]; readonly y: readonly number[] }

/**
 * p-values of figures that were measured in the same runs, adjusted for their number, in the given order: that
 * any is below a level although nothing differs is no more likely than that level, however the figures depend
 * on each other. Runs, with all of their figures, are exchanged between the sides; each figure's t is compared
 * with the greatest of its own and those of the less significant figures. So the least p is that of the number
 * of divisions, not times the number of figures. Exact up to 9,999 divisions; beyond, of that many drawn ones
 * with a fixed seed. x[i] of every figure is of one run, and so is y[i].
 * Source: Westfall and Young, Resampling-Based Multiple Testing, 1993, algorithm 4.1 (step-down max T).
 * @param perBlock runs measured in turns are exchanged only within blocks of as many neighbours of each side,
 * the last one with what is left over
 */
export function westfallYoung(figures: readonly Sides[], perBlock: number | null = null): number[] {
  const [first] = figures
  if (!first) return []
  const [n, m] = [first.x.length, first.y.length]
  const blocks = blocksOf(n, m, perBlock)
  const order = figures
    .map((figure, index) => {
      const values = standardised(figure, blocks)
      return { index, values, observed: Math.abs(sumOf(values.slice(n))) }
    })
    .sort((a, b) => b.observed - a.observed)
  const reached = order.map(() => 0)
  let count = 0
  for (const candidate of divisions(blocks)) {
    count++
    let greatest = 0
    for (let place = order.length - 1; place >= 0; place--) {
      const { values, observed } = order[place] as (typeof order)[number]
      let sum = 0
      for (const at of candidate) sum += values[at] as number
      greatest = Math.max(greatest, Math.abs(sum))
      if (greatest >= observed - 1e-9) reached[place] = (reached[place] as number) + 1
    }
  }
  const adjusted = figures.map(() => 1)
  let least = 0
  order.forEach(({ index }, place) => {
    least = Math.max(least, (reached[place] as number) / count)
    adjusted[index] = least
  })
  return adjusted
}

/**
 * Values around the mean of their block, with a sum of squares of 1: their sum over one side grows with the t of
 * the difference, by the same function for all figures.
 */
function standardised({ x, y }: Sides, blocks: readonly Block[]): number[] {
  const values = [...x, ...y]
  for (const { runs } of blocks) {
    const middle = mean(runs.map((at) => values[at] as number))
    for (const at of runs) values[at] = (values[at] as number) - middle
  }
  const size = Math.sqrt(sumOf(values.map((value) => value ** 2)))
  return values.map((value) => (size > 0 ? value / size : 0))
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
