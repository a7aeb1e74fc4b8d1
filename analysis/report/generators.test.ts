import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aClimb, aRun } from '../../test/samples.ts'
import { type Generator, strangeGenerator } from '../formats/generators.ts'
import { runStatistics } from '../run/statistics.ts'
import { cellText } from './blocks.ts'
import { generatorsTable, generatorsWords } from './generators.ts'

const one: Generator = {
  ...strangeGenerator('1'),
  segment: '0:1/2',
  skewMs: 0,
  process: { ...aRun().k6, cpuSeconds: 5, waitedSeconds: 1 },
  figures: {
    durationMs: 10_000,
    requests: 500,
    failed: 0,
    meanMs: 10,
    p50Ms: 9,
    p95Ms: 20,
    ratio: { value: 1.02, low: 0.98, high: 1.06 },
  },
}
const other: Generator = {
  ...one,
  name: '2',
  node: 'b',
  segment: '1/2:1',
  skewMs: 4,
  process: null,
  figures: null,
}

function rowsOf(generators: readonly Generator[]) {
  const { run, ...source } = aClimb('together', [1000])
  assert.ok(run)
  const { heads, rows, note } = generatorsTable(
    runStatistics({ ...source, run: { ...run, generators: [...generators] } }),
  )
  const table = rows.map((row) =>
    Object.fromEntries(row.map((cell, index) => [heads[index], cellText(cell)])),
  )
  return { table, note }
}

test('each generator has a row, and what is not known of one is a dash', () => {
  const { table, note } = rowsOf([one, other])
  assert.deepEqual(table, [
    {
      ...{ generator: '1', on: '–', part: '0:1/2', 'after the first ms': '0', requests: '500' },
      ...{ 'p50 ms': '9', 'p95 ms': '20', 'mean ÷ others’': '1.02 (0.980–1.06)' },
      ...{ 'CPU (cores)': '0.500', 'waiting for CPU (threads)': '0.100', MiB: '50' },
    },
    {
      ...{ generator: '2', on: 'b', part: '1/2:1', 'after the first ms': '4', requests: '–' },
      ...{ 'p50 ms': '–', 'p95 ms': '–', 'mean ÷ others’': '–' },
      ...{ 'CPU (cores)': '–', 'waiting for CPU (threads)': '–', MiB: '–' },
    },
  ])
  assert.match(note ?? '', /^2 generators, started within 4 ms; /)
})

test('what nobody knows of any generator has no column; a single generator has no table', () => {
  const { table, note } = rowsOf([strangeGenerator('a'), strangeGenerator('b')])
  assert.deepEqual(Object.keys(table[0] ?? {}), [
    ...['generator', 'after the first ms', 'requests', 'p50 ms', 'p95 ms', 'mean ÷ others’'],
  ])
  assert.match(note ?? '', /which started at unknown times/)
  assert.deepEqual(rowsOf([]).table, [])
  assert.equal(generatorsWords([one, strangeGenerator('a')]), '2 generators, which started at unknown times')
})
