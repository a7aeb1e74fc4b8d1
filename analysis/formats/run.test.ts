import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRun } from '../../test/samples.ts'
import { formatRun, parseRun } from './run.ts'

test('a run is written and read without loss; anything else is refused with a reason', () => {
  const run = aRun({ labels: { replicas: '2' }, verdict: { kind: 'fail', reasons: ['p95'] } })
  assert.deepEqual(parseRun(formatRun(run)), { kind: 'ok', value: { run, kept: undefined } })
  const reason = (text: string) => {
    const reading = parseRun(text)
    assert.equal(reading.kind, 'unreadable')
    return (reading as { reason: string }).reason
  }
  assert.match(reason('{"schema":1}'), /^not a run \(id: /)
  assert.match(reason('null'), /^not a run \(top level: /)
})
