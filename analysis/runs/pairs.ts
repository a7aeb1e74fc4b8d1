import type { RunStatistics } from '../run/statistics.ts'

type Pairs = { readonly a: readonly RunStatistics[]; readonly b: readonly RunStatistics[] }

// Fewer make too few blocks to show a change of one figure alone; without a drift eight find as much as two
// sets of eight (bench/statistics.ts).
export const fewestPairs = 8

/**
 * The runs that a series made as pairs, a[i] with b[i]: those with the same repeat number. Null for fewer than
 * eight pairs, and unless both are of one series, each with each repeat at most once.
 */
export function pairsOf(a: readonly RunStatistics[], b: readonly RunStatistics[]): Pairs | null {
  const [left, right] = [byRepeat(a), byRepeat(b)]
  if (!left || !right || new Set([...a, ...b].map(({ run }) => run?.labels.series)).size > 1) return null
  const both = [...left.keys()].filter((repeat) => right.has(repeat))
  if (both.length < fewestPairs) return null
  const pick = (side: ReadonlyMap<string, RunStatistics>) => both.flatMap((repeat) => side.get(repeat) ?? [])
  return { a: pick(left), b: pick(right) }
}

function byRepeat(runs: readonly RunStatistics[]): Map<string, RunStatistics> | null {
  const found = new Map<string, RunStatistics>()
  for (const run of runs) {
    const [, repeat] = /\.(\d+)$/.exec(run.run?.labels.cell ?? '') ?? []
    if (!repeat || !run.run?.labels.side || found.has(repeat)) return null
    found.set(repeat, run)
  }
  return found
}
