import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aClimb, aNight, aRun } from '../../test/samples.ts'
import { runStatistics } from '../run/statistics.ts'
import { seriesOf } from '../runs/history.ts'
import { breakpointStatistics } from '../runs/statistics.ts'
import { reportFiles } from './files.ts'

const linksOf = (page: string) =>
  [...page.matchAll(/<a href="([^"]*)">([^<]*)/g)].map(([, to, words]) => [to, words])

test('a history leads to the pages of its nights, which it names by their dates', () => {
  const nights = [0, 1, 2].map((index) => aNight(index, [100]))
  const pages = new Map([
    ['night-0', '../../night-0/report/index.html'],
    ['night-2', '../report/index.html'],
  ])
  const history = { kind: 'history' as const, nights, pages, series: seriesOf(nights), alarms: [] }
  const page = reportFiles({ ...history, comparison: null, remarks: [] }, [
    ['last night', '2026-01-03 00:00', '../report/index.html'],
  ]).get('index.html')
  assert.deepEqual(linksOf(page ?? ''), [
    ['../report/index.html', '2026-01-03 00:00'],
    ['../report/index.html', '2026-01-03 00:00'],
    ['../../night-0/report/index.html', '2026-01-01 00:00'],
  ])
})

test('the probes of a search are named by their rates, repeats by their number', () => {
  const probe = (offered: number, index: number) => {
    const source = aClimb(`20260101T00000${index}Z-arrival`, [1000])
    const [stage] = source.run?.load.stages ?? []
    assert.ok(stage)
    const load = { request: 'GET /', stages: [{ ...stage, offered }], connections: 'kept' as const }
    return runStatistics({ ...source, run: aRun({ load, scenario: 'arrival', interrupted: index === 3 }) })
  }
  const runs = [278, 281, 278, 280].map(probe)
  const files = reportFiles(breakpointStatistics(runs, { start: 278, precision: 0.02, repeat: 2 }))
  const text = files.get('report.md') ?? ''
  for (const name of ['278/s', '281/s', '278/s (2)', 'D']) {
    assert.match(text, new RegExp(`^\\| ${name.replace(/[()]/g, '\\$&')} · 2026`, 'm'))
    assert.match(text, new RegExp(`^## ${name.replace(/[()]/g, '\\$&')} · arrival`, 'm'))
  }
})
