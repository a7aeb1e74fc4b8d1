import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aClimb, aRun, aSummary, requests } from '../../test/samples.ts'
import { runStatistics } from './statistics.ts'

describe('stages', () => {
  test('have rates over their own duration, and each is judged', () => {
    const source = aClimb('climb', [1001, 1901, 2498])
    const run = source.run && { ...source.run, slos: [{ figure: 'rate', limit: 150 }] }
    const { stages } = runStatistics({ ...source, run })
    assert.deepEqual(
      stages.map(({ vus, rate, holds, durationMs }) => [vus, rate, holds, durationMs]),
      [
        // Without the one request per VU that is answered after its plateau; they are answered in the next.
        [1, 100, false, 10_000],
        [2, 190, true, 10_000],
        [4, 250, true, 10_000],
      ],
    )
  })

  test('an interrupted one has a rate over the time it ran', () => {
    const source = aClimb('climb', [1000, 500])
    const interrupted = {
      ...source,
      summary: {
        kind: 'summary' as const,
        summary: { ...(source.summary.kind === 'summary' && source.summary.summary), durationMs: 15_000 },
      },
    } as typeof source
    const [, last] = runStatistics(interrupted).stages
    assert.deepEqual([last?.durationMs, last?.rate], [5000, 100.2])
  })

  test('of a summary without run.json are known by their tag, without size or rate', () => {
    const { summary } = aClimb('climb', Array<number>(11).fill(100))
    const { stages } = runStatistics({ name: 'bare', run: null, summary })
    assert.deepEqual(
      stages.map(({ stage }) => stage),
      ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11'],
    )
    assert.ok(
      stages.every(({ vus, rate, requests: count }) => vus === null && rate === null && count === 100),
    )
  })
})

describe('the rate', () => {
  const { load } = aRun()
  const [stage] = load.stages
  assert.ok(stage)
  /** Of that many requests under a load of `loadSeconds`; k6 ended after `seconds`. */
  const rates = (
    count: number,
    loadSeconds: number,
    seconds: number,
    {
      offered = null as number | null,
      metrics = {} as Parameters<typeof aSummary>[0],
      interrupted = false,
    } = {},
  ) => {
    const stages = [{ ...stage, offered, durationMs: loadSeconds * 1000 }]
    const kinds = { 'http_reqs{kind:cpu}': { count } }
    const {
      total,
      stages: measured,
      requests: byKind,
    } = runStatistics({
      name: 'x',
      run: aRun({ load: { ...load, stages }, interrupted }),
      summary: { kind: 'summary', summary: aSummary({ ...requests(count), ...kinds, ...metrics }, seconds) },
    })
    return [total.rate, measured[0]?.rate, byKind[0]?.rate]
  }

  test('is over the time of the load: one request that hung does not lower it', () => {
    // Over the whole 20.5 s it would be 56/s. Each of 8 VUs had a request in flight at the end.
    assert.deepEqual(rates(1158, 8, 20.5), [143.75, 143.75, 143.75])
  })

  test('is over the time that an interrupted run took', () => {
    assert.deepEqual(rates(500, 60, 5, { interrupted: true }), [100, 100, 100])
  })

  test('of a growing queue is what was answered, not what arrived', () => {
    // 110 a second for 10 s at a target that answers 100: the latency grows by a second, the last answer
    // comes after 11 s.
    const half = (med: number) => ({ count: 550, med, 'p(25)': med - 125, 'p(75)': med + 125 })
    const halves = { 'latency_intended{half:1}': half(250), 'latency_intended{half:2}': half(750) }
    for (const rate of rates(1100, 10, 12, { offered: 110, metrics: halves }))
      assert.ok(Math.abs((rate ?? 0) - 100) < 1e-9, `${rate}`)
  })
})

test('requests by name are counted by their failures, where only these were asked for', () => {
  const summary = aSummary({
    ...requests(100, 4),
    'http_req_failed{name:/}': { passes: 0, fails: 40 },
    'http_req_failed{name:/a:b {{id}}}': { passes: 4, fails: 56 },
    'http_req_duration{name:/,expected_response:true}': { count: 40, avg: 2, med: 2, max: 3 },
    'http_reqs{name:/,stage:1}': { count: 7 },
  })
  const statistics = runStatistics({ name: 'x', run: aRun(), summary: { kind: 'summary', summary } })
  assert.deepEqual(
    statistics.measures.tagged[0]?.rows.map(({ tags, requests, failed, errors, rate, meanMs }) => [
      tags.name,
      requests,
      failed,
      errors,
      rate,
      meanMs,
    ]),
    [
      ['/a:b {{id}}', 60, 4, 4 / 60, 6, null],
      ['/', 40, 0, 0, 4, 2],
    ],
  )
})

test('a run without a readable summary is invalid and has no stages', () => {
  const summary = { kind: 'unreadable', reason: 'k6 did not write one; see k6.log' } as const
  const { verdict, stages, remarks } = runStatistics({ name: 'x', run: aRun(), summary })
  assert.deepEqual([verdict.kind, stages, remarks], ['invalid', [], []])
})
