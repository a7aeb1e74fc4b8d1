import { mean, median, sampleVariance } from 'simple-statistics'
import { number, percent } from '../analysis/formats/words.ts'
import { hodgesLehmann, hodgesLehmannInTurns, type Interval } from '../analysis/numbers/hodges-lehmann.ts'
import { normalBelow } from '../analysis/numbers/normal.ts'
import { fewestRuns, repeated } from '../analysis/numbers/repeated.ts'
import type { RunStatistics } from '../analysis/run/statistics.ts'
import { compare, isDecided } from '../analysis/runs/compare.ts'
import type { Judgement } from '../analysis/runs/judgement.ts'
import { segments } from '../test/segments.ts'
import { laws, recommendations } from './capacity.ts'
import { names } from './names.ts'
import {
  drifting,
  lognormal,
  many,
  type Noise,
  normal,
  rate,
  rounds,
  row,
  type Slower,
  settings,
  sides,
} from './noises.ts'
import { shifts } from './shifts.ts'

/**
 * Checks the statistics' claims by seeded simulation: the false-alarm rate of comparisons without a
 * difference, the detection rate of a real slowdown, and the coverage of intervals; the first two for other
 * common rules too. BENCH_ROUNDS (10000) shortens it.
 */

const share = (judgements: readonly Judgement[], which: Judgement) =>
  judgements.filter((judgement) => judgement === which).length / judgements.length

/** Compares one run with one run: an alarm if p95 is over 5 % higher. */
const fixedRule = ([a, b]: [RunStatistics[], RunStatistics[]]) =>
  (b[0]?.total.p95Ms ?? 0) / (a[0]?.total.p95Ms ?? 1) > 1.05

/** Welch's t test on each side's pooled requests: an alarm at p < 0.05 with a slower mean. */
function pooledRule(noise: Noise, runs: number, slower: number): boolean {
  const pool = (factor: number) =>
    many(() => noise().meanMs * factor, runs).flatMap((run) =>
      many(() => run * Math.exp(0.5 * normal()), 500),
    )
  const [a, b] = [pool(1), pool(slower)]
  const error = Math.sqrt(sampleVariance(a) / a.length + sampleVariance(b) / b.length)
  return 2 * normalBelow(-Math.abs(mean(b) - mean(a)) / error) < 0.05 && mean(b) > mean(a)
}

function verdicts(): void {
  console.log(
    `\nComparisons of all figures of a scenario, ${rounds} of each, in turns; ten a side are paired`,
  )
  row('', ['same: worse', 'same: better', '10 % slower: worse', 'p99 × 1.3: worse'])
  for (const [name, noise] of settings()) {
    for (const runs of [5, 10]) {
      const judged = (slower: Slower) => many(() => compare(...sides(noise, runs, slower)).judgement)
      const same = judged({ by: 1 })
      row(`${name}, ${runs} runs a side`, [
        rate(share(same, 'worse')),
        rate(share(same, 'better')),
        rate(share(judged({ by: 1.1 }), 'worse')),
        rate(share(judged({ by: 1.3, only: 'p99Ms' }), 'worse')),
      ])
    }
  }
  console.log('\nOther rules, 3 % noise')
  row('', ['same: alarm', '', '10 % slower: alarm'])
  const noise = lognormal(0.03)
  const fixed = (slower: number) =>
    many(() => fixedRule(sides(noise, 1, { by: slower }))).filter(Boolean).length / rounds
  row('one run against one, p95 beyond 5 %', [rate(fixed(1)), '', rate(fixed(1.1))])
  const fewer = Math.ceil(rounds / 20)
  const pooled = (slower: number) =>
    many(() => pooledRule(noise, 10, slower), fewer).filter(Boolean).length / fewer
  row('t test on pooled requests of 10 runs a side', [rate(pooled(1), fewer), '', rate(pooled(1.1), fewer)])
}

