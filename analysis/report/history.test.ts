import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aNight } from '../../test/samples.ts'
import type { Night } from '../formats/night.ts'
import { judgedAlarms } from '../runs/alarms.ts'
import { seriesOf } from '../runs/history.ts'
import { reportFiles } from './files.ts'

/** The page in Markdown of that many nights with the p95 of each, and shares of errors or bad runs. */
function page(
  count: number,
  of: (index: number) => Partial<Night> & { p95?: number; share?: [string, number[]] },
) {
  const nights = Array.from({ length: count }, (_, index) => {
    const { p95 = 100, share, ...changes } = of(index)
    const night = aNight(index, [p95 + ((index * 7) % 5)], changes)
    const more = night.measured.map((each) => ({ ...each, metric: share?.[0] ?? '', unit: 'share' }))
    const shares = share ? more.map((each) => ({ ...each, values: share[1] })) : []
    return { ...night, measured: [...night.measured, ...shares] }
  })
  const series = seriesOf(nights)
  const judged = judgedAlarms(series, [])
  const report = {
    kind: 'history' as const,
    ...{ nights, series, comparison: null, remarks: [] },
    alarms: judged.filter(({ silent }) => silent === null),
    silent: judged.filter(({ silent }) => silent !== null),
  }
  return reportFiles(report).get('report.md') ?? ''
}

describe('the page of a history', () => {
  test('says that an environment is not run any more, and that a new one is blind', () => {
    const moved = page(46, (index) => ({
      p95: index >= 30 && index < 36 ? 130 : 100,
      environment: { CPU: index < 36 ? 'a' : 'b' },
    }))
    assert.match(
      moved,
      /^# Night by night\n\n\*\*Too early to see a change: 10 nights so far in this environment, and it takes more than 10\.\*\*/,
    )
    assert.match(
      moved,
      /p95: \+29 % since the night of 2026-01-31 00:00, but this environment or load has not been/,
    )
    assert.match(moved, /\| 10 nights so far in this environment; an alarm needs 10 before it \|/)
  })

  test('names bad runs, also where they were bad from the first night on', () => {
    const share = (from: number) => (index: number) => ({
      share: ['bad runs', index >= from ? [1, 0, 1, 0, 0] : [0, 0, 0, 0, 0]] as [string, number[]],
    })
    assert.match(
      page(20, share(12)),
      /bad runs: 40 % of the runs since the night of 2026-01-13 00:00 failed or were invalid \(0 % before\)\./,
    )
    assert.match(page(20, share(0)), /40 % of the runs since .* failed or were invalid \(unknown before\)/)
  })

  test('gives changes of errors in points', () => {
    const text = page(20, (index) => ({ share: ['errors', [index >= 15 ? 0.02 : 0]] }))
    assert.match(text, /errors is \+2 points since the night of 2026-01-16 00:00 \(0 % before, 2 % after\)/)
  })
})
