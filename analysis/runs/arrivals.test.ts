import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aCell, aSearch } from '../../test/samples.ts'
import type { Source } from '../formats/read.ts'
import { modelOf } from '../report/model.ts'
import { runStatistics } from '../run/statistics.ts'
import { arrivalsOf } from './arrivals.ts'
import { statistics } from './statistics.ts'

const found = (sources: readonly Source[], wanted: number | null = null) => {
  const arrivals = arrivalsOf(sources.map(runStatistics), wanted)
  assert.ok(arrivals, 'the runs are probes')
  return arrivals
}
const sizes = ['1', '2', '4'].flatMap((replicas) => ['100m', '200m'].map((cpu) => ({ replicas, cpu })))
const cores = (cpu: string) => Number(cpu.replace('m', '')) / 1000
/** 150 a second for a core, a little less for each more. */
const capacity = ({ replicas, cpu }: { replicas: string; cpu: string }) =>
  (150 * cores(cpu) * Number(replicas)) / (1 + 0.02 * (Number(replicas) - 1))
const searches = sizes.flatMap((levels) =>
  [1, 2, 3].flatMap((repeat) => aSearch(levels, repeat, capacity(levels) * (1 + 0.01 * (repeat - 2)))),
)

test('each cell has the highest rate that held in each search, within the precision', () => {
  const { cells } = found(searches)
  assert.equal(cells.length, 6)
  for (const { levels, searches, held } of cells) {
    const truth = capacity(levels as (typeof sizes)[number])
    assert.equal(searches.length, 3)
    for (const { held, broke, done } of searches) {
      assert.ok(done && held !== null && broke !== null && held <= truth * 1.02, `${held} of ${truth}`)
      assert.ok(broke <= held * 1.05 || broke - held <= 1, `${held} to ${broke}`)
    }
    assert.ok(held && held.median > truth * 0.93, `${held?.median} of ${truth}`)
  }
})

test('the capacity function is that of the searches, over replicas and CPU', () => {
  const [only, ...more] = found(searches).functions
  assert.ok(only?.ofCores && more.length === 0, 'one function, of cores')
  const [best] = only.laws.laws
  assert.ok(best && Math.abs(best.rate / 150 - 1) < 0.1, `${best?.rate} a core`)
})

test('the recommended cell costs the fewest cores of those whose every search held the rate', () => {
  const { cells, recommended, expected } = found(searches, 40)
  const cell = cells[recommended ?? -1]
  // 2 × 200m holds 58, 4 × 100m 56; one of 200m only 30.
  assert.deepEqual([cell?.levels, expected], [{ replicas: '2', cpu: '200m' }, null])
})

test('a rate that no cell holds has no recommendation, but a size that is expected to hold it', () => {
  const { recommended, expected } = found(searches, 150)
  assert.equal(recommended, null)
  assert.ok(expected?.extrapolated && expected.low >= 150, JSON.stringify(expected))
})

test('the check is the run of that cell at the wanted rate, and is no search', () => {
  const check = aCell({ replicas: '2', cpu: '200m' }, 1, 400)
  assert.ok(check.run)
  const [stage] = check.run.load.stages
  assert.ok(stage)
  const run = {
    ...check.run,
    labels: { cell: 'check replicas=2,cpu=200m at 40' },
    load: { ...check.run.load, stages: [{ ...stage, offered: 40 }] },
  }
  const arrivals = found([...searches, { ...check, run }], 40)
  assert.equal(arrivals.cells.length, 6)
  assert.deepEqual(arrivals.check, { rate: 40, held: true, why: null, limit: null })
  // It says nothing about another rate.
  assert.equal(found([...searches, { ...check, run }], 50).check, null)
  const { blocks } = modelOf(statistics([...searches, { ...check, run }], { wanted: 40 }))
  assert.match(
    JSON.stringify(blocks[0]),
    /For 40 requests\/s: 2 replicas, cpu 200m, 0\.400 cores; checked, it held\./,
  )
})

test('the report has the files to apply, with a target below what the pods used', () => {
  const { files = [], blocks } = modelOf(statistics(searches, { wanted: 40 }))
  assert.deepEqual(
    files.map(([name]) => name),
    ['size.yaml', 'autoscaler.yaml'],
  )
  // They used 90 % of what they request.
  assert.match(files[1]?.[1] ?? '', /averageUtilization: 81$/m)
  assert.match(JSON.stringify(blocks[0]), /about 75 % of cases/)
})

test('what k6 held back is no capacity', () => {
  const [first, ...rest] = aSearch({ replicas: '1' }, 1, 30)
  assert.ok(first?.run)
  const slow = rest.map(
    (source) =>
      source.run && { ...source, run: { ...source.run, k6: { ...source.run.k6, cpuSeconds: 1000 } } },
  )
  const { cells } = found([first, ...slow.flatMap((source) => (source ? [source as Source] : []))])
  assert.equal(cells[0]?.held, null)
})
