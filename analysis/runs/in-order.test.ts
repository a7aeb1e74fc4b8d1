import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changes, sides } from '../../test/sides.ts'
import { drift, inOrder } from './in-order.ts'
import { comparison } from './statistics.ts'

function ordered(...made: Parameters<typeof sides>) {
  const { runs, comparison: compared } = comparison(...sides(...made))
  assert.ok(compared)
  const [found] = inOrder(runs, compared)
  assert.ok(found)
  return found
}

test('runs of both sides are in the order in which they were made, with the blocks that are compared', () => {
  const { runs, metric, blocks } = ordered(9, { change: changes.uniform })
  assert.equal(metric, 'p95')
  assert.deepEqual(
    runs.map(({ side }) => side),
    Array.from({ length: 18 }, (_, place) => place % 2),
  )
  assert.deepEqual(
    blocks,
    [
      [0, 3],
      [4, 7],
      [8, 11],
      [12, 17],
    ],
    'nine pairs: the last block has three',
  )
  assert.deepEqual(ordered(5).blocks, [], 'five a side are compared as two sets')
})

test('both sides drift with the machine, whatever their difference; without a drift they are steady', () => {
  const found = drift(ordered(10, { change: changes.uniform, drift: 0.1 }))
  assert.ok(found !== null && found !== 'steady' && found.of === 'both')
  assert.ok(Math.abs(found.ratio - Math.exp(0.1)) < 0.05, String(found.ratio))
  assert.equal(drift(ordered(10, { change: changes.uniform })), 'steady')
  assert.equal(drift(ordered(4, { drift: 0.5 })), null)
})

test('a side that drifts alone is named', () => {
  const order = ordered(10)
  const rising = order.runs.map((run, place) => ({
    ...run,
    value: run.value === null ? null : run.side === 1 ? run.value * (1 + 0.02 * place) : 100 + (place % 4),
  }))
  const found = drift({ ...order, runs: rising })
  assert.ok(found !== null && found !== 'steady')
  assert.equal(found.of, 'candidate')
  assert.ok(found.ratio > 1.2)
})

test('a run with many failures is bad, an invalid one is no part of the drift', () => {
  const { runs } = ordered(5, { failed: (place) => (place === 3 ? 100 : 0) })
  assert.deepEqual(
    runs.map(({ bad }) => bad),
    runs.map((_, place) => place === 3),
  )
  const order = ordered(6, { drift: 0.3 })
  const invalid = (place: number) => place < 3
  const spoilt = { ...order, runs: order.runs.map((run, place) => ({ ...run, invalid: invalid(place) })) }
  assert.equal(drift(spoilt), null, 'four valid runs are left on one side')
})
