import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ofPercentiles } from './distribution.ts'
import { withOmitted } from './omission.ts'

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
