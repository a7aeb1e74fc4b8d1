import { number, percent } from '../analysis/formats/words.ts'
import { normalFrom, randomFrom } from '../analysis/numbers/random.ts'
import { repeated } from '../analysis/numbers/repeated.ts'
import { type RunStatistics, runStatistics } from '../analysis/run/statistics.ts'
import { aRun, aSummary, requests } from '../test/samples.ts'
import { repeatedRuns } from './repeated-runs.ts'

export const rounds = Number(process.env.BENCH_ROUNDS ?? 10_000)
export const random = randomFrom(20_260_101)
export const normal = () => normalFrom(random)

/** Draws a factor for each figure of one run. */
export type Noise = () => Readonly<Record<Figure, number>>
const figures = ['rate', 'meanMs', 'p50Ms', 'p95Ms', 'p99Ms'] as const
type Figure = (typeof figures)[number]

const each = (of: (figure: Figure) => number) =>
  Object.fromEntries(figures.map((figure) => [figure, of(figure)])) as Record<Figure, number>

/** Lognormal with this total standard deviation; a run's figures share four fifths of the variance. */
export const lognormal =
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
export function drifting(noise: Noise, deviation: number): Noise {
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

export const template = runStatistics({
  name: 'simulated',
  run: aRun(),
  summary: {
    kind: 'summary',
    summary: aSummary({ ...requests(1000), 'http_reqs{stage:1}': { count: 1000 } }),
  },
})

/** What of a run is slower, and by which factor. */
export type Slower = { readonly by: number; readonly only?: Figure }

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
export function sides(
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

/** The noises under which comparisons must hold. */
export const settings = (): [string, Noise][] => [
  ['3 % noise', lognormal(0.03)],
  ['10 % noise', lognormal(0.1)],
  ['3 % noise, Student’s t with 3 degrees', heavyTailed(0.03)],
  ['3 % noise, 5 % of the runs inflated', inflated(lognormal(0.03), 0.05)],
  ['1 % (rate) to 10 % (p99), independent', unlike()],
  ['1 % noise and 3 % of drift, correlated 0.9', drifting(lognormal(0.01), 0.03)],
  ['noise of real repeated runs', resampled()],
]

export const many = <T>(make: () => T, count = rounds): T[] => Array.from({ length: count }, make)

/** A simulated rate with its standard error. */
export const rate = (value: number, count = rounds) =>
  `${percent(value)} ± ${number(100 * Math.sqrt((value * (1 - value)) / count))}`

export function row(name: string, cells: readonly string[]): void {
  console.log(name.padEnd(52) + cells.map((cell) => cell.padStart(18)).join(''))
}
