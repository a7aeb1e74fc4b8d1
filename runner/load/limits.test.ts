import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stage } from '../k6/inspect.ts'
import { Failure } from '../shell/exit.ts'
import { checkStages } from './limits.ts'

const stages = (count: number, part: Partial<Stage> = {}): Stage[] =>
  Array.from({ length: count }, (_, index) => ({
    stage: `${index + 1}`,
    vus: 1,
    offered: null,
    startMs: 1000 * index,
    durationMs: 1000,
    ...part,
  }))

const refusal = (all: readonly Stage[]): string => {
  try {
    checkStages(all)
  } catch (error) {
    assert.ok(error instanceof Failure && error.exitCode === 2)
    return error.message
  }
  return ''
}

test('a stage below the least of k6 is refused, with the least that the whole load needs', () => {
  assert.equal(refusal(stages(1)), '')
  assert.equal(
    refusal(stages(1, { durationMs: 500 })),
    'the duration leaves 500 ms, and k6 needs at least 1 s; make it 1s or longer',
  )
  assert.equal(
    refusal(stages(6, { durationMs: 999 })),
    'the duration leaves 999 ms for each of 6 stages, and k6 needs at least 1 s; make it 6s or longer',
  )
})
