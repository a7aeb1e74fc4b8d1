import assert from 'node:assert/strict'
import test from 'node:test'
import { formatTimeline, parseTimeline, type Timeline } from './timeline.ts'

const period = {
  fromMs: 0,
  toMs: 1000,
  vus: 3,
  requests: 12,
  failed: 0.25,
  iterations: 12,
  dropped: null,
  checks: null,
  durationMs: { avg: 2, min: 1, p50: 2, p90: 3, p95: 3, p99: 4, max: 5 },
  phasesMs: null,
  generatorCores: 0.1,
  targetCores: null,
  targetMemoryMiB: null,
}
const timeline: Timeline = {
  schema: 1,
  startedAt: '2026-01-02T03:04:05.000Z',
  periodMs: 1000,
  periods: [period, { ...period, fromMs: 1000, toMs: 2000, requests: 0, failed: null, durationMs: null }],
}

test('a timeline is read as it was written', () => {
  assert.deepEqual(parseTimeline(formatTimeline(timeline)), { kind: 'ok', value: timeline })
})

test('a last line that was cut short is left out', () => {
  const reading = parseTimeline(formatTimeline(timeline).slice(0, -40))
  assert.deepEqual(reading, { kind: 'ok', value: { ...timeline, periods: [period] } })
})

test('a damaged line is named', () => {
  const text = formatTimeline(timeline).replace('"vus":3', '"vus":"3"')
  const reading = parseTimeline(text)
  assert.match(reading.kind === 'unreadable' ? reading.reason : '', /^line 2: not a period \(vus: /)
})
