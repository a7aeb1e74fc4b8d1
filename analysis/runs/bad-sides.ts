import { sum } from 'simple-statistics'
import { cliffsDelta, mannWhitney } from '../numbers/mann-whitney.ts'
import { repeated } from '../numbers/repeated.ts'
import { badRuns, isBad } from '../run/bad-run.ts'
import type { RunStatistics } from '../run/statistics.ts'
import type { Compared } from './judgement.ts'

// By chance at most 0.5 % of equal sides differ that much, whatever their share of bad runs.
const significance = 0.02
/** Differences less likely than this by chance are not ignored. */
const doubtful = 0.1
/** Nor are as many more runs that had to be left out. */
const fewestLeftOut = 2

/**
 * Whether more runs of one side went wrong, as a figure beside the others; empty where none did. Leaving such runs out would hide just what makes a side
 * worse. For two values the exact Mann–Whitney test is Fisher's exact test.
 * @param share the part of the permitted error that this look may spend
 */
export function badSides(
  baseline: readonly RunStatistics[],
  candidate: readonly RunStatistics[],
  share: number,
): { compared: Compared[]; suspect: boolean } {
  const known = (runs: readonly RunStatistics[]) =>
    runs.flatMap((run) => {
      const bad = isBad(run)
      return bad === null ? [] : [Number(bad)]
    })
  const [x, y] = [known(baseline), known(candidate)]
  const leftOut = (runs: readonly RunStatistics[]) =>
    runs.filter(({ verdict }) => verdict.kind === 'invalid').length
  const suspect = leftOut(candidate) - leftOut(baseline) >= fewestLeftOut
  if (x.length === 0 || y.length === 0 || sum([...x, ...y]) === 0) return { compared: [], suspect }
  const { p } = mannWhitney(x, y)
  const change = sum(y) / y.length - sum(x) / x.length
  const judgement =
    p < significance * share
      ? change > 0
        ? 'worse'
        : 'better'
      : change === 0
        ? 'no difference'
        : 'cannot tell'
  return {
    compared: [
      {
        metric: badRuns,
        unit: 'share',
        better: 'lower',
        baseline: repeated(x),
        candidate: repeated(y),
        scale: 'difference',
        change,
        interval: null,
        p,
        adjusted: p,
        delta: cliffsDelta(x, y),
        judgement,
        runsNeeded: null,
      },
    ],
    suspect: suspect || (change > 0 && p < doubtful),
  }
}
