import { largest } from './extremes.ts'
import { separates } from './main-effects.ts'
import { randomFrom } from './random.ts'

// More candidates find hardly fewer cells.
const candidates = 30

/**
 * Cells, each with the index of a level for each factor, in which every two levels of different factors meet at least
 * once, and from which the main effects of all factors can be told apart. The greedy search of Cohen, Dalal, Fredman and
 * Patton, "The AETG System", IEEE Transactions on Software Engineering 23, 1997; every cell adds something, so there are
 * never more than all combinations. The same every time.
 * @param counts how many levels each factor has
 */
export function coveringDesign(counts: readonly number[]): number[][] {
  const random = randomFrom(1)
  const key = (f: number, a: number, g: number, b: number) =>
    f < g ? `${f} ${a} ${g} ${b}` : `${g} ${b} ${f} ${a}`
  const open = new Map<string, readonly [f: number, a: number, g: number, b: number]>()
  counts.forEach((count, f) => {
    for (let g = f + 1; g < counts.length; g++)
      for (let a = 0; a < count; a++)
        for (let b = 0; b < (counts[g] ?? 0); b++) open.set(key(f, a, g, b), [f, a, g, b])
  })
  const pairsOf = (cell: ReadonlyMap<number, number>) =>
    [...cell].flatMap(([f, a], index) => [...cell].slice(index + 1).map(([g, b]) => key(f, a, g, b)))

  /** A cell that has an open pair, and for each further factor the level that has the most with those before it. */
  function candidate(): { cell: Map<number, number>; covers: number } {
    const pairs = [...open.values()]
    const [f, a, g, b] = pairs[Math.floor(random() * pairs.length)] as (typeof pairs)[number]
    const cell = new Map([
      [f, a],
      [g, b],
    ])
    const rest = counts.map((_, factor) => factor).filter((factor) => !cell.has(factor))
    for (let left = rest.length; left > 0; left--) {
      const [factor = 0] = rest.splice(Math.floor(random() * left), 1)
      const meets = Array.from(
        { length: counts[factor] ?? 1 },
        (_, level) => [...cell].filter(([other, at]) => open.has(key(factor, level, other, at))).length,
      )
      const most = largest(meets)
      const best = meets.flatMap((count, level) => (count === most ? [level] : []))
      cell.set(factor, best[Math.floor(random() * best.length)] ?? 0)
    }
    return { cell, covers: pairsOf(cell).filter((pair) => open.has(pair)).length }
  }

  const cells: number[][] =
    counts.length === 1 ? Array.from({ length: counts[0] ?? 0 }, (_, level) => [level]) : []
  while (open.size > 0) {
    const found = Array.from({ length: candidates }, candidate)
    const { cell } = found.reduce((a, b) => (b.covers > a.covers ? b : a))
    for (const pair of pairsOf(cell)) open.delete(pair)
    cells.push(counts.map((_, factor) => cell.get(factor) ?? 0))
  }
  return separable(cells, counts)
}

/** With cells that differ from the first in one factor, as many as it takes: with all of them the effects are apart. */
function separable(cells: readonly number[][], counts: readonly number[]): number[][] {
  const [first = []] = cells
  const others = counts.flatMap((count, factor) =>
    Array.from({ length: count }, (_, level) => first.map((at, index) => (index === factor ? level : at))),
  )
  const all = [...cells]
  for (const other of others) {
    if (separates(all, counts)) break
    if (!all.some((cell) => cell.every((level, factor) => level === other[factor]))) all.push(other)
  }
  return all
}
