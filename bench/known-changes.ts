import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { mean, median } from 'simple-statistics'
import { changePoints, eDivisive } from '../analysis/numbers/change-points.ts'
import { changesIn } from '../analysis/runs/changes.ts'
import { random, usual } from './worlds.ts'

type Known = { readonly name: string; readonly truth: readonly number[]; readonly values: readonly number[] }
/** The change points of each of several series. */
type Finder = (all: readonly (readonly number[])[]) => readonly (readonly number[])[]

/** Maximum distance of a detected change point from the true one. */
const margin = 5

const slowdown = 1.1

const each =
  (find: (values: readonly number[]) => readonly number[]): Finder =>
  (all) =>
    all.map(find)

/** Ours, and the peers that PYTHON has (apache-otava, signal-processing-algorithms). */
function finders(): Record<string, Finder> {
  const all: Record<string, Finder> = {
    'ours, as alarms are raised': each((values) =>
      changesIn(values, 'lower').flatMap(({ how, index }) => (how === 'slow trend' ? [] : [index])),
    ),
    'ours, E-divisive': each((values) => eDivisive(values)),
    'ours, E-divisive with t tests': each((values) => changePoints(values)),
  }
  for (const name of Object.keys(peers([[1, 2, 3, 4]]))) all[name] = (series) => peers(series)[name] ?? []
  return all
}

const data = (name: string) => JSON.parse(readFileSync(path.join(import.meta.dirname, 'data', name), 'utf8'))

/** Precision, recall and delay on series with known changes, beside the peers. */
export function known(): void {
  const series: Known[] = data('series.json')
  // Three lasting changes of 10 % in a year, up or down, in the default world.
  const steps = Array.from({ length: 40 }, (_, index): Known => {
    const truth = [60, 150, 260].map((night) => night + Math.floor(60 * random()))
    const factors = truth.map(() => (random() < 0.5 ? slowdown : 1 / slowdown))
    const values = usual
      .year()
      .values.map((value, night) =>
        truth.reduce((level, at, step) => (night >= at ? level * (factors[step] ?? 1) : level), value),
      )
    return { name: `simulated ${index + 1}`, truth, values }
  })
  const delayed = Array.from({ length: 20 }, () => {
    const at = 60 + Math.floor(40 * random())
    const values = usual.year().values.slice(0, at + 15)
    return { at, values: values.map((value, night) => (night >= at ? slowdown * value : value)) }
  })
  console.log(
    `\nPrecision / recall within ${margin} points, and nights until a change of 10 % is first reported`,
  )
  row('', [...series.map(({ name }) => name.slice(0, 18)), 'simulated', 'median delay'])
  for (const [name, find] of Object.entries(finders())) {
    const cells = [...series.map((one) => [one]), steps].map((group) => {
      const found = find(group.map(({ values }) => values))
      let [right, reported, recalled, all] = [0, 0, 0, 0]
      group.forEach(({ truth }, index) => {
        const points = found[index] ?? []
        reported += points.length
        all += truth.length
        right += points.filter((point) => truth.some((at) => Math.abs(at - point) <= margin)).length
        recalled += truth.filter((at) => points.some((point) => Math.abs(at - point) <= margin)).length
      })
      return all === 0 ? `${reported} false` : `${share(right, reported)} / ${share(recalled, all)}`
    })
    const delays = delayed.map(({ at, values }) => {
      const grown = Array.from({ length: 15 }, (_, more) => values.slice(0, at + more + 1))
      const first = find(grown).findIndex((points) => points.some((point) => Math.abs(point - at) <= 1))
      return first < 0 ? 99 : first + 1
    })
    row(name, [...cells, String(median(delays))])
  }
}

const share = (part: number, total: number) => (total === 0 ? '–' : (part / total).toFixed(2))

const row = (name: string, cells: readonly string[]) =>
  console.log(`${name.padEnd(32)}${cells.map((cell) => cell.padStart(20)).join('')}`)

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

type Benchmarks = { sources: Record<string, { series: { unit: string; values: number[] }[] }> }
type Annotated = { series: Record<string, number[]>; annotations: Record<string, Record<string, number[]>> }

