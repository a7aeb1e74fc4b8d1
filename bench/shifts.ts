import { mean, median, probit } from 'simple-statistics'
import { percent } from '../analysis/formats/words.ts'
import { shiftFunction } from '../analysis/numbers/shift-function.ts'
import { samplesNeeded } from '../analysis/run/figures.ts'
import { comparedPercentiles } from '../analysis/run/kept.ts'
import { many, normal, random, rate, rounds, row } from './noises.ts'

const requests = 2000
const percentiles = comparedPercentiles.filter((p) => samplesNeeded(p) <= requests)

/** A run's percentiles of type 7, from sorted uniform numbers: sums of exponential ones. */
function runOf(quantile: (share: number) => number, factor: number): number[] {
  const sums = new Float64Array(requests + 1)
  let sum = 0
  for (let index = 0; index <= requests; index++) {
    sum -= Math.log(1 - random())
    sums[index] = sum
  }
  const nth = (index: number) => factor * quantile((sums[index] as number) / sum)
  return percentiles.map((p) => {
    const at = ((requests - 1) * p) / 100
    const [below, share] = [Math.floor(at), at % 1]
    return (1 - share) * nth(below) + share * nth(Math.min(below + 1, requests - 1))
  })
}

const usual = (share: number) => 10 * Math.exp(0.5 * probit(share))

/** Where a quantile jumps, every value between is one. */
type Truth = (p: number) => readonly [low: number, high: number]
const changes: [string, (share: number) => number, Truth][] = [
  ['the same', usual, () => [1, 1]],
  ['10 % slower', (share) => 1.1 * usual(share), () => [1.1, 1.1]],
  [
    'slowest 2 % × 2',
    (share) => (share > 0.98 ? 2 : 1) * usual(share),
    (p) => [p > 98 ? 2 : 1, p >= 98 ? 2 : 1],
  ],
]

/** Deviations of the runs: 3 % each, or 1 % and a drift of 3 % that is correlated 0.9 from one run to the next. */
function factors(count: number, drifts: boolean): number[] {
  let level = normal()
  return many(() => {
    level = 0.9 * level + Math.sqrt(1 - 0.9 ** 2) * normal()
    return Math.exp(drifts ? 0.03 * level + 0.01 * normal() : 0.03 * normal())
  }, count)
}

/** How often the band of the shift function contains all of the true one. */
export function shifts(): void {
  const count = Math.ceil(rounds / 5)
  console.log(
    `\nShift functions of ${percentiles.length} percentiles, ${requests} requests a run, ${count} of each: how often the band holds all of the true one`,
  )
  row('', ['covers', 'says', 'p50 alone', 'width at p50', 'width at p99'])
  for (const drifts of [false, true])
    for (const runs of drifts ? [10, 20] : [5, 10, 20])
      for (const [name, quantile, truth] of changes) {
        const drawn = many(() => {
          const all = factors(2 * runs, drifts)
          const [a, b] = [0, 1].map((side) =>
            all
              .filter((_, at) => at % 2 === side)
              .map((factor) => runOf(side === 0 ? usual : quantile, factor)),
          ) as [number[][], number[][]]
          const sides = percentiles.map((_, at) => ({
            x: a.map((run) => Math.log(run[at] as number)),
            y: b.map((run) => Math.log(run[at] as number)),
          }))
          const found = shiftFunction(sides, { perBlock: drifts ? 2 : null })
          const covered = found.shifts.map(({ interval }, at) => {
            const [low, high] = truth(percentiles[at] as number)
            return interval !== null && interval.low <= Math.log(high) && interval.high >= Math.log(low)
          })
          const width = (p: number) => {
            const interval = found.shifts[percentiles.indexOf(p)]?.interval
            return interval ? interval.high - interval.low : Number.NaN
          }
          return {
            covers: Number(covered.every(Boolean)),
            says: found.confidence ?? 0,
            alone: Number(covered[percentiles.indexOf(50)]),
            widths: [width(50), width(99)] as const,
          }
        }, count)
        row(`${name}, ${runs} a side${drifts ? ', in turns, with drift' : ''}`, [
          rate(mean(drawn.map(({ covers }) => covers)), count),
          percent(mean(drawn.map(({ says }) => says))),
          rate(mean(drawn.map(({ alone }) => alone)), count),
          percent(median(drawn.map(({ widths }) => widths[0]))),
          percent(median(drawn.map(({ widths }) => widths[1]))),
        ])
      }
}
