import assert from 'node:assert/strict'
import { test } from 'node:test'
import { podUse } from './pod-counts.ts'

test('a pod that started, stopped or restarted has no figures', () => {
  const counted = { instance: 'a', served: 10, cpuSeconds: 1 }
  const count = { node: 'node-1', counted }
  const before = new Map([
    ['kept', count],
    ['restarted', count],
    ['stopped', count],
  ])
  const after = new Map([
    ['kept', { ...count, counted: { ...counted, served: 30, cpuSeconds: 3 } }],
    ['restarted', { ...count, counted: { ...counted, instance: 'b' } }],
    ['started', count],
  ])
  const none = { node: 'node-1', served: null, cpuCores: null }
  assert.deepEqual(podUse(before, after, 4000), [
    { name: 'kept', node: 'node-1', served: 20, cpuCores: 0.5 },
    { name: 'restarted', ...none },
    { name: 'started', ...none },
    { name: 'stopped', ...none },
  ])
})