/** Real series: annotated ones, a real one without annotations, and real histories with a known change. */
export function real(): void {
  const all = finders()
  annotated(all)
  const { values } = data('mongo_real_series.json') as { values: number[] }
  console.log(`\nMongoDB's real series of ${values.length} points: the changes found`)
  for (const [name, find] of Object.entries(all)) row(name, [(find([values])[0] ?? []).join(' ') || 'none'])
  injected(all)
}

/**
 * F1 within five points, averaged over the series, as van den Burg and Williams define it ("An Evaluation of
 * Change Point Detection Algorithms", 2020, equation 7): precision counts what any annotator marked, recall is
 * the mean over annotators, and the first point belongs to every set.
 */
function annotated(all: Record<string, Finder>): void {
  const { series, annotations } = data('tcpd_univariate.json') as Annotated
  const names = Object.keys(series)
  console.log(`\nTCPD: mean F1 within ${margin} points over ${names.length} annotated univariate series`)
  const none: Finder = (many) => many.map(() => [])
  for (const [name, find] of Object.entries({ ...all, 'none reported': none })) {
    const found = find(names.map((each) => series[each] ?? []))
    const scores = names.map((each, index) => f1(Object.values(annotations[each] ?? {}), found[index] ?? []))
    row(name, [mean(scores).toFixed(3)])
  }
  console.log('Published, over all univariate series, default settings:')
  for (const [name, score] of Object.entries({
    binseg: 0.744,
    PELT: 0.71,
    BOCPD: 0.69,
    'none reported': 0.669,
    ECP: 0.598,
  }))
    row(name, [score.toFixed(3)])
}

function f1(annotators: readonly (readonly number[])[], found: readonly number[]): number {
  const points = [...new Set([0, ...found])]
  const matched = (truth: readonly number[]) => {
    const left = new Set(points)
    return truth.filter((at) => {
      const near = [...left].filter((point) => Math.abs(point - at) <= margin)
      const [nearest] = near.sort((a, b) => Math.abs(a - at) - Math.abs(b - at))
      return nearest !== undefined && left.delete(nearest)
    }).length
  }
  const sets = annotators.map((marks) => [...new Set([0, ...marks])])
  const precision = matched([...new Set(sets.flat())].sort((a, b) => a - b)) / points.length
  const recall = mean(sets.map((set) => matched(set) / set.length))
  return (2 * precision * recall) / (precision + recall)
}

/** Points before and after an injected change, and how often one is injected into each history. */
const [pointsBefore, pointsAfter, places] = [90, 10, 3]

/**
 * Lasting slowdowns injected into real benchmarks' histories. A change counts as found if it is reported
 * within three points of its place, and is not reported there without it.
 */
function injected(all: Record<string, Finder>): void {
  const { sources } = data('real_benchmarks.json') as Benchmarks
  const histories = Object.values(sources).flatMap(({ series }) =>
    // Slower is greater.
    series.map(({ unit, values }) => (unit.startsWith('iter') ? values.map((value) => 1 / value) : values)),
  )
  const windows = histories.flatMap((values) =>
    Array.from({ length: places }, () => {
      const from = Math.floor(random() * (values.length - pointsBefore - pointsAfter))
      return values.slice(from, from + pointsBefore + pointsAfter)
    }),
  )
  const sizes = [1.1, 1.2, 1.5, 2]
  console.log(
    `\n${histories.length} real histories of benchmarks, ${places} slowdowns each, reported within ${pointsAfter} points`,
  )
  row('', [...sizes.map((by) => `+${Math.round(100 * (by - 1))} % found`), 'reported without'])
  const near = (points: readonly number[] = []) => points.some((at) => Math.abs(at - pointsBefore) <= 3)
  for (const [name, find] of Object.entries(all)) {
    const without = find(windows)
    const quiet = windows.filter((_, index) => !near(without[index])).length
    const cells = sizes.map((by) => {
      const found = find(
        windows.map((values) => values.map((value, point) => (point >= pointsBefore ? by * value : value))),
      )
      return share(found.filter((points, index) => near(points) && !near(without[index])).length, quiet)
    })
    row(name, [...cells, `${(without.flat().length / windows.length).toFixed(2)} a history`])
  }
}
