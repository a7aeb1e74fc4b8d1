import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { strangeGenerator } from '../formats/generators.ts'
import { formatTimeline, type Period, parseTimeline, type Timeline } from '../formats/timeline.ts'
import { mergedTimeline } from './merged-timeline.ts'

const start = Date.UTC(2026, 0, 1)

const timeline = (shiftMs: number, requests: readonly number[], ms = 10): Timeline => ({
  schema: 1,
  startedAt: new Date(start + shiftMs).toISOString(),
  periodMs: 1000,
  bucketsMs: [10, 20],
  periods: requests.map(
    (count, index): Period => ({
      fromMs: 1000 * index,
      toMs: 1000 * (index + 1),
      vus: 3,
      requests: count,
      failed: 0.5,
      iterations: count,
      dropped: null,
      checks: 1,
      durationMs: { avg: ms, min: ms / 2, p50: ms, p90: 2 * ms, p95: 2 * ms, p99: 3 * ms, max: 4 * ms },
      phasesMs: { blocked: 0, connecting: 0, tls: 0, sending: 1, waiting: ms - 2, receiving: 1 },
      generatorCores: 0.5,
      targetCores: 2,
      targetMemoryMiB: 100,
      counts: [count, 0, 0],
    }),
  ),
})

const mergeOf = (...timelines: (Timeline | null)[]) =>
  mergedTimeline(
    timelines.map((each, index) => ({
      generator: strangeGenerator(String(index)),
      summary: { kind: 'unreadable', reason: '' },
      timeline: each,
    })),
  )

test('nothing that was counted is lost, whenever the generators started', () => {
  const counts = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 9 })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 2500 }), counts), { minLength: 1, maxLength: 4 }),
      (parts) => {
        const { timeline: whole } = mergeOf(...parts.map(([shift, of]) => timeline(shift, of)))
        assert.ok(whole, 'merged')
        const all = parts.flatMap(([, of]) => of).reduce((a, b) => a + b, 0)
        const sum = (of: (period: Period) => number) => whole.periods.reduce((sum, each) => sum + of(each), 0)
        assert.equal(
          sum(({ requests }) => requests ?? 0),
          all,
        )
        assert.equal(
          sum(({ counts }) => counts?.[0] ?? 0),
          all,
        )
        assert.deepEqual(parseTimeline(formatTimeline(whole)), { kind: 'ok', value: whole })
      },
    ),
    { numRuns: 50 },
  )
})

test('means are weighted by requests, percentiles lie between those of the generators, VUs and cores are summed', () => {
  const { timeline: whole, notes } = mergeOf(timeline(0, [100, 100], 10), timeline(0, [300, 300], 20))
  const [first] = whole?.periods ?? []
  assert.deepEqual([first?.requests, first?.vus, first?.generatorCores], [400, 6, 1])
  assert.deepEqual([first?.targetCores, first?.targetMemoryMiB, first?.failed], [2, 100, 0.5])
  assert.equal(first?.durationMs?.avg, 17.5)
  assert.deepEqual([first?.durationMs?.min, first?.durationMs?.max], [5, 80])
  const { p50 = 0, p99 = 0 } = first?.durationMs ?? {}
  assert.ok(p50 >= 10 && p50 <= 20 && p99 >= 30 && p99 <= 60, `${p50}, ${p99}`)
  assert.match(notes.join(), /not exact/)
})

test('without the timeline of one generator there is none, and the one without is named', () => {
  const { timeline: whole, notes } = mergeOf(timeline(0, [1]), null)
  assert.equal(whole, null)
  assert.deepEqual(notes, ['no timeline: generator 1 recorded none'])
  assert.deepEqual(mergeOf(timeline(0, [1]), timeline(86_400_000, [1])), {
    timeline: null,
    notes: ['no timeline: the generators ran at different times'],
  })
  assert.deepEqual(mergeOf(null, null), { timeline: null, notes: [] })
})
