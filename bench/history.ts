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
 * What the alarms of a history are worth, by simulation with a seed: a project of 40 series over 365 nights of five runs
 * each, night after night as the nightly job would see it. False alarms a year, how often and how soon a lasting 10 %
 * slowdown is found, and whether the right night is blamed – beside a fixed threshold and three standard deviations. And
 * what is found in public series with known changes, beside the peers' programs where PYTHON has them.
 * BENCH_YEARS sets how many years (5).
 */
const years = Number(process.env.BENCH_YEARS ?? 5)
const nights = 365
const seriesCount = 40
const repeats = 5
const random = randomFrom(20_260_201)
const normal = () => normalFrom(random)

/** Latency of one night of one series: the median of its runs. */
type World = { readonly name: string; series(): number[] }

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

/** The deviations of real repeated runs from their median: of p95, which varies as the loads' latencies do. */
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

/** The nights on which a rule raises a new alarm for the worse, each with the night that it blames. */
type Rule = (series: readonly number[]) => { at: number; blamed: number }[]

/**
 * As the nightly job goes on. Three nights in a row look at nothing after them, so that one pass tells what every night
 * would have told; what many nights tell is asked for once a week.
 */
const ours: Rule = (series) => {
  const alarms: { at: number; blamed: number }[] = []
  const told = (at: number, { index, direction }: { index: number; direction: string }) => {
    if (direction === 'worse' && !alarms.some(({ blamed }) => Math.abs(blamed - index) <= 3))
      alarms.push({ at, blamed: index })
  }
  for (const change of changesIn(series, 'lower'))
    if (change.how === 'three nights in a row') told(change.index + 2, change)
  for (let length = 20; length <= series.length; length += 7)
    for (const change of changesIn(series.slice(0, length), 'lower'))
      if (change.how === 'many nights') told(length - 1, change)
  return alarms.sort((a, b) => a.at - b.at)
}

/** Against the mean of the thirty nights before, told once until it is quiet for a week. */
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
    `${years} years of ${seriesCount} series, ${nights} nights of ${repeats} runs; a slowdown of 10 % in every series of as many again`,
  )
  const heads = ['false alarms a year', 'found in 3 nights', 'found at all', 'right night ± 1']
  console.log(`${''.padEnd(60)}${heads.map((head) => head.padStart(21)).join('')}`)
  for (const world of worlds) {
    for (const [name, rule] of Object.entries(rules)) {
      let falsely = 0
      let [soon, ever, right, slowed] = [0, 0, 0, 0]
      for (let index = 0; index < years * seriesCount; index++) {
        falsely += rule(world.series()).length
        // A slowdown somewhere in the year, and what the rule said from then on.
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

/** How far from the truth a change point may lie. */
const margin = 5

/** Precision and recall of what is found in series with known changes, and how soon it is found, beside the peers. */
async function series(): Promise<void> {
  const file = path.join(import.meta.dirname, 'data/series.json')
  const known: Known[] = JSON.parse(readFileSync(file, 'utf8'))
  // Three lasting changes of a tenth a year, up or down, in nights as above.
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
  console.log(`\nPrecision / recall within ${margin} points, and nights until a change of 10 % is first told`)
  console.log(`${''.padEnd(32)}${heads.map((head) => head.padStart(20)).join('')}`)
  for (const [name, find] of Object.entries(finders)) {
    const cells = [...known.map((one) => [one]), steps].map((group) => {
      const found = find(group.map(({ values }) => values))
      let [right, told, recalled, all] = [0, 0, 0, 0]
      group.forEach(({ truth }, index) => {
        const points = found[index] ?? []
        told += points.length
        all += truth.length
        right += points.filter((point) => truth.some((at) => Math.abs(at - point) <= margin)).length
        recalled += truth.filter((at) => points.some((point) => Math.abs(at - point) <= margin)).length
      })
      const share = (part: number, whole: number) => (whole === 0 ? '–' : (part / whole).toFixed(2))
      return all === 0 ? `${told} false` : `${share(right, told)} / ${share(recalled, all)}`
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

/** What the peers find; PYTHON names a Python that has them (apache-otava, signal-processing-algorithms). */
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
