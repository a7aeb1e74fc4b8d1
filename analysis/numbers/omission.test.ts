import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ofPercentiles } from './distribution.ts'
import { withOmitted } from './omission.ts'

/** Of that many values of 1 ms and those of 2,000 ms after them. */
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

test('who stood in a stall kept its VU from asking: the requests not made are counted', () => {
  // One VU at 1 ms each for 8 s and a stall of 2 s: 1,999 requests were not made, so a fifth of all would have met it,
  // and waited evenly from nothing to 2 s: 1 % of all waited 95 % of that at least.
  assert.ok(Math.abs(withOmitted(stalled(8000, 1), 0.99) - 1900) < 100)
  assert.ok(withOmitted(stalled(8000, 1), 0.5) < 2)
})

test('where nothing stalls nothing is added, and a stall of nearly all costs no time to estimate', () => {
  assert.ok(Math.abs(withOmitted(stalled(1000, 0), 0.99) - 1) < 0.01)
  assert.ok(withOmitted(stalled(1200, 800), 0.99) > 1900)
})
