import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig, shownVariables } from './config.ts'

const limits = { cpuCores: 1.5, memoryMiB: 512 }
const read = (environment: Record<string, string> = {}) => readConfig(environment, limits)

test('defaults follow the CPU and memory limits', () => {
  const { HOST, PORT, STRESSTIME, STRESS_MAX_CORES, STRESS_MAX_MEMORY_MIB, WORK_THREADS } = read()
  assert.deepEqual([HOST, PORT, STRESSTIME], ['127.0.0.1', 8080, 60])
  assert.deepEqual([STRESS_MAX_CORES, STRESS_MAX_MEMORY_MIB, WORK_THREADS], [2, 256, 2])
})

test('the default load is no longer than the longest allowed', () => {
  assert.equal(read({ STRESS_MAX_SECONDS: '5' }).STRESSTIME, 5)
  assert.throws(() => read({ STRESS_MAX_SECONDS: '5', STRESSTIME: '6' }), {
    message: 'STRESSTIME=6 is more than STRESS_MAX_SECONDS=5; lower the first or raise the second',
  })
})

test('an empty value counts as unset, and unknown variables are ignored', () => {
  assert.deepEqual(read({ PORT: '', STRESS_TOKEN: '', PATH: '/bin' }), read())
})

test('loads may not hold more memory than the limit', () => {
  assert.equal(read({ STRESS_MAX_MEMORY_MIB: '512' }).STRESS_MAX_MEMORY_MIB, 512)
  assert.throws(
    () => read({ STRESS_MAX_MEMORY_MIB: '513' }),
    /^Error: STRESS_MAX_MEMORY_MIB=513 is more than/,
  )
})

test('an error names the variable and its value, but never shows the token', () => {
  assert.throws(
    () => read({ WORK_THREADS: '0' }),
    /^Error: WORK_THREADS="0": must be at least 1; correct it or leave it unset$/,
  )
  assert.throws(() => read({ PORT: 'eighty' }), /^Error: PORT="eighty": must be a number; /)
  assert.throws(() => read({ STRESS_TOKEN: 'open-sesame ' }), /a space or line break at its end\?/)
  for (const token of ['secret', 'secret with spaces', 'secret-at-its-end ', 'secret-at-its-end\n']) {
    assert.throws(
      () => read({ STRESS_TOKEN: token }),
      ({ message }: Error) => message.startsWith('STRESS_TOKEN: ') && !message.includes('secret'),
    )
  }
  assert.ok(!shownVariables.includes('STRESS_TOKEN'))
})
