import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { mean, median } from 'simple-statistics'
import { number, percent } from '../analysis/formats/words.ts'
import { changePoints, eDivisive } from '../analysis/numbers/change-points.ts'
import { normalFrom, randomFrom } from '../analysis/numbers/random.ts'
import { changesIn } from '../analysis/runs/changes.ts'
import { repeatedRuns } from './repeated-runs.ts'

/**
 * The quality of the history's alarms, from a seeded simulation: 40 series over 365 nights of five runs each,
 * night by night as the nightly job sees them. Reports false alarms a year, how often and how soon a lasting
 * 10 % slowdown is found, and whether the right night is blamed, beside a fixed threshold and three standard
 * deviations. Also precision and recall on public series with known changes, beside the peers that PYTHON has
 * installed. BENCH_YEARS (5) sets the number of years.
 */
const years = Number(process.env.BENCH_YEARS ?? 5)
const nights = 365
const seriesCount = 40
const repeats = 5
const random = randomFrom(20_260_201)
const normal = () => normalFrom(random)

type World = {
  readonly name: string
  /** The latency of each night: the median of its runs. */
  series(): number[]
}

const between = 0.01

function noisy(
  name: string,
  {
    run = () => 0.03 * normal(),
    correlation = 0,
    drift = 0,
    bad = 0.03,
  }: Partial<{ run: () => number; correlation: number; drift: number; bad: number }>,
): World {
  return {
    name,
    series() {
      let shared = between * normal()
      return Array.from({ length: nights }, (_, night) => {
        shared = correlation * shared + Math.sqrt(1 - correlation ** 2) * between * normal()
        const outlier = random() < bad ? Math.log(1.15 + 0.35 * random()) : 0
        const runs = Array.from({ length: repeats }, run)
        return 100 * Math.exp(shared + outlier + median(runs) + (drift * night) / nights)
      })
    },
  }
}

/** Draws log deviations of p95 from its median in real repeated runs. */
function real(): () => number {
  const values = repeatedRuns().map(({ p95Ms }) => Number(p95Ms))
  const middle = median(values)
  const logs = values.map((value) => Math.log(value / middle))
  return () => logs[Math.floor(random() * logs.length)] ?? 0
}

const worlds: World[] = [
  noisy('default', {}),
  noisy('autocorrelated nights (0.5)', { correlation: 0.5 }),
  noisy('slow drift of 8 % a year', { drift: 0.08 }),
  noisy('runs resampled from real ones', { run: real() }),
]

/** The nights on which a rule raises an alarm for the worse, each with the night it blames. */
type Rule = (series: readonly number[]) => { at: number; blamed: number }[]

/**
 * As in the nightly job. "Three nights in a row" looks at nothing later, so one pass finds what each night
 * would have found; "many nights" is evaluated only once a week.
 */
const ours: Rule = (series) => {
  const alarms: { at: number; blamed: number }[] = []
  const raise = (at: number, { index, direction }: { index: number; direction: string }) => {
    if (direction === 'worse' && !alarms.some(({ blamed }) => Math.abs(blamed - index) <= 3))
      alarms.push({ at, blamed: index })
  }
  for (const change of changesIn(series, 'lower'))
    if (change.how === 'nights in a row') raise(change.seen, change)
  for (let length = 20; length <= series.length; length += 7)
    for (const change of changesIn(series.slice(0, length), 'lower'))
      if (change.how === 'many nights') raise(length - 1, change)
  return alarms.sort((a, b) => a.at - b.at)
}

/** Compares with the previous thirty nights; after an alarm, silent for a week. */
const against =
  (limit: (before: readonly number[]) => number): Rule =>
  (series) => {
    const alarms: { at: number; blamed: number }[] = []
    for (let at = 10; at < series.length; at++) {
      const before = series.slice(Math.max(0, at - 30), at)
      if ((series[at] ?? 0) > limit(before) && at - (alarms.at(-1)?.at ?? -9) > 7)
        alarms.push({ at, blamed: at })
    }
    return alarms
  }

const rules: Record<string, Rule> = {
  ours,
  'fixed threshold of 10 %': against((before) => 1.1 * mean([...before])),
  'three standard deviations': against((before) => {
    const middle = mean([...before])
    return middle + 3 * Math.sqrt(mean(before.map((value) => (value - middle) ** 2)))
  }),
}

const slowdown = 1.1

