import { mean } from 'simple-statistics'
import { randomFrom } from './random.ts'

type Sides = { readonly x: readonly number[]; readonly y: readonly number[] }

// As many divisions as eleven pairs in blocks of two are enumerated less; beyond, as many are drawn.
const most = 9999

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

/** Indexes of the runs, x before y, that may be exchanged, and how many of them are y's. */
type Block = { readonly runs: readonly number[]; readonly of: number }

function blocksOf(n: number, m: number, perBlock: number | null): Block[] {
  const all = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)
  if (perBlock === null) return [{ runs: all(0, n + m), of: m }]
  const count = Math.max(1, Math.floor(n / perBlock))
  return Array.from({ length: count }, (_, index) => {
    const [from, to] = [index * perBlock, index === count - 1 ? n : (index + 1) * perBlock]
    return { runs: [...all(from, to), ...all(n + from, n + to)], of: to - from }
  })
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

/** The runs that are y's in each way to divide the blocks; the first is the observed one where they are drawn. */
function* divisions(blocks: readonly Block[]): Generator<readonly number[]> {
  const ways = blocks.reduce((product, { runs, of }) => product * binomial(runs.length, of), 1)
  if (ways <= most) {
    yield* product(blocks.map(({ runs, of }) => choose(runs, of)))
    return
  }
  yield blocks.flatMap(({ runs, of }) => runs.slice(runs.length - of))
  const random = randomFrom(1)
  for (let drawn = 0; drawn < most; drawn++)
    yield blocks.flatMap(({ runs, of }) => {
      const left = [...runs]
      for (let taken = 0; taken < of; taken++) {
        const other = taken + Math.floor(random() * (left.length - taken))
        const here = left[taken] as number
        left[taken] = left[other] as number
        left[other] = here
      }
      return left.slice(0, of)
    })
}

function* product(parts: readonly (readonly (readonly number[])[])[]): Generator<readonly number[]> {
  const [first, ...others] = parts
  if (!first) yield []
  else for (const rest of product(others)) for (const each of first) yield [...each, ...rest]
}

const choose = (from: readonly number[], count: number): number[][] =>
  count === 0
    ? [[]]
    : from
        .slice(0, from.length - count + 1)
        .flatMap((value, index) => choose(from.slice(index + 1), count - 1).map((rest) => [value, ...rest]))

const binomial = (n: number, k: number): number =>
  Array.from({ length: k }, (_, index) => (n - index) / (index + 1)).reduce((a, b) => a * b, 1)
