import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aNight } from '../../test/samples.ts'
import { parseAcknowledged, parseNight } from './night.ts'

test('a night is read as written; a damaged, foreign or newer file is refused with a reason', () => {
  const night = aNight(1, [100])
  assert.deepEqual(parseNight(JSON.stringify(night)), { kind: 'ok', value: night })
  for (const [text, reason] of [
    [JSON.stringify(night).slice(0, 99), /^not valid JSON/],
    ['{"schema": 0}', /^not a night \(schema: /],
    ['{"schema": 2}', /newer load-and-stress \(schema 2/],
    ['{"schema": 1}', /^not a night \(id: /],
    ['[]', /^not a night/],
  ] as const) {
    const reading = parseNight(text)
    assert.match(reading.kind === 'unreadable' ? reading.reason : '', reason)
  }
})

test('an acknowledged change needs a reason', () => {
  const change = { series: 'constant · p95', night: 'night-3', reason: 'checks more' }
  assert.deepEqual(parseAcknowledged(JSON.stringify([change])), { kind: 'ok', value: [change] })
  const reading = parseAcknowledged(JSON.stringify([{ ...change, reason: '' }]))
  assert.match(
    reading.kind === 'unreadable' ? reading.reason : '',
    /^not a list of \{"series", "night", "reason"\} \(0 → reason: /,
  )
})