async function simulated(): Promise<void> {
  console.log(
    `${years} years of ${seriesCount} series, ${nights} nights of ${repeats} runs; then as many series with a slowdown of 10 % each`,
  )
  const heads = ['false alarms a year', 'found in 3 nights', 'found at all', 'right night ± 1']
  console.log(`${''.padEnd(60)}${heads.map((head) => head.padStart(21)).join('')}`)
  for (const world of worlds) {
    for (const [name, rule] of Object.entries(rules)) {
      let falsely = 0
      let [soon, ever, right, slowed] = [0, 0, 0, 0]
      for (let index = 0; index < years * seriesCount; index++) {
        falsely += rule(world.series()).length
        // A slowdown at a random night, and the first alarm after it.
        const at = 30 + Math.floor(random() * 300)
        const series = world.series().map((value, night) => (night >= at ? slowdown * value : value))
        const alarm = rule(series.slice(0, Math.min(nights, at + 30))).find((each) => each.at >= at)
        slowed++
        if (alarm) ever++
        if (alarm && alarm.at <= at + 2) soon++
        if (alarm && Math.abs(alarm.blamed - at) <= 1) right++
      }
      const cells = [
        number(falsely / years),
        percent(soon / slowed),
        percent(ever / slowed),
        percent(right / Math.max(1, ever)),
      ]
      console.log(`${`${world.name}: ${name}`.padEnd(60)}${cells.map((cell) => cell.padStart(21)).join('')}`)
    }
  }
  const start = performance.now()
  const year = Array.from({ length: seriesCount }, () => worlds[0]?.series() ?? [])
  for (const series of year) changesIn(series, 'lower')
  console.log(`\nA year of ${seriesCount} series: ${number((performance.now() - start) / 1000)} s`)
}

type Known = { readonly name: string; readonly truth: readonly number[]; readonly values: readonly number[] }
/** The change points of each of several series. */
type Finder = (all: readonly (readonly number[])[]) => readonly (readonly number[])[]

/** Maximum distance of a detected change point from the true one. */
const margin = 5

/** Precision, recall and delay on series with known changes, beside the peers. */
async function series(): Promise<void> {
  const file = path.join(import.meta.dirname, 'data/series.json')
  const known: Known[] = JSON.parse(readFileSync(file, 'utf8'))
  // Three lasting changes of 10 % in a year, up or down, in the default world.
  const steps = Array.from({ length: 40 }, (_, index): Known => {
    const truth = [60, 150, 260].map((night) => night + Math.floor(60 * random()))
    const factors = truth.map(() => (random() < 0.5 ? slowdown : 1 / slowdown))
    const values = (worlds[0]?.series() ?? []).map((value, night) =>
      truth.reduce((level, at, step) => (night >= at ? level * (factors[step] ?? 1) : level), value),
    )
    return { name: `simulated ${index + 1}`, truth, values }
  })
  const each =
    (find: (values: readonly number[]) => readonly number[]): Finder =>
    (all) =>
      all.map(find)
  const finders: Record<string, Finder> = {
    'ours, as alarms are raised': each((values) => changesIn(values, 'lower').map(({ index }) => index)),
    'ours, E-divisive': each((values) => eDivisive(values)),
    'ours, E-divisive with t tests': each((values) => changePoints(values)),
  }
  for (const name of Object.keys(peers([[1, 2, 3, 4]]))) finders[name] = (all) => peers(all)[name] ?? []
  const delayed = Array.from({ length: 20 }, () => {
    const at = 60 + Math.floor(40 * random())
    const values = (worlds[0]?.series() ?? []).slice(0, at + 15)
    return { at, values: values.map((value, night) => (night >= at ? slowdown * value : value)) }
  })
  const heads = [...known.map(({ name }) => name.slice(0, 18)), 'simulated', 'median delay']
  console.log(
    `\nPrecision / recall within ${margin} points, and nights until a change of 10 % is first reported`,
  )
  console.log(`${''.padEnd(32)}${heads.map((head) => head.padStart(20)).join('')}`)
  for (const [name, find] of Object.entries(finders)) {
    const cells = [...known.map((one) => [one]), steps].map((group) => {
      const found = find(group.map(({ values }) => values))
      let [right, reported, recalled, all] = [0, 0, 0, 0]
      group.forEach(({ truth }, index) => {
        const points = found[index] ?? []
        reported += points.length
        all += truth.length
        right += points.filter((point) => truth.some((at) => Math.abs(at - point) <= margin)).length
        recalled += truth.filter((at) => points.some((point) => Math.abs(at - point) <= margin)).length
      })
      const share = (part: number, total: number) => (total === 0 ? '–' : (part / total).toFixed(2))
      return all === 0 ? `${reported} false` : `${share(right, reported)} / ${share(recalled, all)}`
    })
    const delays = delayed.map(({ at, values }) => {
      const grown = Array.from({ length: 15 }, (_, more) => values.slice(0, at + more + 1))
      const first = find(grown).findIndex((points) => points.some((point) => Math.abs(point - at) <= 1))
      return first < 0 ? 99 : first + 1
    })
    console.log(
      `${name.padEnd(32)}${[...cells, String(median(delays))].map((cell) => cell.padStart(20)).join('')}`,
    )
  }
}

/** Change points found by the peers that PYTHON has (apache-otava, signal-processing-algorithms). */
function peers(all: readonly (readonly number[])[]): Record<string, number[][]> {
  const { stdout } = spawnSync(
    process.env.PYTHON ?? 'python3',
    [path.join(import.meta.dirname, 'peers.py')],
    {
      input: JSON.stringify(all),
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    },
  )
  return stdout ? JSON.parse(stdout) : {}
}

const parts: Record<string, () => Promise<void>> = { series, simulated }
const chosen = process.argv.slice(2)
for (const [name, part] of Object.entries(parts))
  if (chosen.length === 0 || chosen.includes(name)) await part()
