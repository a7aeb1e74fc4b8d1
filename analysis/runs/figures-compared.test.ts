import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aScriptRun, type ScriptChanges } from '../../test/samples.ts'
import { parseFigures, type TaggedFigure } from '../formats/figure.ts'
import type { RunStatistics } from '../run/statistics.ts'
import { alarmsOf } from './alarms.ts'
import { compare } from './compare.ts'
import { unknownFigures } from './figures-compared.ts'
import { seriesOf } from './history.ts'
import { nightOf } from './night.ts'

const side = (which: 'a' | 'b', runs: number, changes: ScriptChanges = {}) =>
  Array.from({ length: runs }, (_, index) => aScriptRun(which, index, changes))
const declared = (text: string) => parseFigures(text) as TaggedFigure[]
const group = (...of: Parameters<typeof compare>) => compare(...of).groups[0]
const metricsOf = (found: ReturnType<typeof group>) => found?.metrics.map(({ metric }) => metric) ?? []

test('a name made twice as slow is worse, five and ten a side, where the total is blind', () => {
  for (const runs of [5, 10]) {
    const found = group(side('a', runs), side('b', runs, { names: { checkout: 2 } }))
    const worse = found?.metrics.filter(({ judgement }) => judgement === 'worse')
    assert.deepEqual(
      worse?.map(({ metric }) => metric),
      ['p95{name:checkout}'],
    )
    assert.ok(Math.abs((worse?.[0]?.change ?? 0) - 2) < 0.15)
    assert.equal(found?.judgement, 'worse')
  }
})

test('with twenty names one is still found by five a side, and equal sides are not worse', () => {
  const twenty = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`name ${index}`, 1]))
  const rounds = 60
  const worse = (names: Record<string, number>, runs: number) =>
    Array.from({ length: rounds }, () =>
      group(side('a', runs, { names: twenty, noise: 0.05 }), side('b', runs, { names, noise: 0.05 })),
    ).filter((found) => found?.judgement === 'worse').length
  assert.ok(worse({ ...twenty, 'name 7': 2 }, 5) >= 0.95 * rounds)
  const false5 = worse(twenty, 5)
  assert.ok(false5 <= 3, `${false5} of ${rounds}`)
})

test('names cost the figures of the whole run no power: their p and judgements are the same', () => {
  const [a, b] = [side('a', 5), side('b', 5)]
  const six = group(a, b, { figures: [] })
  const more = group(a, b)
  assert.deepEqual(more?.metrics.slice(0, six?.metrics.length), six?.metrics)
  assert.ok(!metricsOf(six).some((metric) => metric.includes('{')))
  assert.deepEqual(metricsOf(more).slice(-3).sort(), [
    'p95{name:checkout}',
    'p95{name:list}',
    'p95{name:login}',
  ])
})

test('declared figures take the place of the names: by group, check, custom metric', () => {
  const figures = declared(
    'p50{name:list},p95{group:purchase},rate{check:paid},mean{metric:cart_time},rate{metric:bought}:lower',
  )
  const found = group(side('a', 5), side('b', 5), { figures })
  const of = (metric: string) => found?.metrics.find((each) => each.metric === metric)
  assert.ok(!metricsOf(found).includes('p95{name:list}'))
  assert.deepEqual([of('p50{name:list}')?.unit, of('p50{name:list}')?.better], ['ms', 'lower'])
  assert.ok(of('p95{group:purchase}') && of('mean{metric:cart_time}'))
  assert.equal(of('rate{metric:bought}')?.better, 'lower')
  // The same share in every run says nothing.
  assert.equal(of('rate{check:paid}'), undefined)
})

test('a figure that no run has is named, with what there is', () => {
  const runs = side('a', 1)
  assert.equal(unknownFigures(runs, declared('p95{name:list},rate{check:paid},rate{metric:declined}')), null)
  assert.equal(
    unknownFigures(runs, declared('p95{name:chekout},p95{metric:bought}')),
    'no run has p95{name:chekout} or p95{metric:bought}; there are name checkout, list, login; scenario 1; group ::purchase; check paid; metric bought, cart_time, declined',
  )
})

test('a declared figure that some runs lack is not compared, and that is said', () => {
  const b = side('b', 5)
  const [one, ...others] = b as [RunStatistics, ...RunStatistics[]]
  const without = { ...one, measures: { ...one.measures, tagged: [] } }
  const found = group(side('a', 5), [without, ...others], { figures: declared('p95{name:list}') })
  assert.ok(!metricsOf(found).includes('p95{name:list}'))
  assert.match(
    found?.warnings.join('\n') ?? '',
    /^p95\{name:list\}: not compared, since 1 run had none or too few requests of it\.$/m,
  )
})

test('nights keep the p95 of each name as a series, and one that rises is an alarm by its name', () => {
  const night = (index: number, checkout: number) =>
    nightOf(side('b', 5, { names: { checkout } }), {
      id: `night-${index}`,
      startedAt: new Date(Date.UTC(2026, 0, 1 + index)).toISOString(),
      commit: null,
      labels: {},
      planned: 5,
    })
  const old = Array.from({ length: 4 }, (_, index) => night(index, 1)).map((each) => ({
    ...each,
    measured: each.measured.filter(({ metric }) => !metric.includes('{')),
  }))
  const nights = Array.from({ length: 18 }, (_, index) => night(index + 4, index < 14 ? 1 : 1.5))
  const series = seriesOf([...old, ...nights])
  const of = (metric: string) => series.find((each) => each.metric === metric)
  assert.equal(of('p95')?.points.length, 22)
  assert.equal(of('p95{name:checkout}')?.points.length, 18)
  assert.deepEqual(
    alarmsOf(series, []).map((alarm) => alarm.series.name),
    ['checkout.js · p95{name:checkout}'],
  )
})
