import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aCell, aClimb, aFactorial } from '../../test/samples.ts'
import { runStatistics } from '../run/statistics.ts'
import { factorsOf } from './factors.ts'
import { statistics } from './statistics.ts'

type Levels = Readonly<Record<string, string>>
const cellsOf = (factors: Readonly<Record<string, readonly string[]>>): Levels[] =>
  Object.entries(factors).reduce<Levels[]>(
    (cells, [name, levels]) => cells.flatMap((cell) => levels.map((level) => ({ ...cell, [name]: level }))),
    [{}],
  )
const factors = { replicas: ['1', '2', '4'], cpu: ['500m', '1'], 'env.POOL': ['8', '16'] }
/** Throughput in proportion to cores, with a loss per replica; the pool does nothing. */
const cores = ({ replicas = '1', cpu }: Levels) => 100 * Number(replicas) ** 0.9 * (cpu === '1' ? 1 : 0.5)
const near = (actual: number | undefined, expected: number, within: number) =>
  assert.ok(Math.abs((actual ?? Number.NaN) / expected - 1) < within, `${actual} is not about ${expected}`)

test('effects are ratios within repeats, with intervals that hold the truth; what does nothing is not shown', () => {
  const study = statistics(aFactorial(cellsOf(factors), 3, cores)).factors
  assert.ok(study, 'a study of factors')
  assert.deepEqual(
    study.factors.map(({ name, levels }) => [name, levels]),
    [
      ['replicas', ['1', '2', '4']],
      ['cpu', ['500m', '1']],
      ['env.POOL', ['8', '16']],
    ],
  )
  assert.equal(study.cells.length, 12)
  assert.deepEqual(study.cells[0]?.levels, { replicas: '1', cpu: '500m', 'env.POOL': '8' })
  assert.deepEqual([study.cells[0]?.cores, study.cells.at(-1)?.cores], [0.5, 4])
  assert.equal(study.method, 'paired')
  const truth = [2 ** 0.9, 4 ** 0.9, 2, 1]
  const effects = study.rate.effects ?? []
  assert.deepEqual(
    effects.map(({ factor, from, to, differences }) => [factor, from, to, differences]),
    [
      ['replicas', '1', '2', 12],
      ['replicas', '1', '4', 12],
      ['cpu', '500m', '1', 18],
      ['env.POOL', '8', '16', 18],
    ],
  )
  effects.forEach(({ ratio, interval }, index) => {
    const expected = truth[index] ?? 1
    near(ratio, expected, 0.03)
    assert.ok(interval && interval.low < expected && interval.high > expected, `interval of ${index}`)
    // Repeats differ by 10 %, which would make it ± 6 % if they were not blocks.
    assert.ok(interval.high / interval.low < 1.06, `${interval.low} to ${interval.high}`)
  })
  assert.deepEqual(
    study.rate.interactions.filter(({ p }) => p < 0.05),
    [],
  )
})

test('an effect that depends on another factor is shown, with both of its sizes', () => {
  // The pool helps with one core only.
  const rate = (levels: Levels) =>
    cores(levels) * (levels.cpu === '1' && levels['env.POOL'] === '16' ? 1.3 : 1)
  const study = statistics(aFactorial(cellsOf(factors), 3, rate)).factors
  const shown = study?.rate.interactions.filter(({ p }) => p < 0.05) ?? []
  assert.deepEqual(
    shown.map(({ factor, on }) => [factor, on]),
    [['cpu', 'env.POOL']],
  )
  near(shown[0]?.ratio, 1.3, 0.05)
  near(shown[0]?.at[0]?.ratio, 2, 0.05)
  near(shown[0]?.at[1]?.ratio, 2.6, 0.05)
})

test('with two repeats of four cells there is no interval, and nothing is called shown', () => {
  const study = statistics(
    aFactorial(cellsOf({ cpu: ['1', '2'], memory: ['64Mi', '1Gi'] }), 2, cores),
  ).factors
  assert.deepEqual(
    study?.rate.effects?.map(({ interval, differences }) => [interval, differences]),
    [
      [null, 4],
      [null, 4],
    ],
  )
  assert.ok(
    study?.rate.interactions.every(({ p }) => p > 0.05),
    'no interaction is shown',
  )
})

test('cells that are not all combinations are fitted, and the truth of a sum of effects is found', () => {
  const half = cellsOf({ cpu: ['500m', '1'], memory: ['64Mi', '128Mi'], 'env.POOL': ['8', '16'] }).filter(
    ({ cpu, memory, 'env.POOL': pool }) =>
      [cpu === '1', memory === '64Mi', pool === '8'].filter(Boolean).length % 2 > 0,
  )
  const study = statistics(
    aFactorial(half, 4, ({ cpu, memory }) => 100 * (cpu === '1' ? 2 : 1) * (memory === '128Mi' ? 1.2 : 1)),
  ).factors
  assert.equal(study?.method, 'least squares')
  const [cpu, memory, pool] = study?.rate.effects ?? []
  near(cpu?.ratio, 2, 0.03)
  near(memory?.ratio, 1.2, 0.03)
  near(pool?.ratio, 1, 0.03)
  assert.ok(pool?.interval && pool.interval.low < 1 && pool.interval.high > 1, 'the pool is not shown')
  // Two cells of three factors: nothing tells the factors apart.
  const confounded = statistics(aFactorial(half.slice(0, 2), 4, cores)).factors
  assert.equal(confounded?.rate.effects, null)
})

test('a law is fitted for each combination of the other factors', () => {
  const study = statistics(
    aFactorial(cellsOf({ replicas: ['1', '2', '4', '8'], cpu: ['500m', '1'] }), 2, cores),
  ).factors
  assert.deepEqual(
    study?.laws.map(({ levels }) => levels),
    [{ cpu: '500m' }, { cpu: '1' }],
  )
  const [half, one] = (study?.laws ?? []).map(({ scaling }) => scaling.fits[0]?.gamma ?? 0)
  near((one ?? 0) / (half ?? 1), 2, 0.1)
})

test('invalid runs are counted and give no figure; runs of other kinds are no study of factors', () => {
  const cells = cellsOf({ cpu: ['500m', '1'] })
  const [first, ...rest] = aFactorial(cells, 6, cores)
  assert.ok(first?.run)
  const invalid = { ...first, run: { ...first.run, interrupted: true } }
  const study = statistics([invalid, ...rest]).factors
  assert.deepEqual(
    study?.cells.map(({ runs, invalid, held, missed }) => [runs, invalid, held, missed]),
    [
      [5, 1, 5, 0],
      [6, 0, 6, 0],
    ],
  )
  assert.equal(study?.rate.effects?.[0]?.differences, 5)
  const of = (sources: Parameters<typeof statistics>[0]) => factorsOf(sources.map(runStatistics))
  assert.equal(of([aClimb('a', [100]), aClimb('b', [100])]), null)
  assert.equal(of([aCell({ cpu: '1' }, 1, 100), aClimb('b', [100])]), null)
  assert.equal(of([aCell({ cpu: '1' }, 1, 100), aCell({ cpu: '1' }, 2, 100)]), null)
  // Replicas alone have their own report.
  const replicas = ['1', '2'].map((each) => aCell({ cpu: '1', replicas: each }, 1, 100))
  assert.equal(statistics(replicas).kind, 'capacity')
  assert.equal(of([]), null)
})
