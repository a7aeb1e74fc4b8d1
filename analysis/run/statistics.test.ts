import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aClimb, aRun, aSummary, requests } from '../../test/samples.ts'
import { runStatistics } from './statistics.ts'

describe('stages', () => {
  test('have rates over their own duration, and each is judged', () => {
    const source = aClimb('climb', [1000, 1900, 2500])
    const run = source.run && { ...source.run, slos: [{ figure: 'rate', limit: 150 }] }
    const { stages } = runStatistics({ ...source, run })
    assert.deepEqual(
      stages.map(({ vus, rate, holds, durationMs }) => [vus, rate, holds, durationMs]),
      [
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
    assert.deepEqual([last?.durationMs, last?.rate], [5000, 100])
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

describe('remarks', () => {
  const remarks = (changes: Parameters<typeof aRun>[0], failed = 0) =>
    runStatistics({
      name: 'x',
      run: aRun(changes),
      summary: { kind: 'summary', summary: aSummary(requests(1000, failed)) },
    }).remarks.join('\n')
  const target = aRun().target

  test('say whether workload and k6 counted the same number of requests', () => {
    assert.match(
      remarks({ target: { ...target, workServed: 1000 } }),
      /counted the same 1,000 answered requests\./,
    )
    assert.match(remarks({ target: { ...target, workServed: 1200 } }), /counted 1,200 .* k6 1,000/)
  })
  test('say when generator and target shared a machine', () => {
    assert.match(
      remarks({ target: { ...target, embedded: true } }),
      /shared the 4 cores .* k6 itself used 0\.200/,
    )
    assert.doesNotMatch(remarks({}), /shared/)
  })
  test('say whose latencies they are when requests failed', () => {
    assert.match(remarks({}, 10), /of the 990 successful requests; 10 failed requests count only as errors/)
  })
})

test('a run without a readable summary is invalid and has no stages', () => {
  const summary = { kind: 'unreadable', reason: 'k6 did not write one; see k6.log' } as const
  const { verdict, stages, remarks } = runStatistics({ name: 'x', run: aRun(), summary })
  assert.deepEqual([verdict.kind, stages, remarks], ['invalid', [], []])
})
