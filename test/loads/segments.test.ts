import assert from 'node:assert/strict'
import { test } from 'node:test'
import { segments } from '../segments.ts'

test('percentiles merged over four generators are those of all their requests together', async (t) => {
  const { requests, rows } = await segments(4, '4s', 5)
  assert.ok(requests > 400, `${requests} requests`)
  for (const { p, raw, merged } of rows) {
    t.diagnostic(`p${p}: ${merged} of the merged, ${raw} of all`)
    // Beyond, one request more or less is another percentile where there are so few; the bench has enough of them.
    if (p <= 95)
      assert.ok(Math.abs(merged / raw - 1) <= 0.02, `p${p}: ${merged} of the merged, ${raw} of all`)
  }
})
