import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changes, sides } from '../../test/sides.ts'
import { byPercentile } from './by-percentile.ts'
import { comparison } from './statistics.ts'

const found = (...made: Parameters<typeof sides>) => {
  const { comparison: compared } = comparison(...sides(...made))
  const { byPercentile } = compared?.groups[0] ?? {}
  assert.ok(byPercentile)
  return byPercentile
}
const clear = ({ low, high }: { low: number | null; high: number | null }) =>
  (low ?? 0) > 1 || (high ?? 2) < 1

for (const runs of [5, 10]) {
  test(`${runs} a side: everything 10 % slower is a level curve around 1.1`, () => {
    const { ratio, difference } = found(runs, { change: changes.uniform })
    const body = ratio.points.filter(({ p }) => p < 99)
    assert.ok(body.every(({ change }) => Math.abs(change - 1.1) < 0.04))
    assert.ok(body.every(clear))
    const [first, last] = [difference.points[0]?.change ?? 0, difference.points.at(-1)?.change ?? 0]
    assert.ok(last > 2 * first, 'in milliseconds it rises with the latency')
  })

  test(`${runs} a side: the slowest 2 % doubled is a step at p98`, () => {
    const { points } = found(runs, { change: changes.tail }).ratio
    for (const { p, change } of points.filter(({ p }) => p < 98))
      assert.ok(Math.abs(change - 1) < 0.04, `p${p}`)
    for (const each of points.filter(({ p }) => p > 98))
      assert.ok(clear(each) && Math.abs(each.change - 2) < 0.25, `p${each.p}`)
  })

  test(`${runs} a side: nothing changed, and the band contains none at every percentile`, () => {
    const { points, confidence } = found(runs).ratio
    assert.ok(points.every(({ low, high }) => low !== null && high !== null && low <= 1 && high >= 1))
    assert.ok(confidence !== null && confidence > 0.92)
  })
}

test('a percentile without a request beyond it in every run is left out, at both ends', () => {
  const percentiles = (requests: number) => found(5, { requests }).ratio.points.map(({ p }) => p)
  assert.deepEqual(percentiles(500).slice(0, 2), [1, 5])
  assert.equal(percentiles(500).at(-1), 99.5)
  assert.equal(percentiles(2000).at(-1), 99.9)
  assert.deepEqual([percentiles(50)[0], percentiles(50).at(-1)], [5, 98])
  const [a, b] = sides(5)
  const sparse = b.map((run) => ({
    ...run,
    percentiles: run.percentiles.filter(([p]) => p === 50 || p === 95),
  }))
  assert.equal(byPercentile(a, sparse, { inTurns: false }), null, 'two percentiles are no curve')
})

test('fewer than five a side have changes and no band', () => {
  const { ratio } = found(4, { change: changes.uniform })
  assert.equal(ratio.confidence, null)
  assert.ok(ratio.points.every(({ low, high, change }) => low === null && high === null && change > 1))
})

test('the change of p95 is that of the table, and a machine that drifts does not widen the band of runs in turns', () => {
  const { comparison: compared } = comparison(...sides(10, { change: changes.uniform }))
  const [group] = compared?.groups ?? []
  const p95 = group?.byPercentile?.ratio.points.find(({ p }) => p === 95)
  const row = group?.metrics.find(({ metric }) => metric === 'p95')
  assert.equal(p95?.change, row?.change)
  assert.ok((p95?.low ?? 2) <= (row?.interval?.low ?? 0) && (p95?.high ?? 0) >= (row?.interval?.high ?? 2))

  const [a, b] = sides(10, { noise: 0.005, drift: 0.3 })
  const width = (inTurns: boolean) => {
    const at50 = byPercentile(a, b, { inTurns })?.ratio.points.find(({ p }) => p === 50)
    return (at50?.high ?? Number.NaN) - (at50?.low ?? Number.NaN)
  }
  assert.ok(width(true) < width(false) / 2, `${width(true)}, ${width(false)}`)
})
