import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mean } from 'simple-statistics'
import { arrivalCount, poissonTimes, uniformsFrom } from './poisson.ts'

const seeds = Array.from({ length: 20 }, (_, index) => index + 1)

test('a seed gives the same times again, all inside the window, and another seed gives others', () => {
  for (const seed of seeds) {
    const times = poissonTimes(500, 10_000, uniformsFrom(seed))
    assert.deepEqual(times, poissonTimes(500, 10_000, uniformsFrom(seed)))
    assert.notDeepEqual(times, poissonTimes(500, 10_000, uniformsFrom(seed + 1)))
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    )
    assert.ok((times[0] ?? 0) > 0 && (times.at(-1) ?? Infinity) < 10_000 && times.length === 500)
  }
})

test('a window has as many requests as its rate says, and at least one', () => {
  assert.deepEqual([arrivalCount(80, 30_000), arrivalCount(7, 1500), arrivalCount(1, 100)], [2400, 11, 1])
})

test('the gaps are exponential with the mean of the rate', () => {
  for (const seed of seeds) {
    const count = 20_000
    const times = poissonTimes(count, 1000 * count, uniformsFrom(seed))
    const gaps = times.map((at, index) => at - (times[index - 1] ?? 0)).sort((a, b) => a - b)
    // Kolmogorov and Smirnov; 1.95 ÷ √n is exceeded by chance in one of 1,000.
    const distance = Math.max(
      ...gaps.map((gap, index) => Math.abs(1 - Math.exp(-gap / 1000) - (index + 0.5) / count)),
    )
    assert.ok(distance * Math.sqrt(count) < 1.95, `seed ${seed}: ${distance * Math.sqrt(count)}`)
    // Neither does a gap depend on the one before, nor on its place: the first half of the time has half of them.
    const firstHalf = times.filter((at) => at < 500 * count).length
    assert.ok(Math.abs(firstHalf - count / 2) < 3.3 * Math.sqrt(count / 4), `seed ${seed}: ${firstHalf}`)
  }
})

/**
 * The mean wait, in service times, for one worker with fixed work: each waits as long as the one before, plus that one's
 * work, less the time between the two (Lindley 1952).
 */
function meanWait(times: readonly number[], workMs: number): number {
  let waitMs = 0
  const waits = times.map((at, index) => {
    waitMs = index === 0 ? 0 : Math.max(0, waitMs + workMs - (at - (times[index - 1] ?? 0)))
    return waitMs / workMs
  })
  return mean(waits)
}

test('one worker with fixed work makes them wait as long as M/D/1 says, and even ones not at all', () => {
  const count = 20_000
  // Pollaczek and Khinchine: ρ ÷ 2(1 − ρ) service times.
  for (const [load, expected] of [
    [0.5, 0.5],
    [0.8, 2],
    [0.9, 4.5],
  ] as const) {
    const waits = [...seeds, ...seeds.map((seed) => seed + 100)].map((seed) =>
      meanWait(poissonTimes(count, 10 * count, uniformsFrom(seed)), 10 * load),
    )
    assert.ok(Math.abs(mean(waits) / expected - 1) < 0.05, `${load}: ${mean(waits)}`)
    assert.equal(
      meanWait(
        Array.from({ length: count }, (_, index) => 10 * index),
        10 * load,
      ),
      0,
    )
  }
})
