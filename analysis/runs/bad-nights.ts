import { binomialAtLeast } from '../numbers/binomial.ts'
import type { Change } from './changes.ts'
import { inARow } from './shifts.ts'

/** A busy neighbour may spoil one run in ten. */
const tolerated = 0.1

/** So unlikely must as many bad runs be if one in ten were bad; two of five in three nights are. */
const significance = 0.0025

/** Where few of many runs are bad, ten or thirty nights may show what three do not. */
const windows = [inARow, 10, 30]

/**
 * From when on too many runs were bad, and until when: more than one in ten in the exact binomial test, over
 * the last 3, 10 or 30 nights, and some in each of the last three. It ends after three nights without any, or
 * when it has lasted for ten and none of these show it. Unlike other changes it needs no nights before, so that
 * what was always bad is found too; `before` is 0 then. The values of each night are 0 or 1.
 */
export function badRunChanges(nights: readonly (readonly number[])[]): Change[] {
  const bad = nights.map((values) => values.filter((value) => value > 0).length)
  const share = (from: number, to: number) => sum(bad, from, to) / Math.max(1, runs(from, to))
  const counts = nights.map((values) => values.length)
  const runs = (from: number, to: number) => sum(counts, from, to)
  const many = (from: number, to: number) =>
    binomialAtLeast(sum(bad, from, to), runs(from, to), tolerated) <= significance
  const found: { index: number; seen: number }[] = []
  for (let end = inARow; end <= nights.length; end++) {
    const last = bad.slice(end - inARow, end)
    const open = found.length % 2 === 1
    const from = windows.map((window) => end - window).find((each) => each >= 0 && many(each, end))
    if (
      open &&
      (last.every((count) => count === 0) || (from === undefined && end - (found.at(-1)?.index ?? 0) >= 10))
    )
      found.push({ index: end - inARow, seen: end - 1 })
    if (!open && from !== undefined && last.every((count) => count > 0)) {
      const least = found.at(-1)?.index ?? 0
      const first = bad.findIndex((count, night) => night >= Math.max(from, least) && count > 0)
      found.push({ index: first, seen: end - 1 })
    }
  }
  return found.map(({ index, seen }, place) => {
    const before = share(found[place - 1]?.index ?? 0, index)
    const after = share(index, found[place + 1]?.index ?? nights.length)
    return {
      ...{ index, seen, before, after, by: after - before },
      ...{ scale: 'points', how: 'bad runs', returned: false },
      direction: place % 2 === 0 ? 'worse' : 'better',
    }
  })
}

const sum = (values: readonly number[], from: number, to: number): number =>
  values.slice(from, to).reduce((a, b) => a + b, 0)
