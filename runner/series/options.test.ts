import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPlace } from './options.ts'

test('flags of generators in a cluster are refused where a series loads something else', () => {
  const refused = (written: Record<string, string>, sentence: RegExp) =>
    assert.throws(() => checkPlace(true, written), sentence)
  refused({ on: 'cluster' }, /^Error: --on cluster needs a target in the cluster/)
  refused({ 'generator-cpu': '2' }, /^Error: --generator-cpu is for generators in a cluster/)
  refused({ 'generator-memory': '1Gi' }, /^Error: --generator-memory is for generators in a cluster/)
  checkPlace(true, { on: 'here', rate: '5' })
  checkPlace(false, { on: 'cluster', 'generator-cpu': '2' })
})
