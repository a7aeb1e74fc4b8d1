import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../shell/exit.ts'
import { checkHere, checkInside, checkShared } from './generator-limits.ts'

const stages = [1, 4].map((vus, index) => ({
  stage: String(index + 1),
  vus,
  offered: null,
  startMs: 1000 * index,
  durationMs: 1000,
}))

function refusal(count: number, options: Parameters<typeof checkShared>[2] = {}, duet = false): string {
  try {
    checkShared(count, stages, options, duet)
  } catch (error) {
    assert.ok(error instanceof Failure && error.exitCode === 2, 'a usage failure')
    return error.message
  }
  return ''
}

test('a stage may have fewer VUs than there are generators, the whole load may not', () => {
  assert.equal(refusal(4), '')
  assert.equal(refusal(5), '4 VUs cannot be shared by 5 generators; use more VUs, or fewer generators')
})

test('what only one k6 can do is refused', () => {
  assert.equal(refusal(2, { raw: true, k6Out: [], dashboard: false }), '')
  assert.equal(refusal(2, { dashboard: true }), '--dashboard shows one k6; leave it or --generators out')
  assert.equal(
    refusal(2, { k6Out: ['csv=points.csv'] }),
    '--k6-out writes the points of one k6; leave it or --generators out',
  )
  assert.equal(
    refusal(2, { prometheus: 'http://127.0.0.1:9090' }),
    '--prometheus sends the series of one k6; leave it or --generators out',
  )
  assert.equal(refusal(2, {}, true), 'a duet runs in one k6; leave --generators or --duet out')
})

test('what is of this machine does not go into pods, and the other way round', () => {
  checkInside({})
  assert.throws(
    () => checkInside({ proxy: 'http://127.0.0.1:8888' }),
    /^Error: --proxy is for k6 on this machine, and here it runs in pods/,
  )
  checkHere({})
  assert.throws(
    () => checkHere({ generatorCpu: '2' }),
    /--generator-cpu is for generators in a cluster.*--on cluster/,
  )
})
