import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRun } from '../../test/samples.ts'
import { latencies, periodsOf, timelineOf } from '../../test/timelines.ts'
import { felt } from './felt.ts'

const base = aRun()
const stages = [1, 16, 1].map((vus, index) => ({
  stage: String(index + 1),
  vus,
  offered: null,
  startMs: index * 10_000,
  durationMs: 10_000,
}))
const run = (scaling: readonly [atMs: number, wanted: number, ready: number][]) =>
  aRun({
    load: { ...base.load, stages },
    target: {
      ...base.target,
      cluster: {
        nodes: 1,
        image: 'x',
        cpuLimit: null,
        memoryLimit: null,
        pods: [],
        scaling: scaling.map(([atMs, wanted, ready]) => ({ atMs, wanted, ready })),
      },
    },
  })
/** Slow from second 10 until second 16. */
const timeline = timelineOf(
  periodsOf(30, (second) => ({
    requests: 10,
    durationMs: latencies(second < 10 ? 10 : second < 16 ? 200 : 20),
  })),
)

test('what users felt is the highest p95 until the replicas were ready, and after', () => {
  const followed = run([
    [-1000, 1, 1],
    [13_000, 4, 1],
    [16_000, 4, 4],
  ])
  assert.deepEqual(felt(timeline, followed), [
    { vus: 16, replicas: 4, readyMs: 6000, untilP95Ms: 300, afterP95Ms: 30 },
  ])
})

test('nothing where replicas were not watched, became fewer or never were ready', () => {
  assert.deepEqual(felt(timeline, run([])), [])
  assert.deepEqual(
    felt(
      timeline,
      run([
        [-1000, 1, 1],
        [13_000, 4, 1],
      ]),
    ),
    [],
  )
  assert.deepEqual(
    felt(
      timeline,
      run([
        [-1000, 4, 4],
        [25_000, 1, 1],
      ]),
    ),
    [],
  )
})
