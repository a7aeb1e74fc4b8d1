import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quantileSorted } from 'simple-statistics'
import { type Distribution, ofPercentiles } from './distribution.ts'
import { atMostFrom, withOmitted } from './omission.ts'
import { randomFrom } from './random.ts'

/** `quick` latencies of 1 ms, then `slow` ones of 2,000 ms. */
const stalled = (quick: number, slow: number) => {
  const all = [...Array<number>(quick).fill(1), ...Array<number>(slow).fill(2000)]
  const [part] = ofPercentiles(
    all.length,
    null,
    all.map((value, rank) => [(100 * rank) / (all.length - 1), value] as const),
  )
  assert.ok(part)
  return part
}

test('a stall also counts for the requests that its VU did not make', () => {
  // One VU at 1 ms each for 8 s and a stall of 2 s: 1,999 requests were omitted, so a fifth of all would have
  // met the stall and waited uniformly from 0 to 2 s: 1 % of all waited at least 95 % of it.
  assert.ok(Math.abs(withOmitted(stalled(8000, 1), 0.99) - 1900) < 100)
  assert.ok(withOmitted(stalled(8000, 1), 0.5) < 2)
})

test('without a stall nothing is added, and stalls in 40 % of the requests are estimated too', () => {
  assert.ok(Math.abs(withOmitted(stalled(1000, 0), 0.99) - 1) < 0.01)
  assert.ok(withOmitted(stalled(1200, 800), 0.99) > 1900)
})

/** Latencies as a summary gives them: p0, p0.01 … p100. */
const summarised = (latencies: readonly number[]): Distribution => {
  const sorted = latencies.toSorted((a, b) => a - b)
  const grid = Array.from({ length: 10_001 }, (_, index) => index / 100)
  return ofPercentiles(
    sorted.length,
    null,
    grid.map((p) => [p, quantileSorted(sorted, p / 100)] as const),
  )
}

/** Eight VUs for 60 s at 20 to 30 ms a request; `hang` says when a request that starts at `atMs` can begin. */
function closed(hang: (atMs: number, vu: number) => number): number[] {
  const random = randomFrom(7)
  return Array.from({ length: 8 }, (_, vu) => {
    const latencies: number[] = []
    for (let at = vu; at < 60_000; at += latencies.at(-1) ?? 0)
      latencies.push(hang(at, vu) - at + 20 + 10 * random())
    return latencies
  }).flat()
}

test('of a stall that everybody met, the estimate is what an open model measures', () => {
  const stall = (at: number) => (at >= 20_000 && at < 22_000 ? 22_000 : at)
  const [part] = summarised(closed(stall))
  assert.ok(part)
  assert.ok(atMostFrom(part, 1000) >= 4)
  const open = Array.from({ length: 6000 }, (_, index) => stall(index * 10) - index * 10 + 25)
  const measured = quantileSorted(
    open.toSorted((a, b) => a - b),
    0.99,
  )
  assert.ok(
    Math.abs(withOmitted(part, 0.99) / measured - 1) < 0.1,
    `${withOmitted(part, 0.99)} of ${measured}`,
  )
})

test('one request that hung is known to be one, of 1,000 as of 10,000', () => {
  for (const count of [100, 1000, 10_000]) {
    const [part] = summarised([...Array<number>(count - 1).fill(25), 20_000])
    assert.ok(part)
    assert.ok(atMostFrom(part, 10_000) <= 2, `${atMostFrom(part, 10_000)} of ${count}`)
    assert.equal(atMostFrom(part, 1), count)
  }
})
