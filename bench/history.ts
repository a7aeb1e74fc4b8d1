import { readFileSync } from 'node:fs'
import path from 'node:path'
import { mean, median } from 'simple-statistics'
import { number, percent } from '../analysis/format.ts'
import { changesIn } from '../analysis/history.ts'
import { normalFrom, randomFrom } from '../analysis/random.ts'

/**
 * What the alarms of a history are worth, by simulation with a seed: a project of 40 series over 365 nights of five runs
 * each, night after night as the nightly job would see it. False alarms a year, how often and how soon a lasting 10 %
 * slowdown is found, and whether the right night is blamed – beside a fixed threshold and three standard deviations.
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
  const file = path.join(import.meta.dirname, 'data/repeated-runs.csv')
  const [head = [], ...rows] = readFileSync(file, 'utf8')
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(','))
  const values = rows.map((row) => Number(row[head.indexOf('p95Ms')]))
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
