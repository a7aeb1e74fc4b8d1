import assert from 'node:assert/strict'
import { test } from 'node:test'
import { segments } from '../../segments.ts'

test('percentiles merged from four generators match those of all their requests', async (t) => {
  const { rows, exact } = await segments(4, '4s', 5)
  for (const { p, raw, merged } of rows) {
    const both = `p${p}: ${merged} merged, ${raw} from all requests`
    t.diagnostic(both)
    // Beyond p95 too few requests are left: one more would move the percentile. The bench has enough of them.
    if (p <= 95) assert.ok(Math.abs(merged / raw - 1) <= 0.02, both)
  }
  for (const { name, raw, merged } of exact)
    assert.ok(Math.abs(merged - raw) <= 1e-9 * raw, `${name}: ${merged} merged, ${raw} from all points`)
})
