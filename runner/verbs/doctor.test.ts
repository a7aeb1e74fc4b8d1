import assert from 'node:assert/strict'
import os from 'node:os'
import { test } from 'node:test'
import { commandIn } from '../../test/command.ts'

test('every part has a line, and no cluster is only a note', async () => {
  const { code, stdout } = await commandIn(os.tmpdir(), ['doctor'], { KUBECONFIG: '/nonexistent' })
  assert.equal(code, 0, stdout)
  for (const part of ['Node', 'k6', 'CPU', 'memory', 'open files', 'ports', 'clock', 'results', 'Kubernetes'])
    assert.match(stdout, new RegExp(`^(ok|note) +${part} `, 'm'))
})

test('what stops every run is a problem, with what to do', async () => {
  const { code, stdout } = await commandIn(os.tmpdir(), ['doctor'], {
    KUBECONFIG: '/nonexistent',
    K6_BIN: process.execPath,
  })
  assert.equal(code, 4)
  assert.match(stdout, /^problem k6 +K6_BIN=.* is not a k6 program; correct it or unset it$/m)
})
