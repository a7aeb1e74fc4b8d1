import { mean } from 'simple-statistics'
import { number, percent } from '../analysis/formats/words.ts'
import { normalFrom } from '../analysis/numbers/random.ts'
import { alarmsOf } from '../analysis/runs/alarms.ts'
import { seriesOf } from '../analysis/runs/history.ts'
import { known, real } from './known-changes.ts'
import { errors, historyOf, nightsOfYear, random, repeats, usual, worlds } from './worlds.ts'

/**
 * The quality of the history's alarms, from a seeded simulation: 40 series over 365 nights of five runs each,
 * night by night as the nightly job sees them. Reports false alarms a year, how often and how soon a lasting
 * 10 % slowdown is found, and whether the right night is blamed, beside a fixed threshold and three standard
 * deviations. Then cases that must hold, and public series (known-changes.ts). BENCH_YEARS (5) sets the number
 * of years; 0.2 is a quick look of a minute. Parts by name: simulated, cases, series, real.
 */
const years = Number(process.env.BENCH_YEARS ?? 5)
const seriesCount = 40
const count = Math.max(1, Math.round(years * seriesCount))

/** An alarm for the worse: the night on which it was raised, and the night that it blames. */
type Raised = { readonly at: number; readonly blamed: number }
type Rule = (
  values: readonly number[],
  hosts: readonly string[] | null,
) => { readonly raised: Raised[]; readonly standing: number }

/**
 * As in the nightly job, on every night on which a shift is confirmed, and once a week for the slower rules:
 * nothing else raises an alarm in between. `standing` is the share of those weeks with an alarm.
 */
const ours: Rule = (values, hosts) => {
  const nights = historyOf(values, hosts)
  const confirmed = (seriesOf(nights)[0]?.changes ?? []).map(({ seen }) => seen)
  const weekly = nights.map((_, night) => night).filter((night) => night % 7 === 6)
  const raised: Raised[] = []
  let standing = 0
  for (const at of [...new Set([...confirmed, ...weekly])].sort((a, b) => a - b)) {
    const alarms = alarmsOf(seriesOf(nights.slice(0, at + 1)), [])
    if (at % 7 === 6 && alarms.length > 0) standing++
    for (const { since } of alarms) {
      const blamed = Number(since.id)
      if (!raised.some((other) => Math.abs(other.blamed - blamed) <= 3)) raised.push({ at, blamed })
    }
  }
  return { raised, standing: standing / Math.max(1, weekly.length) }
}

/** Compares with the previous thirty nights; after an alarm, silent for a week. */
const against =
  (limit: (before: readonly number[]) => number): Rule =>
  (series) => {
    const raised: Raised[] = []
    for (let at = 10; at < series.length; at++) {
      const before = series.slice(Math.max(0, at - 30), at)
      if ((series[at] ?? 0) > limit(before) && at - (raised.at(-1)?.at ?? -9) > 7)
        raised.push({ at, blamed: at })
    }
    return { raised, standing: Number.NaN }
  }

const peerRules: Record<string, Rule> = {
  'fixed threshold of 10 %': against((before) => 1.1 * mean([...before])),
  'three standard deviations': against((before) => {
    const middle = mean([...before])
    return middle + 3 * Math.sqrt(mean(before.map((value) => (value - middle) ** 2)))
  }),
}

const row = (name: string, cells: readonly string[]) =>
  console.log(`${name.padEnd(50)}${cells.map((cell) => cell.padStart(21)).join('')}`)

