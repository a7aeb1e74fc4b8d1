import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { ended, started } from '../service.ts'

/**
 * Schemathesis (PyPI; SCHEMATHESIS_BIN, or on the PATH) generates requests from the workload's OpenAPI
 * document and checks the answers against it. EXAMPLES sets how many: 1500 take about two minutes.
 */
test('the service answers generated requests as its OpenAPI document describes', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'las-contract-'))
  const service = await started({
    STRESS_MAX_SECONDS: '2',
    STRESS_MAX_MEMORY_MIB: '64',
    WORK_MAX_MS: '20',
  })
  try {
    const args = [
      'run',
      `${service.url}/openapi.json`,
      `--max-examples=${process.env.EXAMPLES ?? 150}`,
      // 503 is documented; 500 is not, so another check reports it. DELETE ends a job but does not remove it.
      '--exclude-checks=not_a_server_error,use_after_free',
      '--no-color',
    ]
    const child = spawn(process.env.SCHEMATHESIS_BIN || 'schemathesis', args, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (data) => {
      output += data
    })
    const [code] = await once(child, 'close')
    assert.equal(code, 0, output)
    const [, cases = 0] = /(\d+) generated, \1 passed/.exec(output) ?? []
    console.log(`# ${cases} requests`)
    assert.ok(Number(cases) > 500, output)
  } finally {
    service.process.kill('SIGTERM')
    assert.equal(await ended(service), 0)
    await rm(folder, { recursive: true })
  }
  assert.deepEqual(
    service.stdout.filter((line) => JSON.parse(line).level >= 50),
    [],
  )
})
