import { mean, median, sampleVariance, shuffle } from 'simple-statistics'
import { number, percent } from '../analysis/formats/words.ts'
import { hodgesLehmann, hodgesLehmannInTurns, type Interval } from '../analysis/numbers/hodges-lehmann.ts'
import { normalBelow } from '../analysis/numbers/normal.ts'
import { normalFrom, randomFrom } from '../analysis/numbers/random.ts'
import { fewestRuns, repeated } from '../analysis/numbers/repeated.ts'
import { throughput } from '../analysis/numbers/scaling-law.ts'
import { scaling } from '../analysis/numbers/scaling-model.ts'
import { type RunStatistics, runStatistics } from '../analysis/run/statistics.ts'
import { compare, isDecided } from '../analysis/runs/compare.ts'
import type { Judgement } from '../analysis/runs/judgement.ts'
import { byReplicas, recommendation } from '../analysis/runs/replicas.ts'
import { aRun, aSummary, requests } from '../test/samples.ts'
import { segments } from '../test/segments.ts'
import { repeatedRuns } from './repeated-runs.ts'

/**
 * Checks the statistics' claims by seeded simulation: the false-alarm rate of comparisons without a
 * difference, the detection rate of a real slowdown, and the coverage of intervals; the first two for other
 * common rules too. BENCH_ROUNDS (10000) shortens it.
 */
const rounds = Number(process.env.BENCH_ROUNDS ?? 10_000)
const random = randomFrom(20_260_101)
const normal = () => normalFrom(random)

/** Draws a factor for each figure of one run. */
type Noise = () => Readonly<Record<Figure, number>>
const figures = ['rate', 'meanMs', 'p50Ms', 'p95Ms', 'p99Ms'] as const
type Figure = (typeof figures)[number]

const each = (of: (figure: Figure) => number) =>
  Object.fromEntries(figures.map((figure) => [figure, of(figure)])) as Record<Figure, number>

/** Lognormal with this total standard deviation; a run's figures share four fifths of the variance. */
const lognormal =
  (deviation: number): Noise =>
  () => {
    const shared = Math.sqrt(0.8) * deviation * normal()
    return each((figure) => {
      const log = shared + Math.sqrt(0.2) * deviation * normal()
      return Math.exp(figure === 'rate' ? -log : log)
    })
  }

/** Student's t with three degrees of freedom instead of the normal distribution, with the same deviation. */
const heavyTailed =
  (deviation: number): Noise =>
  () => {
    const student = () =>
      normal() / Math.sqrt((normal() ** 2 + normal() ** 2 + normal() ** 2) / 3) / Math.sqrt(3)
    const shared = Math.sqrt(0.8) * deviation * student()
    return each((figure) => {
      const log = shared + Math.sqrt(0.2) * deviation * student()
      return Math.exp(figure === 'rate' ? -log : log)
    })
  }

/** As in most runs: means and medians vary little, the tail a lot. */
const deviations: Record<Figure, number> = { rate: 0.01, meanMs: 0.02, p50Ms: 0.01, p95Ms: 0.05, p99Ms: 0.1 }
const unlike = (): Noise => () => each((figure) => Math.exp(deviations[figure] * normal()))

/** The machine drifts: neighbouring runs have a deviation in common, correlated 0.9 from one to the next. */
function drifting(noise: Noise, deviation: number): Noise {
  let level = normal()
  return () => {
    level = 0.9 * level + Math.sqrt(1 - 0.9 ** 2) * normal()
    const factors = noise()
    const shared = Math.exp(deviation * level)
    return each((figure) => (figure === 'rate' ? factors[figure] / shared : factors[figure] * shared))
  }
}

/** Makes a share of the runs 15 to 50 % slower, as a busy neighbour would. */
const inflated =
  (noise: Noise, share: number): Noise =>
  () => {
    const [factors, slower] = [noise(), random() < share ? 1.15 + 0.35 * random() : 1]
    return each((figure) => (figure === 'rate' ? factors[figure] / slower : factors[figure] * slower))
  }

/** Resamples complete real runs: each figure's ratio to its median. */
function resampled(): Noise {
  const rows = repeatedRuns()
  const column = (figure: Figure) => rows.map((row) => Number(row[figure]))
  const medians = each((figure) => repeated(column(figure)).median)
  return () => {
    const row = rows[Math.floor(random() * rows.length)]
    return each((figure) => Number(row?.[figure]) / medians[figure])
  }
}

const template = runStatistics({
  name: 'simulated',
  run: aRun(),
  summary: {
    kind: 'summary',
    summary: aSummary({ ...requests(1000), 'http_reqs{stage:1}': { count: 1000 } }),
  },
})

