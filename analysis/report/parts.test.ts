import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median } from 'simple-statistics'
import { aScriptRun } from '../../test/samples.ts'
import { parseFigures } from '../formats/figure.ts'
import type { RunStatistics } from '../run/statistics.ts'
import { partsOf } from '../runs/parts.ts'
import { cellText } from './blocks.ts'
import { partsTable } from './parts.ts'

const runs = [0, 1, 2].map((index) => aScriptRun('a', index))
const [first] = runs
assert.ok(first)
const invalid: RunStatistics = { ...first, verdict: { kind: 'invalid', reasons: ['interrupted'] } }
const cells = [
  { levels: { replicas: '1' }, runs },
  { levels: { replicas: '2' }, runs: [aScriptRun('b', 0, { names: { checkout: 0.5 } }), invalid] },
]
const declared = (text: string) => {
  const figures = parseFigures(text)
  assert.ok(typeof figures !== 'string', String(figures))
  return figures
}

test('undeclared, each request name has its p95 at each level, over its valid runs', () => {
  const parts = partsOf(cells, null)
  assert.deepEqual(
    parts.map(({ metric, levels, value }) => [metric, levels.replicas, value?.runs]),
    ['checkout', 'list', 'login'].flatMap((name) => [
      [`p95{name:${name}}`, '1', 3],
      [`p95{name:${name}}`, '2', 1],
    ]),
  )
  const p95 = runs.map(
    ({ measures }) =>
      measures.tagged
        .find(({ by }) => by.join() === 'name')
        ?.rows.find(({ tags }) => tags.name === 'checkout')?.p95Ms ?? Number.NaN,
  )
  assert.equal(parts.find(({ metric }) => metric === 'p95{name:checkout}')?.value?.median, median(p95))
})

test('what is declared is given, and where no run has it, it is unknown rather than 0', () => {
  const lacking = [
    ...cells,
    { levels: { replicas: '4' }, runs: [{ ...first, measures: { ...first.measures, checks: [] } }] },
  ]
  assert.deepEqual(
    partsOf(lacking, declared('rate{check:paid},mean{metric:cart_time}')).map(
      ({ metric, unit, levels, value }) => [metric, unit, levels.replicas, value !== null],
    ),
    [
      ['rate{check:paid}', 'share', '1', true],
      ['rate{check:paid}', 'share', '2', true],
      ['rate{check:paid}', 'share', '4', false],
      ['mean{metric:cart_time}', '', '1', true],
      ['mean{metric:cart_time}', '', '2', true],
      ['mean{metric:cart_time}', '', '4', true],
    ],
  )
  assert.deepEqual(partsOf(cells, []), [])
})

test('a table has a row for each figure at each level', () => {
  const table = partsTable(partsOf(cells, declared('rate{check:paid},p95{name:checkout}')))
  assert.ok(table?.kind === 'table')
  assert.deepEqual(table.heads, ['figure', 'replicas', 'runs', 'median', 'between'])
  const [paid, , checkout] = table.rows.map((row) => row.map(cellText))
  assert.deepEqual(paid, ['rate of check paid', '1', '3', '92.5 %', '92.5 % to 92.5 %'])
  assert.deepEqual(checkout?.slice(0, 3), ['p95 of checkout (ms)', '1', '3'])
  assert.equal(partsTable([]), null)
})
