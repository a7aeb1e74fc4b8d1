import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stage } from '../k6/inspect.ts'
import { Failure } from '../shell/exit.ts'
import { checkStages, type Machine } from './limits.ts'

const stages = (count: number, part: Partial<Stage> = {}): Stage[] =>
  Array.from({ length: count }, (_, index) => ({
    stage: `${index + 1}`,
    vus: 1,
    offered: null,
    startMs: 1000 * index,
    durationMs: 1000,
    ...part,
  }))

const roomy = { memoryMiB: 8192, openFiles: 1024 }

const refusal = (all: readonly Stage[], exitCode = 2, machine: Machine = roomy, generators = 1): string => {
  try {
    checkStages(all, generators, machine)
  } catch (error) {
    assert.ok(error instanceof Failure && error.exitCode === exitCode)
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

test('more VUs than the machine has memory for are refused', () => {
  assert.equal(
    refusal(stages(1, { vus: 9_999_999 })),
    '9,999,999 VUs need at least 5,000,000 MiB of memory, and this machine has 8,192 MiB; use fewer',
  )
  assert.match(refusal(stages(1, { vus: 20_000, offered: 100 })), /^20,000 VUs need/)
})

test('more VUs than the machine may open files for are refused where all have a connection', () => {
  assert.equal(
    refusal(stages(1, { vus: 1010 }), 3),
    '1,010 VUs need as many connections, and a process here may open only 1,024 files; raise the limit (ulimit -n 1042), or use fewer VUs',
  )
  const sides = (['a', 'b'] as const).flatMap((side) => stages(1, { vus: 505, side }))
  assert.match(refusal(sides, 3), /^1,010 VUs/)
  assert.equal(refusal(stages(3, { vus: 900 })), '')
  assert.equal(refusal(stages(1, { vus: 1000, offered: 50 })), '')
  assert.equal(refusal(stages(1, { vus: 1000 }), 3, { ...roomy, openFiles: null }), '')
  assert.equal(
    refusal(stages(1, { vus: 2030 }), 3, roomy, 2).slice(0, 41),
    '1,015 VUs of each generator need as many ',
  )
  assert.equal(refusal(stages(1, { vus: 2000 }), 3, roomy, 2), '')
})
