import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aClimb, aRun } from '../../test/samples.ts'
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

test('a run without a readable summary is invalid and has no stages', () => {
  const summary = { kind: 'unreadable', reason: 'k6 did not write one; see k6.log' } as const
  const { verdict, stages, remarks } = runStatistics({ name: 'x', run: aRun(), summary })
  assert.deepEqual([verdict.kind, stages, remarks], ['invalid', [], []])
})
