import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aClimb, aNight, aRun, aScriptRun, aSummary, requests } from '../../test/samples.ts'
import { runStatistics } from '../run/statistics.ts'
import { alarmsOf } from '../runs/alarms.ts'
import { seriesOf } from '../runs/history.ts'
import { breakpointStatistics, comparison, type Statistics, statistics } from '../runs/statistics.ts'
import { reportFiles, text } from './files.ts'
import type { HistoryReport } from './history.ts'

const first = (data: Statistics | HistoryReport) => text(data).split('\n')[1]
const svg = (data: Statistics | HistoryReport, name: string) => reportFiles(data).get(`${name}.svg`) ?? ''
const headOf = (data: Statistics | HistoryReport, name: string) =>
  /font-weight="600">([^<]*)</
    .exec(svg(data, name))?.[1]
    ?.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code))

const side = (which: 'a' | 'b', factor: number, count = 6) =>
  Array.from({ length: count }, (_, index) => {
    const source = aClimb(`${which}${index}`, [Math.round(factor * (1000 + ((index * 7) % 11)))])
    const startedAt = new Date(Date.UTC(2026, 0, 1, 0, 2 * index + Number(which === 'b'))).toISOString()
    return runStatistics({ ...source, run: { ...aRun(), startedAt } })
  })
const scaled = (replicas: number, count: number) => {
  const { run, ...source } = aClimb(`r${replicas}`, [count])
  const slos = [
    { figure: 'p95', limit: 250 },
    { figure: 'rate', limit: 90 },
  ]
  return { ...source, run: run && { ...run, slos, target: { ...run.target, replicas } } }
}
const probe = (rate: number, held: boolean) =>
  runStatistics({
    name: `probe-${rate}`,
    run: aRun({
      slos: [{ figure: 'p95', limit: held ? 100 : 50 }],
      load: {
        request: 'GET /work',
        stages: [{ stage: '1', vus: 8, offered: rate, startMs: 0, durationMs: 10_000 }],
        connections: 'kept',
      },
    }),
    summary: { kind: 'summary', summary: aSummary(requests(10 * rate)) },
  })

function history(count: number, from = count): HistoryReport {
  const nights = Array.from({ length: count }, (_, index) =>
    aNight(index, [(index >= from ? 118 : 100) + ((index * 7) % 5)]),
  )
  const series = seriesOf(nights)
  return { kind: 'history', nights, series, alarms: alarmsOf(series, []), comparison: null, remarks: [] }
}

describe('the first sentence', () => {
  test('of a comparison names the worst figure with its interval', () => {
    assert.equal(first(comparison(side('a', 1), side('b', 0.8))), 'rate −20 % (−20 to −20 %): worse.')
    assert.match(
      first(comparison(side('a', 1), side('b', 1.2))) ?? '',
      /^rate \+20 % \(19 to 21 %\): better\.$/,
    )
    assert.match(
      first(comparison(side('a', 1), side('b', 1.001))) ?? '',
      /^No difference: rate is within 5 % of the baseline\.$/,
    )
    assert.equal(
      first(comparison(side('a', 1, 2), side('b', 0.8, 2))),
      'Cannot tell: 2 and 2 runs are too few: it takes 5 a side.',
    )
    const named = (which: 'a' | 'b', names = {}) =>
      Array.from({ length: 6 }, (_, index) => aScriptRun(which, index, { names }))
    assert.match(
      first(comparison(named('a'), named('b', { checkout: 1.5 }))) ?? '',
      /^p95 of checkout \+\d\d % \(\d\d to \d\d %\): worse/,
    )
  })

  test('of numbers of replicas is how many to use, and its reasons follow', () => {
    const lines = text(statistics([scaled(1, 1000), scaled(2, 1900)])).split('\n')
    assert.equal(lines[1], '2 replicas hold 190 requests/s within p95 ≤ 250 ms and rate ≥ 90 requests/s.')
    assert.match(lines[2] ?? '', /^ {2}One run showed it: a next run holds it in about 50 % of cases/)
  })

  test('of a search says what it holds and where it breaks', () => {
    const data = breakpointStatistics([probe(20, true), probe(40, false)], {
      start: 20,
      precision: 0.02,
      repeat: 1,
    })
    assert.equal(first(data), 'Holds 20 requests/s, breaks at 40: p95 95 → 95 ms.')
    assert.equal(headOf(data, 'breakpoint'), first(data))
  })

  test('of nights names the worst figure and since when, or how long nothing changed', () => {
    assert.match(first(history(40, 36)) ?? '', /^constant · p95 is worse since 6 Feb \(\+18 %\)\.$/)
    assert.equal(first(history(30)), 'No change for the worse in 30 nights.')
    assert.equal(first(history(4)), 'Too early to see a change: 4 nights so far, and it takes more than 10.')
  })

  test('of several runs is how far those of one load differ', () => {
    const runs = (...all: Parameters<typeof statistics>[0]) => first(statistics(all))
    assert.equal(
      runs(aClimb('a', [1000]), aClimb('b', [1100])),
      '2 runs of ramp: p95 95 ms, 100 to 110 requests/s.',
    )
    assert.equal(
      runs(aClimb('a', [1000, 1900, 2800]), aClimb('b', [1000, 1900, 2900])),
      '2 runs of ramp at 4 VUs: p95 95 ms, 280 to 290 requests/s.',
    )
    assert.match(runs(aClimb('a', [1000, 1900]), aClimb('b', [1000])) ?? '', /^2 runs of different loads/)
  })
})