/** The same comparison looked at after each repeat from the fifth on, and ended when it is decided. */
function stopping(): void {
  const count = Math.ceil(rounds / 10)
  console.log(
    `\nEnding when decided, ${count} comparisons of each: error and repeats against all repeats at once`,
  )
  row('', ['same: worse', '10 % slower: worse', 'repeats: same', 'repeats: slower'])
  for (const [name, noise] of settings()) {
    for (const most of [10, 20]) {
      const looks = most - fewestRuns + 1
      const ended = (by: number) =>
        many(() => {
          const all = sides(noise, most, { by }).map((runs) => runs.map(withLabel('looks', String(looks))))
          for (let repeat = fewestRuns; ; repeat++) {
            const [a = [], b = []] = all.map((runs) => runs.slice(0, repeat))
            const [group] = compare(a, b).groups
            if (repeat === most || (group && isDecided(group))) return { repeat, judgement: group?.judgement }
          }
        }, count)
      const [same, slower] = [ended(1), ended(1.1)]
      const worse = (all: typeof same) =>
        rate(all.filter(({ judgement }) => judgement === 'worse').length / count, count)
      row(`${name}, at most ${most} repeats`, [
        worse(same),
        worse(slower),
        ...[same, slower].map((all) => number(mean(all.map(({ repeat }) => repeat)))),
      ])
    }
  }
}

const withLabel =
  (name: string, value: string) =>
  (each: RunStatistics): RunStatistics => ({
    ...each,
    run: each.run && { ...each.run, labels: { ...each.run.labels, [name]: value } },
  })

function sessions(): void {
  const noise = lognormal(0.03)
  console.log('\nA shift between sessions, or a drift through them, 10 runs a side, no difference')
  row('', ['in turns: worse', 'apart: worse'])
  const alarms = (what: Parameters<typeof sides>[3]) =>
    rate(
      share(
        many(() => compare(...sides(noise, 10, { by: 1 }, what)).judgement),
        'worse',
      ),
    )
  const both = (what: { shift?: number; drift?: number }) =>
    [true, false].map((inTurns) => alarms({ ...what, inTurns }))
  for (const shift of [0, 0.01, 0.02])
    row(`standard deviation of ${percent(shift)} per session`, both({ shift }))
  for (const drift of [0.02, 0.05, 0.1])
    row(`drift of ${percent(drift)} from the first run to the last`, both({ drift }))
}

function coverage(): void {
  console.log('\n95 % intervals: how often they contain the true value, and their median width')
  row('', ['as two sets', 'in pairs', 'width of two sets', 'of pairs', 'typical run'])
  for (const [name, of] of [
    ['3 % noise', () => lognormal(0.03)],
    ['1 % noise, 3 % of drift', () => drifting(lognormal(0.01), 0.03)],
  ] as const) {
    for (const runs of [5, 10, 20]) {
      const drawn = many(() => {
        const noise = of()
        const all = many(() => Math.log(noise().p95Ms), 2 * runs)
        const [x, y] = [0, 1].map((side) => all.filter((_, at) => at % 2 === side)) as [number[], number[]]
        return { x, y, sets: hodgesLehmann(x, y).interval, pairs: hodgesLehmannInTurns(x, y).interval }
      })
      const covers = (which: 'sets' | 'pairs') =>
        rate(mean(drawn.map((each) => Number(covered(each[which], 0)))))
      const width = (which: 'sets' | 'pairs') =>
        percent(median(drawn.map((each) => (each[which]?.high ?? 0) - (each[which]?.low ?? 0))))
      const typical = drawn.map(({ x }) => covered(repeated(x.map(Math.exp)).interval, 1))
      row(`${name}, ${runs} runs a side`, [
        covers('sets'),
        runs < 6 ? '–' : covers('pairs'),
        width('sets'),
        runs < 6 ? '–' : width('pairs'),
        rate(mean(typical.map(Number))),
      ])
    }
  }
}

const covered = (interval: Interval | null, truth: number): boolean =>
  interval !== null && interval.low <= truth && interval.high >= truth

async function generators(): Promise<void> {
  const { requests, rows, exact } = await segments(3, '30s', 0.2)
  console.log(
    `\nPercentiles over 3 generators, ${number(requests)} requests: error against the percentiles of all points`,
  )
  row('', ['ms', 'merged', 'averaged'])
  for (const { p, raw, merged, averaged } of rows)
    row(`p${p}`, [number(raw), percent(Math.abs(merged / raw - 1)), percent(Math.abs(averaged / raw - 1))])
  row('', ['of all points', 'merged'])
  for (const { name, raw, merged } of exact)
    row(
      name,
      [raw, merged].map((value) => String(Number(value.toPrecision(12)))),
    )
}

const parts: Record<string, () => void | Promise<void>> = {
  verdicts,
  names,
  shifts,
  stopping,
  sessions,
  coverage,
  laws,
  recommendation: recommendations,
  generators,
}
for (const [name, part] of Object.entries(parts)) {
  if (process.argv.length < 3 || process.argv.includes(name)) await part()
}
process.exit()