/** What of a run is slower, and by which factor. */
type Slower = { readonly by: number; readonly only?: Figure }

function simulated(
  noise: Noise,
  { by, only }: Slower,
  at: number,
  labels: Record<string, string>,
): RunStatistics {
  const factors = noise()
  const total = { ...template.total }
  for (const figure of figures) {
    const slower = only && only !== figure ? 1 : by
    total[figure] =
      (template.total[figure] ?? 1) * factors[figure] * (figure === 'rate' ? 1 / slower : slower)
  }
  const startedAt = new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString()
  return { ...template, run: aRun({ startedAt, labels }), total }
}

/**
 * Two sides, in turns or one after the other. `shift` is the standard deviation of a factor drawn for each of
 * two sessions, `drift` the log change from the very first run to the last; out of turns, each session is one
 * side.
 */
function sides(
  noise: Noise,
  runs: number,
  slower: Slower,
  { shift = 0, drift = 0, inTurns = true } = {},
): [RunStatistics[], RunStatistics[]] {
  const sessions = [Math.exp(shift * normal()), Math.exp(shift * normal())]
  const both: [RunStatistics[], RunStatistics[]] = [[], []]
  // In the order in which they are run, since a noise may depend on the run before.
  for (let at = 0; at < 2 * runs; at++) {
    const which = Number(inTurns ? at % 2 : at >= runs) as 0 | 1
    // In turns, the second half of both sides is run in the second session.
    const session = sessions[inTurns ? Number(at >= runs) : which] ?? 1
    const factor = session * Math.exp((drift * at) / (2 * runs - 1))
    const noisy: Noise = () => {
      const factors = noise()
      return each((figure) => (figure === 'rate' ? factors[figure] / factor : factors[figure] * factor))
    }
    const side = which ? 'b' : 'a'
    const labels = { side, cell: `${side}.${both[which].length + 1}` }
    both[which].push(simulated(noisy, which ? slower : { by: 1 }, at, labels))
  }
  return both
}

const share = (judgements: readonly Judgement[], which: Judgement) =>
  judgements.filter((judgement) => judgement === which).length / judgements.length

const many = <T>(make: () => T, count = rounds): T[] => Array.from({ length: count }, make)

/** A simulated rate with its standard error. */
const rate = (value: number, count = rounds) =>
  `${percent(value)} ± ${number(100 * Math.sqrt((value * (1 - value)) / count))}`

function row(name: string, cells: readonly string[]): void {
  console.log(name.padEnd(52) + cells.map((cell) => cell.padStart(18)).join(''))
}

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

const settings = (): [string, Noise][] => [
  ['3 % noise', lognormal(0.03)],
  ['10 % noise', lognormal(0.1)],
  ['3 % noise, Student’s t with 3 degrees', heavyTailed(0.03)],
  ['3 % noise, 5 % of the runs inflated', inflated(lognormal(0.03), 0.05)],
  ['1 % (rate) to 10 % (p99), independent', unlike()],
  ['1 % noise and 3 % of drift, correlated 0.9', drifting(lognormal(0.01), 0.03)],
  ['noise of real repeated runs', resampled()],
]

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

function laws(): void {
  const law = { gamma: 100, alpha: 0.05, beta: 0.002 }
  const count = Math.ceil(rounds / 20)
  console.log(`\nUniversal Scalability Law, 1, 2, 4, 8, 16 and 32 replicas, 3 % noise, ${count} sweeps`)
  row('', ['chosen', 'γ covered', 'α covered', 'β covered', 'peak covered'])
  for (const runs of [5, 10]) {
    const sweeps = many(() => {
      const observations = [1, 2, 4, 8, 16, 32].flatMap((replicas) =>
        many(() => ({ replicas, rate: throughput(law, replicas) * Math.exp(0.03 * normal()) }), runs),
      )
      return scaling(shuffle(observations, random), 400)
    }, count)
    const found = sweeps.filter((each) => each?.chosen === 'usl')
    const covered = (name: 'gamma' | 'alpha' | 'beta' | 'peak', truth: number) =>
      rate(
        mean(
          found.map((each) => {
            const bounds = each?.intervals?.[name]
            return Number(bounds && bounds.low <= truth && bounds.high >= truth)
          }),
        ),
        found.length,
      )
    row(`${runs} runs of each`, [
      percent(found.length / count),
      covered('gamma', law.gamma),
      covered('alpha', law.alpha),
      covered('beta', law.beta),
      covered('peak', Math.sqrt((1 - law.alpha) / law.beta)),
    ])
  }
  ceilings()
}

