import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  factors,
  type Jitter,
  latencies,
  type Noise,
  periodsOf,
  soak,
  timelineOf,
} from '../../test/timelines.ts'
import type { Timeline } from '../formats/timeline.ts'
import { randomFrom } from '../numbers/random.ts'
import { growth } from './growth.ts'

const lognormal =
  (jitter: Jitter): Noise =>
  (random) =>
    factors(jitter, random)
const spikes: Noise = (random) => {
  const of = factors({ deviation: 0.05, correlation: 0.5 }, random)
  return () => of() * (random() < 0.05 ? 4 : 1)
}
const sawtooth: Noise = (random) => {
  const of = factors({ deviation: 0.03, correlation: 0.3 }, random)
  return (index) => of() * (1 + (index % 10) / 40)
}

const windows = (seconds: number) =>
  Array.from({ length: 6 }, (_, index) => ({
    startMs: (index * seconds * 1000) / 6,
    durationMs: (seconds * 1000) / 6,
  }))
const grown = (timeline: Timeline) =>
  growth(timeline, windows(timeline.periods.length))
    .figures.filter(({ grew }) => grew)
    .map(({ figure }) => figure)

describe('latency that grows by 1 % in each of twenty windows', () => {
  const cases: [name: string, noise: Noise, periods: number][] = [
    ['600 periods, 5 % noise', lognormal({ deviation: 0.05, correlation: 0 }), 600],
    ['600 periods, 5 % correlated noise', lognormal({ deviation: 0.05, correlation: 0.5 }), 600],
    ['600 periods, one in twenty four times as slow', spikes, 600],
    ['600 periods, a saw-tooth', sawtooth, 600],
    ['60 periods, 2 % correlated noise', lognormal({ deviation: 0.02, correlation: 0.5 }), 60],
  ]
  for (const [name, noise, periods] of cases)
    test(`${name}: said to grow in 20 of 20, and without growth in none`, () => {
      for (let seed = 1; seed <= 20; seed++) {
        const leak = grown(soak(periods, randomFrom(seed), noise, 0.2))
        assert.ok(leak.includes('p50') || leak.includes('p95'), `seed ${seed}: ${leak}`)
        assert.deepEqual(grown(soak(periods, randomFrom(seed), noise, 0)), [], `seed ${seed}`)
      }
    })
})

// 500 of each kind and length: bench/time.ts.
test('at most 2 % of runs without growth are said to grow in any of their figures', () => {
  let alarms = 0
  const noise = lognormal({ deviation: 0.05, correlation: 0.5 })
  for (let seed = 0; seed < 200; seed++) if (grown(soak(60, randomFrom(seed), noise, 0)).length > 0) alarms++
  assert.ok(alarms <= 4, `${alarms} of 200`)
})

test('a trend has its size, in figures that make sense', () => {
  const timeline = timelineOf(
    periodsOf(101, (index) => ({
      requests: 10,
      failed: Math.max(0, index - 20) / 1000,
      durationMs: latencies(10 * 1.2 ** (Math.max(0, index - 1) / 100)),
      targetMemoryMiB: 100 + 2 * index,
      generatorCores: 0.2,
    })),
  )
  const { figures, periods, windows: count } = growth(timeline, windows(101))
  assert.deepEqual([periods, count], [100, 20])
  const of = (figure: string) => figures.find((each) => each.figure === figure)
  assert.ok(Math.abs((of('p50')?.by ?? 0) - 0.2) < 0.001)
  assert.ok(Math.abs((of('p50')?.from ?? 0) - 10) < 0.1 && Math.abs((of('p50')?.to ?? 0) - 12) < 0.1)
  assert.deepEqual(
    figures.filter(({ grew }) => grew).map(({ figure }) => figure),
    ['p50', 'p95', 'errors', 'targetMemory'],
  )
  assert.ok(of('targetMemory')?.grew)
  assert.equal(of('generatorCpu')?.by, 0)
  assert.equal(of('targetCpu'), undefined)
})

test('growth below 5 % of a run is not worth saying, and a run of fewer than twenty periods has no trend', () => {
  const exact: Noise = () => () => 1
  assert.deepEqual(grown(soak(60, randomFrom(1), exact, 0.03)), [])
  assert.deepEqual(growth(soak(15, randomFrom(1), exact, 0.5), windows(15)), {
    periods: 14,
    windows: 0,
    figures: [],
  })
})
