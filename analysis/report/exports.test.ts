import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aClimb, aNight, aRun } from '../../test/samples.ts'
import type { Timeline } from '../formats/timeline.ts'
import { runStatistics } from '../run/statistics.ts'
import { type Export, exports } from './exports.ts'

const nights = [0, 1, 2].map((index) => {
  const night = aNight(index, [100 + index, 104 + index])
  const [first] = night.measured
  const more = {
    ...(first as NonNullable<typeof first>),
    metric: 'rate',
    unit: 'requests/s',
    better: 'higher' as const,
  }
  return { ...night, commit: `c${index}`, measured: [...night.measured, more] }
})

function filesOf(name: string, from: Export['from'], data: unknown): Map<string, string> {
  const format = exports[name]
  assert.ok(format?.from === from, `${name} is from ${format?.from}`)
  return new Map((format.files as (data: unknown) => Iterable<readonly [string, string]>)(data))
}

test('github-benchmark: the last night, what is better when small apart from what is better when big', () => {
  const files = filesOf('github-benchmark', 'nights', nights)
  assert.deepEqual([...files.keys()], ['smaller-is-better.json', 'bigger-is-better.json'])
  assert.deepEqual(JSON.parse(files.get('smaller-is-better.json') ?? ''), [
    { name: 'constant · p95', unit: 'ms', value: 104, range: '102 to 106', extra: 'night-2, commit c2' },
  ])
})

test('Bencher: each figure with the least and most of its runs, by names that no other has', () => {
  const [first] = nights
  const other = first?.measured.map((measured) => ({ ...measured, load: 'GET /other' })) ?? []
  const both = nights.map((night) => ({ ...night, measured: [...night.measured, ...other] }))
  const found = JSON.parse(filesOf('bencher', 'nights', both).get('bencher.json') ?? '')
  assert.deepEqual(Object.keys(found), ['constant · GET /work', 'constant · GET /other'])
  assert.deepEqual(found['constant · GET /work']['p95 (ms)'], {
    value: 104,
    lower_value: 102,
    upper_value: 106,
  })
})

test('Otava: a CSV without gaps for each series, and the direction in which it gets worse', () => {
  const gap = nights.map((night, index) =>
    index === 1 ? { ...night, measured: night.measured.slice(0, 1) } : night,
  )
  const files = filesOf('otava', 'nights', gap)
  assert.equal(
    files.get('2-constant-rate.csv'),
    'time,commit,value\r\n2026-01-01T00:00:00.000Z,c0,102\r\n2026-01-03T00:00:00.000Z,c2,104\r\n',
  )
  assert.match(files.get('otava.yaml') ?? '', /"constant · p95":[^"]*"1-constant-p95\.csv"[^"]*direction: -1/)
})

test('OpenMetrics: what is unknown has no sample, and labels are escaped', () => {
  const run = aRun({ scenario: 'a "b"\\\n', slos: [{ figure: 'p95', limit: 1 }] })
  const known = runStatistics({ ...aClimb('c', [900, 100]), run })
  const unreadable = runStatistics({ name: 'lost', run, summary: { kind: 'unreadable', reason: 'gone' } })
  const text = filesOf('openmetrics', 'runs', [known, unreadable]).get('metrics.txt') ?? ''
  assert.match(text, /scenario="a \\"b\\"\\\\\\n"/)
  assert.match(text, /# EOF\n$/)
  const lost = text.split('\n').filter((line) => line.includes('run="lost"'))
  assert.deepEqual(
    lost.map((line) => line.split('{')[0]),
    Array(4).fill('load_and_stress_verdict'),
  )
})

test('timeline-csv: a row a period, and an empty field for what is unknown', () => {
  const period = { fromMs: 0, toMs: 1000, vus: null, requests: 5, failed: 0, phasesMs: null }
  const timeline = {
    schema: 1,
    startedAt: '2026-01-01T00:00:00Z',
    periodMs: 1000,
    periods: [period, { ...period, vus: 2 }],
  }
  const csv = filesOf('timeline-csv', 'timelines', [{ name: 'a', timeline: timeline as unknown as Timeline }])
  assert.equal(
    csv.get('timeline.csv'),
    'run,startedAt,fromMs,toMs,requests,failed,vus\r\na,2026-01-01T00:00:00Z,0,1000,5,0,\r\na,2026-01-01T00:00:00Z,0,1000,5,0,2\r\n',
  )
})
