import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRun, aSummary, requests } from '../../test/samples.ts'
import type { Timeline } from '../formats/timeline.ts'
import { halves, halvesOf } from './halves.ts'
import { runStatistics } from './statistics.ts'

/** A run whose second half has that mean. */
const summaryOf = (firstMs: number, secondMs: number, each = 500) =>
  aSummary({
    ...requests(1000),
    iteration_duration: { count: 2 * each, avg: (firstMs + secondMs) / 2 },
    'iteration_duration{half:2}': { count: each, avg: secondMs },
  })

const remarks = (firstMs: number, secondMs: number) =>
  runStatistics({
    name: 'x',
    run: aRun(),
    summary: { kind: 'summary', summary: summaryOf(firstMs, secondMs) },
  }).remarks.join(' ')

test('the means of both halves follow from all iterations and the second half', () => {
  assert.deepEqual(halves(summaryOf(10, 200), null), { of: 'an iteration', firstMs: 10, secondMs: 200 })
  assert.equal(halves(summaryOf(10, 200, 99), null), null)
  assert.equal(halves(aSummary(requests(1000)), null), null)
  // Where VUs pause, an iteration is mostly its pause.
  const paused = aSummary({
    ...requests(1000),
    iteration_duration: { count: 1000, avg: 1105 },
    http_req_duration: { count: 1000, avg: 105 },
    'http_req_duration{half:2}': { count: 500, avg: 200 },
  })
  assert.deepEqual(halves(paused, null), { of: 'a request', firstMs: 10, secondMs: 200 })
})

test('latency that goes from 10 to 200 ms half-way gets a remark, and a steady one none', () => {
  assert.match(remarks(10, 200), /not steady: an iteration took 10 ms on average in the first half/)
  assert.match(remarks(200, 10), /not steady/)
  assert.doesNotMatch(remarks(10, 11), /not steady/)
})

/** Ten seconds, whose periods have so many requests of such a mean. */
const recorded = (each: (second: number) => readonly [requests: number, avg: number] | null): Timeline => ({
  schema: 1,
  startedAt: '2026-01-02T03:04:05.000Z',
  periodMs: 1000,
  // The outputs start a little before the test, so that periods begin at odd times.
  periods: Array.from({ length: 10 }, (_, second) => {
    const [requests, avg] = each(second) ?? [0, null]
    return {
      fromMs: Math.max(0, second * 1000 - 30),
      toMs: second * 1000 + 970,
      vus: 8,
      requests,
      failed: null,
      iterations: null,
      dropped: null,
      checks: null,
      durationMs: avg === null ? null : { avg, min: 1, p50: 1, p90: 1, p95: 1, p99: 1, max: 1 },
      phasesMs: null,
      generatorCores: null,
      targetCores: null,
      targetMemoryMiB: null,
    }
  }),
})

test('with a timeline the halves are those of its periods, weighted by their requests', () => {
  const run = aRun()
  // The sixth period has the middle in it.
  const changing = recorded((second) =>
    second < 4
      ? [100, 10]
      : second === 4
        ? [400, 20]
        : second === 5
          ? [500, 999]
          : second === 7
            ? null
            : [50, 200],
  )
  const found = halvesOf(changing, run)
  assert.deepEqual(found, { firstMs: 15, secondMs: 200 })
  const summary = aSummary(requests(1000))
  assert.deepEqual(halves(summary, { halves: found }), { of: 'a request', firstMs: 15, secondMs: 200 })
  const { remarks } = runStatistics({
    name: 'x',
    run: aRun({ halves: found ?? undefined }),
    summary: { kind: 'summary', summary },
  })
  assert.match(remarks.join(' '), /not steady: a request took 15 ms on average in the first half/)
  assert.equal(
    halvesOf(
      recorded(() => [19, 10]),
      run,
    ),
    null,
  )
  const [stage] = run.load.stages
  const of = (...stages: NonNullable<typeof stage>[]) =>
    halvesOf(changing, aRun({ load: { ...run.load, stages } }))
  assert.ok(stage)
  assert.equal(of({ ...stage, offered: 50 }), null)
  assert.equal(of(stage, { ...stage, stage: '2', startMs: 10_000 }), null)
})
