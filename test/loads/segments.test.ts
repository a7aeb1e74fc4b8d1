import assert from 'node:assert/strict'
import { test } from 'node:test'
import { segments } from '../segments.ts'

test('percentiles merged over four generators are those of all their requests together', async (t) => {
  const { requests, rows } = await segments(4, '4s', 5)
  assert.ok(requests > 400, `${requests} requests`)
  for (const { p, raw, merged } of rows) {
    // Of so few requests the far percentiles are single ones; the bench has enough of them.
    const within = p > 95 ? 0.05 : 0.015
    assert.ok(Math.abs(merged / raw - 1) <= within, `p${p}: ${merged} of the merged, ${raw} of all`)
  }
  t.diagnostic(rows.map(({ p, raw, merged }) => `p${p} ${raw} ${merged}`).join(', '))
})