/** How often a ceiling or a peak is stated, of laws that have one, and of laws that have none. */
function ceilings(): void {
  const count = Math.ceil(rounds / 160)
  console.log(`\nCeilings and peaks stated, 5 runs of each, ${count} sweeps`)
  row('', ['Amdahl’s law best', 'ceiling', 'peak', 'laws alike'])
  const worlds = {
    'weak USL, 1 to 16, peak at 44': {
      replicas: [1, 2, 4, 8, 16],
      law: { gamma: 100, alpha: 0.05, beta: 0.0005 },
    },
    'Amdahl, α 0.1, 1 to 32': { replicas: [1, 2, 4, 8, 16, 32], law: { gamma: 100, alpha: 0.1, beta: 0 } },
  }
  for (const [name, { replicas, law }] of Object.entries(worlds))
    for (const noise of [0.01, 0.03, 0.05]) {
      const draw = (n: number) => ({ replicas: n, rate: throughput(law, n) * Math.exp(noise * normal()) })
      const found = many(
        () =>
          scaling(
            replicas.flatMap((n) => many(() => draw(n), 5)),
            100,
          ),
        count,
      )
      const of = (which: (each: NonNullable<(typeof found)[number]>) => boolean) =>
        `${found.filter((each) => each && which(each)).length} of ${count}`
      row(`${name}, ${percent(noise)} noise`, [
        of(({ chosen }) => chosen === 'amdahl'),
        of(({ ceiling }) => ceiling !== null),
        of(({ peak }) => peak !== null),
        of(({ alike }) => alike.length > 1),
      ])
    }
}

/** A valid run with that number of replicas that held its SLO at that rate. */
function holding(replicas: number, rate: number): RunStatistics {
  const [stage] = template.stages
  const stages = stage ? [{ ...stage, rate, holds: true }] : []
  const total = { ...template.total, rate }
  return { ...template, run: aRun({ target: { ...aRun().target, replicas } }), total, stages }
}

/** Whether a next run holds what is recommended as often as the recommendation says. */
function recommendations(): void {
  const count = Math.ceil(rounds / 5)
  console.log(
    `\nRecommended replicas: how often a next run holds the rate, ${count} sweeps of 1, 2, 4 and 8 replicas`,
  )
  row('', ['stated', 'next run', 'another session', 'a rate wanted'])
  const slos = [{ figure: 'errors', limit: 0.01 }]
  const laws = {
    'growing throughput': { alpha: 0.05, beta: 0 },
    'throughput that stays flat': { alpha: 0.9, beta: 0 },
  }
  const worlds = { '3 %': () => Math.exp(0.03 * normal()), '10 %': () => Math.exp(0.1 * normal()) }
  for (const [law, shape] of Object.entries(laws))
    for (const [noise, factor] of Object.entries(worlds))
      for (const runs of [3, 5, 10]) {
        const perSecond = (replicas: number) => throughput({ gamma: 200, ...shape }, replicas) * factor()
        let stated = ''
        const next = (shift: number, wanted: number | null) => {
          const words = recommendation(
            byReplicas(
              [1, 2, 4, 8].flatMap((replicas) => many(() => holding(replicas, perSecond(replicas)), runs)),
            ),
            slos,
            null,
            wanted,
          )
          const found = /(\d+) replicas? holds? ([\d,.]+) .* in (about|at most) (\d+) %/.exec(words ?? '')
          if (!found) return null
          stated = `${found[3]} ${found[4]} %`
          const session = Math.exp(shift * normal())
          return perSecond(Number(found[1])) * session >= Number(found[2]?.replaceAll(',', ''))
        }
        const share = (make: () => boolean | null) => {
          const answers = many(make, count).filter((answer) => answer !== null)
          return rate(answers.filter(Boolean).length / answers.length, answers.length)
        }
        const observed = share(() => next(0, null))
        row(`${law}, ${noise} noise, ${runs} runs`, [
          stated,
          observed,
          share(() => next(0.03, null)),
          share(() => next(0, throughput({ gamma: 200, ...shape }, 8) * random())),
        ])
      }
}

async function generators(): Promise<void> {
  const { requests, rows } = await segments(4, '30s', 0.2)
  console.log(
    `\nPercentiles over 4 generators, ${number(requests)} requests: error against the percentiles of all points`,
  )
  row('', ['ms', 'merged', 'averaged'])
  for (const { p, raw, merged, averaged } of rows)
    row(`p${p}`, [number(raw), percent(Math.abs(merged / raw - 1)), percent(Math.abs(averaged / raw - 1))])
}

const parts: Record<string, () => void | Promise<void>> = {
  verdicts,
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
