import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { type Around, timelineOf } from './recording.ts'
import type { Timeline } from './timeline.ts'

// test/fixtures/k6/late-metrics.js with k6 2.2.0, against a server that answered each fourth request with a 500.
const text = readFileSync(
  path.join(import.meta.dirname, '../../test/fixtures/k6/2.2.0-recording.ndjson'),
  'utf8',
)
const [, stoppedAt] = /"stop","data":\[\[(\d+)/.exec(text)?.map(Number) ?? []
const outputsAt = 1795689890840
const alone: Around = { durationMs: null, stages: [], generator: [], target: [] }
const read = (changes: Partial<Around> = {}, from = text): Timeline => {
  const reading = timelineOf(from, { ...alone, ...changes })
  assert.ok(reading.kind === 'ok', reading.kind === 'unreadable' ? reading.reason : '')
  return reading.value
}
const column = <Name extends keyof Timeline['periods'][number]>(name: Name, timeline = read()) =>
  timeline.periods.map((period) => period[name])

test('a metric that appears later and sorts before others does not move their values', () => {
  const { startedAt, periodMs, periods } = read()
  assert.deepEqual([startedAt, periodMs], ['2026-11-26T10:44:50.840Z', 1000])
  assert.deepEqual(column('toMs'), [1002, 2002, 3001, 4001, 5001, 5024])
  assert.deepEqual(column('fromMs'), [0, 1002, 2002, 3001, 4001, 5001])
  assert.deepEqual(column('requests'), [0, 0, 10, 10, 10, 1])
  assert.deepEqual(column('iterations'), [10, 10, 10, 10, 10, 1])
  assert.deepEqual(column('failed'), [null, null, 0.2, 0.3, 0.2, null])
  assert.deepEqual(column('checks'), [null, null, 0.8, 0.7, 0.8, null])
  assert.deepEqual(column('vus'), [null, 0, 1, 0, 0, 0])
  const { durationMs, phasesMs } = periods[2] ?? {}
  assert.deepEqual(durationMs, {
    avg: 21.754,
    min: 21.167,
    p50: 21.335,
    p90: 22.525,
    p95: 23.578,
    p99: 24.42,
    max: 24.63,
  })
  const blocked = { blocked: 0.0573, connecting: 0.03984, tls: 0 }
  assert.deepEqual(phasesMs, { ...blocked, sending: 0.0296, waiting: 21.614, receiving: 0.11037 })
})

test('of a period without requests, and of the last one that the end of the test cut, no latency is known', () => {
  for (const name of ['durationMs', 'phasesMs'] as const)
    assert.deepEqual(
      column(name).map((value) => value === null),
      [true, true, false, false, false, true],
    )
})

test('iterations that could not start are none in an open model and unknown in a closed one', () => {
  const stage = { stage: '1', vus: 2, startMs: 0, durationMs: 5000 }
  const dropped = (offered: number | null) => column('dropped', read({ stages: [{ ...stage, offered }] }))
  assert.deepEqual(dropped(10), [0, 0, 0, 0, 0, 0])
  assert.deepEqual(dropped(null), [null, null, null, null, null, null])
})

test('without any HTTP, the number of requests is unknown and not 0', () => {
  const early = text
    .split('\n')
    .slice(0, 8)
    .map((line) => `${line}\n`)
    .join('')
  assert.deepEqual(column('requests', read({}, early)), [null, null])
  assert.deepEqual(column('iterations', read({}, early)), [10, 10])
})

test('the timeline starts with the test, not with the outputs of k6', () => {
  const { startedAt, periods } = read({ durationMs: 5000 })
  assert.equal(Date.parse(startedAt), (stoppedAt ?? 0) - 5000)
  assert.deepEqual([periods[0]?.fromMs, periods[0]?.toMs, periods.at(-1)?.toMs], [0, 977, 4999])
  // A duration that cannot be true changes nothing.
  assert.equal(Date.parse(read({ durationMs: 50_000 }).startedAt), outputsAt)
})

test('CPU and memory by period, from samples at other times', () => {
  const samples = [0, 500, 1000, 1500, 2000, 2500].map((ms) => ({
    at: outputsAt + ms,
    // Half a core, and two from 1 s on.
    cpuSeconds: ms <= 1000 ? ms / 2000 : 0.5 + (2 * (ms - 1000)) / 1000,
    memoryMiB: 50 + ms / 100,
  }))
  const timeline = read({ generator: samples, target: samples.slice(0, 4) })
  assert.deepEqual(column('generatorCores', timeline), [0.503, 2, null, null, null, null])
  assert.deepEqual(column('targetCores', timeline), [0.503, null, null, null, null, null])
  assert.deepEqual(column('targetMemoryMiB', timeline), [60, 65, null, null, null, null])
  const restarted = samples.map((sample) => ({ ...sample, cpuSeconds: -sample.cpuSeconds }))
  assert.equal(column('targetCores', read({ target: restarted }))[0], null)
})

test('what pods did by period, and nothing of it for any other target', () => {
  const samples = [0, 500, 1000, 1500, 2000].map((ms, index) => ({
    at: outputsAt + ms,
    cpuSeconds: 0,
    memoryMiB: null,
    pods: {
      periods: 5 * index,
      throttledPeriods: 3 * index,
      memoryShare: 0.5,
      restarts: ms < 1500 ? 0 : 1,
      nodeBusy: null,
      observed: { db: index },
    },
  }))
  const timeline = read({ target: samples })
  assert.deepEqual(column('throttled', timeline).slice(0, 3), [0.6, 0.6, null])
  assert.deepEqual(column('restarts', timeline).slice(0, 3), [0, 1, null])
  assert.deepEqual(column('nodeBusy', timeline).slice(0, 3), [null, null, null])
  assert.deepEqual(column('observed', timeline).slice(0, 2), [{ db: 2 }, { db: 4 }])
  assert.equal(
    'throttled' in (read({ target: samples.map(({ pods: _, ...rest }) => rest) }).periods[0] ?? {}),
    false,
  )
})

test('a recording that was cut short keeps all whole periods', () => {
  const lines = text.split('\n')
  const cut = `${lines.slice(0, 12).join('\n')}\n${lines[12]?.slice(0, 40)}`
  assert.deepEqual(column('requests', read({ durationMs: 5000 }, cut)), [0, 0, 10])
})

test('a recording that makes no sense is refused with its line', () => {
  const refused = (from: string) => {
    const reading = timelineOf(from, alone)
    return reading.kind === 'unreadable' ? reading.reason : 'read'
  }
  assert.match(refused(text.replace('"vus_max":{"type":"gauge"}', '"vus_max":{}')), /^line 7: not an event/)
  assert.match(refused(text.replace('[0],[2],', '[0],')), /^line 8: values of 7 metrics, and 8 are known$/)
  assert.match(refused(text.replace('{"event":"start"', '{"event":"begin"')), /^line 3: not an event/)
  assert.equal(refused(''), 'no start in it')
})