function simulated(): void {
  console.log(
    `${number(years)} years of ${seriesCount} series, ${nightsOfYear} nights of ${repeats} runs; then as many series with a slowdown of 10 % each`,
  )
  const heads = ['false alarms a year', 'weeks with one', 'found in 3 nights', 'in 10', 'right night ± 1']
  row('', heads)
  for (const world of worlds)
    for (const [name, rule] of Object.entries({ ours, ...(world === usual ? peerRules : {}) })) {
      let [falsely, standing, soon, later, right] = [0, 0, 0, 0, 0]
      for (let index = 0; index < count; index++) {
        const year = world.year()
        const quiet = rule(year.values, year.hosts)
        falsely += quiet.raised.length
        standing += quiet.standing
        // A slowdown at a random night, and the first alarm that blames it or a later one.
        const at = 30 + Math.floor(300 * random())
        const { values, hosts } = world.year()
        const slowed = values.map((value, night) => (night >= at ? 1.1 * value : value)).slice(0, at + 10)
        const alarm = rule(slowed, hosts).raised.find((each) => each.at >= at && each.blamed >= at - 3)
        if (alarm) later++
        if (alarm && alarm.at <= at + 2) soon++
        if (alarm && Math.abs(alarm.blamed - at) <= 1) right++
      }
      row(rule === ours ? world.name : `  ${name}`, [
        number((falsely * seriesCount) / count),
        Number.isNaN(standing) ? '–' : percent(standing / count),
        percent(soon / count),
        percent(later / count),
        percent(right / Math.max(1, later)),
      ])
    }
  const year = Array.from({ length: seriesCount }, () => historyOf(usual.year().values))
  const start = performance.now()
  for (const nights of year) seriesOf(nights)
  console.log(`\nA year of ${seriesCount} series: ${number((performance.now() - start) / 1000)} s`)
}

/** Five runs of 2,000 requests. */
const errorsAt = (rate: number): number[] =>
  Array.from({ length: repeats }, () =>
    Math.max(0, rate + Math.sqrt((rate * (1 - rate)) / 2000) * normalFrom(random)),
  )

const levels = (...parts: readonly (readonly [nights: number, factor: number])[]) =>
  parts.flatMap(([nights, factor]) => Array<number>(nights).fill(factor))

/** The share of histories that have an alarm on their last night. */
function cases(): void {
  const share = (history: () => Parameters<typeof seriesOf>[0]) =>
    percent(
      Array.from({ length: count }, () => alarmsOf(seriesOf(history()), [])).filter(
        ({ length }) => length > 0,
      ).length / count,
    )
  const slowed = (factors: readonly number[]) => () =>
    historyOf(factors.map((factor, night) => factor * (usual.year().values[night] ?? 0)))
  const rates = (before: number, after: number) => () =>
    historyOf(
      levels([30, before], [3, after]).map((rate) => errorsAt(rate)),
      null,
      errors,
    )
  const failing = (bad: readonly number[]) => () =>
    historyOf([...Array(30).fill([0, 0, 0, 0, 0]), ...Array(3).fill(bad)], null, {
      ...errors,
      metric: 'bad runs',
    })
  console.log(`\nHistories with an alarm on their last night, of ${count} each`)
  row('errors 0 → 2 %, third night', [share(rates(0, 0.02))])
  row('errors 0.001 → 0.09 %, third night', [share(rates(1e-5, 9e-4))])
  row('two of five runs bad, third night', [share(failing([1, 0, 1, 0, 0]))])
  row('30 nights, 20 at +30 %, 20 at +20 %', [share(slowed(levels([30, 1], [20, 1.3], [20, 1.2])))])
  row('30 nights, 4 at +10 %, 46 as before', [share(slowed(levels([30, 1], [4, 1.1], [46, 1])))])
  row('30 nights, 30 at +30 %, 10 as before', [share(slowed(levels([30, 1], [30, 1.3], [10, 1])))])
  const decay = Array.from({ length: 182 }, (_, night) => 1.01 ** (night / 7))
  row('1 % a week for 26 weeks', [share(slowed(decay))])
  row('as before for 26 weeks', [share(slowed(levels([182, 1])))])
}

const parts: Record<string, () => void> = { simulated, cases, series: known, real }
const chosen = process.argv.slice(2)
for (const [name, part] of Object.entries(parts)) if (chosen.length === 0 || chosen.includes(name)) part()
