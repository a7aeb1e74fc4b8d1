import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRun, aSummary, requests } from '../../test/samples.ts'
import type { Run } from '../formats/run.ts'
import { runsToTell } from '../numbers/detectable.ts'
import { mannWhitney } from '../numbers/mann-whitney.ts'
import { normalFrom, randomFrom } from '../numbers/random.ts'
import { type RunStatistics, runStatistics } from '../run/statistics.ts'
import { compare } from './compare.ts'

const figures = ['rate', 'meanMs', 'p50Ms', 'p95Ms', 'p99Ms'] as const
type Factors = Partial<Record<(typeof figures)[number] | 'all', number>>

/** One run in turns with the other side, its figures those of the sample times the factors. */
function aRunOf(
  which: 'a' | 'b',
  index: number,
  { all = 1, ...factors }: Factors,
  { failed = 0, of = 1000, changes = {} }: { failed?: number; of?: number; changes?: Partial<Run> } = {},
): RunStatistics {
  const start = Date.UTC(2026, 0, 1, 0, 2 * index + Number(which === 'b'))
  const [startedAt, endedAt] = [start, start + 10_000].map((ms) => new Date(ms).toISOString()) as [
    string,
    string,
  ]
  const run = aRun({ startedAt, endedAt, labels: { side: which, cell: `${which}.${index + 1}` }, ...changes })
  const summary = { kind: 'summary', summary: aSummary(requests(of, failed)) } as const
  const statistics = runStatistics({ name: `${which}${index}`, run, summary })
  const total = { ...statistics.total }
  for (const figure of figures) {
    const factor = (factors[figure] ?? 1) * (figure === 'rate' ? 1 / all : all)
    if (total[figure] !== null) total[figure] = (total[figure] ?? 0) * factor
  }
  return { ...statistics, total }
}

const side = (which: 'a' | 'b', factors: readonly Factors[]) =>
  factors.map((each, index) => aRunOf(which, index, each))

const random = randomFrom(5)
/** Runs whose figures vary by `deviation`, four fifths of the variance in common. */
const noisy = (runs: number, deviation: number, factors: Factors = {}): Factors[] =>
  Array.from({ length: runs }, () => {
    const shared = Math.sqrt(0.8) * deviation * normalFrom(random)
    const own = () => Math.exp(shared + Math.sqrt(0.2) * deviation * normalFrom(random))
    const drawn = Object.fromEntries(figures.map((figure) => [figure, (factors[figure] ?? 1) * own()]))
    return { ...drawn, rate: (factors.rate ?? 1) / own(), ...(factors.all && { all: factors.all }) }
  })

const figure = (compared: ReturnType<typeof compare>, name: string) =>
  compared.groups[0]?.metrics.find(({ metric }) => metric === name)

test('with five runs a side a change in one figure alone is found', () => {
  const steady = [1, 1.02, 0.99, 1.01, 0.98].map((p99Ms) => ({ p99Ms }))
  const tripled = steady.map(({ p99Ms }) => ({ p99Ms: 3 * p99Ms }))
  // The other figures vary too, or they would not count as tests.
  const compared = compare(
    side(
      'a',
      noisy(5, 0.02).map((each, index) => ({ ...each, ...steady[index] })),
    ),
    side(
      'b',
      noisy(5, 0.02).map((each, index) => ({ ...each, ...tripled[index] })),
    ),
  )
  const p99 = figure(compared, 'p99')
  assert.ok(p99 && Math.abs(p99.adjusted - (5 * 2) / 252) < 1e-9 && p99.delta === 1)
  assert.deepEqual([p99.judgement, compared.judgement], ['worse', 'worse'])
})

test('30 % more p99 is found in nearly all comparisons of five noisy runs, and equal sides are not called worse', () => {
  const rounds = 150
  const count = (factors: Factors) =>
    Array.from({ length: rounds }, () =>
      compare(side('a', noisy(5, 0.03)), side('b', noisy(5, 0.03, factors))),
    ).filter(({ judgement }) => judgement === 'worse').length
  assert.ok(count({ p99Ms: 1.3 }) >= 0.95 * rounds)
  assert.ok(count({}) <= 3)
})

test('sides that vary by 10 % are not called worse when they are equal', () => {
  for (const runs of [5, 10]) {
    const worse = Array.from({ length: 120 }, () =>
      compare(side('a', noisy(runs, 0.1)), side('b', noisy(runs, 0.1))),
    ).filter(({ judgement }) => judgement === 'worse')
    assert.ok(worse.length <= 3, `${worse.length} of 120, ${runs} runs a side`)
  }
})

test('for counts of runs the Mann–Whitney test is Fisher’s exact test', () => {
  const runs = (bad: number, good: number) => [...Array(bad).fill(1), ...Array(good).fill(0)]
  // R, fisher.test: the lady tasting tea, and the convictions of twins (Agresti, 1990).
  assert.ok(Math.abs(mannWhitney(runs(3, 1), runs(1, 3)).p - 0.4857142857) < 1e-9)
  assert.ok(Math.abs(mannWhitney(runs(2, 15), runs(10, 3)).p - 0.0005367241) < 1e-9)
})

const killed = { k6: { ...aRun().k6, exitCode: null, signal: 'SIGKILL' } }
const ten = Array.from({ length: 10 }, (_, index) => index)

/** Ten runs of which the first ones went wrong. */
const wrong = (count: number, how: Parameters<typeof aRunOf>[3]) =>
  ten.map((index) => aRunOf('b', index, {}, index < count ? how : {}))
const good = ten.map((index) => aRunOf('a', index, {}))

