import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CpuSample } from './cpu.ts'
import { history, type Readings } from './history.ts'

const sample = (atMs: number, usedSeconds: number, group: Partial<CpuSample['group']> = null): CpuSample => ({
  atMs,
  processSeconds: usedSeconds,
  group: group && {
    usedSeconds,
    quotaCores: 1,
    periods: 0,
    throttledPeriods: 0,
    throttledSeconds: 0,
    ...group,
  },
  cores: [],
})

/** A history whose readings are set before each second. */
function aHistory() {
  const readings = { askedSeconds: 0, achievedSeconds: 0, memoryMiB: 50, waiting: 0 }
  const past = history(() => ({ ...readings }))
  return {
    past,
    set: (changes: Partial<Readings>) => Object.assign(readings, changes),
  }
}

test('a second has what was used, asked and achieved in it, whatever its length', () => {
  const { past, set } = aHistory()
  set({ askedSeconds: 1, achievedSeconds: 0.75, waiting: 3, memoryMiB: 70 })
  past.second(sample(0, 0), sample(1000, 0.875))
  set({ askedSeconds: 4, achievedSeconds: 2.75 })
  past.second(sample(1000, 0.875), sample(3000, 2.875))
  const [first, second] = past.after(0)
  assert.deepEqual(
    [first?.usedCores, first?.askedCores, first?.achievedCores, first?.waiting, first?.memoryMiB],
    [0.875, 1, 0.75, 3, 70],
  )
  assert.deepEqual([second?.usedCores, second?.askedCores, second?.achievedCores], [1, 1.5, 1])
})

test('the last 120 seconds are kept, and those after a moment can be had alone', () => {
  const { past } = aHistory()
  for (let second = 0; second < 300; second++)
    past.second(sample(second * 1000, second), sample((second + 1) * 1000, second + 1))
  const all = past.after(0)
  assert.equal(all.length, 120)
  assert.ok(all.every(({ at }, index) => index === 0 || at - (all[index - 1]?.at ?? 0) === 1000))
  assert.equal((all.at(-1)?.at ?? 0) - Math.round(performance.timeOrigin), 300_000)
  assert.deepEqual(past.after(all.at(-3)?.at ?? 0), all.slice(-2))
  assert.deepEqual(past.after(all.at(-1)?.at ?? 0), [])
})

test('requests and errors are of their second, percentiles of the last ten', () => {
  const { past } = aHistory()
  for (let request = 0; request < 40; request++) past.request(request < 10 ? 503 : 200, 0.01)
  past.second(sample(0, 0), sample(2000, 0))
  past.second(sample(2000, 0), sample(3000, 0))
  const [busy, idle] = past.after(0)
  assert.deepEqual([busy?.requests, busy?.errors], [20, 0.25])
  assert.deepEqual([idle?.requests, idle?.errors], [0, null])
  for (const second of [busy, idle]) assert.ok(Math.abs((second?.p95Ms ?? 0) / 10 - 1) < 0.04)
})

test('throttling is the share of the periods in the second; without a quota it is unknown', () => {
  const { past } = aHistory()
  past.second(
    sample(0, 0, { periods: 100, throttledPeriods: 10 }),
    sample(1000, 0.5, { periods: 110, throttledPeriods: 15 }),
  )
  past.second(sample(1000, 0, { periods: 110 }), sample(2000, 0, { periods: 110 }))
  past.second(sample(2000, 0, {}), sample(3000, 0, { quotaCores: null, periods: 5 }))
  past.second(sample(3000, 0), sample(4000, 0))
  assert.deepEqual(
    past.after(0).map(({ throttledShare }) => throttledShare),
    [0.5, 0, null, null],
  )
})

test('two samples at one moment are no second', () => {
  const { past } = aHistory()
  past.second(sample(5, 0), sample(5, 1))
  assert.deepEqual(past.after(0), [])
})
