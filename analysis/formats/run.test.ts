import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRun } from '../../test/samples.ts'
import { formatRun, parseRun } from './run.ts'

test('a run is written and read without loss, and what is no run is told', () => {
  const run = aRun({ labels: { replicas: '2' }, verdict: { kind: 'fail', reasons: ['p95'] } })
  assert.deepEqual(parseRun(formatRun(run)), { kind: 'run', run })
  const reason = (text: string) => {
    const reading = parseRun(text)
    assert.equal(reading.kind, 'unreadable')
    return (reading as { reason: string }).reason
  }
  assert.match(reason(formatRun(run).slice(0, -9)), /killed/)
  assert.match(reason('{"schema":2}'), /newer load-and-stress \(schema 2/)
  assert.match(reason('{"schema":1}'), /^not a run \(id: /)
  assert.match(reason('null'), /^not a run \(top level: /)
})