test('a side whose runs fail or are killed does not pass, and is worse where it cannot be chance', () => {
  for (const how of [{ failed: 1000 }, { changes: killed }]) {
    const [group] = compare(good, wrong(4, how)).groups
    assert.ok(group?.suspect && group.judgement === 'cannot tell')
    const bad = group.metrics.find(({ metric }) => metric === 'bad runs')
    assert.ok(bad && Math.abs(bad.p - 0.0866873) < 1e-6 && bad.change === 0.4)
    assert.equal(compare(good, wrong(7, how)).judgement, 'worse')
    assert.equal(compare(good, wrong(10, how)).judgement, 'worse')
  }
})

test('50 % of errors in four of ten runs show in the error rate, and the comparison is not clean', () => {
  const compared = compare(good, wrong(4, { failed: 500 }))
  const errors = figure(compared, 'errors')
  assert.ok(errors && Math.abs(errors.change - 0.2) < 1e-12 && errors.candidate.mean === 0.2)
  assert.equal(compared.groups[0]?.suspect, true)
})

test('what the generator or the user spoilt is not held against the target, but two more left-out runs are suspect', () => {
  const bottleneck = { k6: { ...aRun().k6, cpuSeconds: 39 } }
  for (const changes of [bottleneck, { interrupted: true }]) {
    const [group] = compare(good, wrong(4, { changes })).groups
    assert.deepEqual([group?.invalid, group?.suspect], [4, true])
    assert.ok(!group?.metrics.some(({ metric }) => metric === 'bad runs'))
  }
  assert.equal(compare(good, wrong(1, { changes: killed })).groups[0]?.suspect, false)
})

test('errors that rise from 0.001 to 0.09 % are worse', () => {
  const errors = (which: 'a' | 'b', counts: readonly number[]) =>
    counts.map((failed, index) => aRunOf(which, index, {}, { failed, of: 100_000 }))
  const compared = compare(errors('a', [1, 0, 2, 1, 1]), errors('b', [90, 84, 97, 92, 88]))
  assert.equal(figure(compared, 'errors')?.judgement, 'worse')
})

test('where a latency is 0 its least change is a share of the baseline, not that of an error rate', () => {
  const latencies = (which: 'a' | 'b', values: readonly number[]) =>
    values.map((p50Ms, index) => aRunOf(which, index, { p50Ms: p50Ms / 50 }))
  const still = compare(
    latencies('a', [0, 10, 10.1, 10.2, 10.1]),
    latencies('b', [10.1, 10.15, 10.1, 10.2, 10]),
  )
  assert.equal(figure(still, 'p50')?.scale, 'difference')
  assert.notEqual(figure(still, 'p50')?.judgement, 'worse')
})

test('eight repeats of a series are compared in turns, so its drift does not widen the intervals', () => {
  const drift = (index: number) => 1.02 ** index
  const factors = (by: number) => noisy(10, 0.01).map((each, index) => ({ ...each, all: by * drift(index) }))
  const [a, b] = [side('a', factors(1)), side('b', factors(1.1))]
  const [turns] = compare(a, b).groups
  const [sets] = compare(a.map(unnamed), b.map(unnamed)).groups
  assert.deepEqual([turns?.pairs, sets?.pairs], [10, null])
  const width = (group: typeof turns) => {
    const interval = group?.metrics.find(({ metric }) => metric === 'p95')?.interval
    return interval ? interval.high - interval.low : 0
  }
  assert.ok(width(sets) > 2 * width(turns), `${width(sets)} and ${width(turns)}`)
  assert.equal(compare(a.slice(0, 7), b).groups[0]?.pairs, null)
})

const unnamed = (each: RunStatistics): RunStatistics => ({
  ...each,
  run: each.run && { ...each.run, labels: {} },
})

test('the runs that would tell do so in about nine of ten new comparisons', () => {
  for (const deviation of [0.03, 0.06]) {
    const needed = runsToTell(deviation, 0.05) ?? 0
    const rounds = 40
    const told = (factors: Factors, judgement: string) =>
      Array.from({ length: rounds }, () =>
        figure(
          compare(side('a', noisy(needed, deviation)), side('b', noisy(needed, deviation, factors))),
          'p95',
        ),
      ).filter((each) => each?.judgement === judgement).length / rounds
    assert.ok(told({}, 'no difference') > 0.8, `${needed} runs, equal`)
    assert.ok(told({ all: 1.1 }, 'worse') > 0.9, `${needed} runs, 10 % slower`)
  }
  assert.deepEqual([runsToTell(0.005, 0.05), runsToTell(1, 0.05)], [5, null])
})

test('each of several looks spends its share of the error: p must be smaller and the intervals are wider', () => {
  const looked = (runs: readonly RunStatistics[], looks = '6') =>
    runs.map((each) => ({
      ...each,
      run: each.run && { ...each.run, labels: { ...each.run.labels, looks } },
    }))
  const [a, b] = [side('a', noisy(6, 0.03)), side('b', noisy(6, 0.03, { all: 1.1 }))]
  const [once, often] = [compare(a, b), compare(looked(a), looked(b))]
  const width = (compared: typeof once) => {
    const interval = figure(compared, 'p95')?.interval
    return interval ? interval.high - interval.low : 0
  }
  assert.equal(often.groups[0]?.looks, 6)
  for (const odd of ['', 'x', '0', '-3', '1e999'])
    assert.equal(compare(looked(a, odd), b).groups[0]?.looks, 1, odd)
  assert.ok(width(often) > width(once))
  const five = [a.slice(0, 5), b.slice(0, 5)] as const
  assert.equal(compare(looked(five[0]), looked(five[1])).judgement, 'cannot tell')
})