test('each plot begins with its finding', () => {
  const climb = statistics([aClimb('climb', [1000, 1900, 2500])])
  assert.equal(headOf(climb, 'latency'), 'p95 at 4 VUs is 95 ms, 1.9 times p50')
  assert.equal(headOf(climb, 'saturation'), 'Throughput still grows at 4 VUs')
  assert.equal(
    headOf(statistics([scaled(1, 1000), scaled(2, 1900)]), 'replicas'),
    '2 replicas do 1.9 times what 1 does: 95 % of linear growth',
  )
  assert.equal(headOf(history(40, 36), 'history-1-constant'), 'p95 +18 % since 2026-02-06')
  assert.equal(headOf(history(30), 'history-1-constant'), 'No change in 30 nights')
  const both = statistics([aClimb('one', [1000, 1900]), aClimb('two', [1200, 2000])])
  assert.match(headOf(both, 'latency') ?? '', /^Stages or kinds of request together/)
})

test('limits are drawn where a plot has their axis, and named where they lie beyond it', () => {
  const limited = (limit: number) => {
    const { run, ...source } = aClimb('climb', [1000, 1900, 2500])
    return statistics([{ ...source, run: run && { ...run, slos: [{ figure: 'p95', limit }] } }])
  }
  for (const name of ['latency', 'saturation']) {
    assert.match(svg(limited(60), name), />SLO p95 ≤ 60 ms</, name)
    assert.match(svg(limited(2500), name), />SLO p95 ≤ 2500 ms: above this axis</, name)
    assert.doesNotMatch(svg(statistics([aClimb('climb', [1000, 1900, 2500])]), name), /≤/, name)
  }
  const replicas = svg(statistics([scaled(1, 1000), scaled(2, 1900)]), 'replicas')
  assert.match(replicas, />SLO p95 ≤ 250 ms: above this axis</)
  assert.match(replicas, />SLO rate ≥ 90\/s</)
})

test('requests and iterations of a run have the same rate, whatever k6 waited for after the load', () => {
  const metrics = { ...requests(2866), iterations: { count: 2866, rate: 2866 / 10.03 } }
  const summary = { kind: 'summary', summary: aSummary(metrics, 10.03) } as const
  const run = aRun({ script: { file: 'x.js', sha256: '0'.repeat(64) } })
  const { total, measures } = runStatistics({ name: 'x', run, summary })
  const iterations = measures.metrics.find(({ name }) => name === 'iterations')
  assert.equal(iterations?.type === 'counter' && iterations.rate, total.rate)
})
