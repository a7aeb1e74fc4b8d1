import { randomFrom } from './random.ts'

// As many divisions as eleven pairs in blocks of two are enumerated less; beyond, as many are drawn.
const most = 9999

/** Indexes of the runs, x before y, that may be exchanged, and how many of them are y's. */
export type Block = { readonly runs: readonly number[]; readonly of: number }

/**
 * All n + m runs as one block; of runs measured in turns, x[i] and y[i], blocks of `perBlock` neighbours of each side,
 * the last one with what is left over.
 */
export function blocksOf(n: number, m: number, perBlock: number | null): Block[] {
  const all = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)
  if (perBlock === null) return [{ runs: all(0, n + m), of: m }]
  const count = Math.max(1, Math.floor(n / perBlock))
  return Array.from({ length: count }, (_, index) => {
    const [from, to] = [index * perBlock, index === count - 1 ? n : (index + 1) * perBlock]
    return { runs: [...all(from, to), ...all(n + from, n + to)], of: to - from }
  })
}

/**
 * The runs that are y's in each way to divide the blocks: all up to 9,999 ways; beyond, the observed one and as many
 * drawn with a fixed seed.
 */
export function* divisions(blocks: readonly Block[]): Generator<readonly number[]> {
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
