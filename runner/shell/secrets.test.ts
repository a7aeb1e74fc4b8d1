import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { maskOf, secretsIn, secretsOfEnvironment, withoutUrlSecrets } from './secrets.ts'
import { clearAbandoned, temporaryFolder } from './temporary.ts'

const masked = (text: string, secrets: readonly string[]) => maskOf(secrets)(text)

test('what can be secret in a flag is hidden, and what is not stays', () => {
  const texts: Record<string, string> = {
    'http://us3r:c4nary-1@127.0.0.1:8080/api': 'http://…@127.0.0.1:8080/api',
    'htp:/us3r:c4nary-1@127.0.0.1': '…',
    '/items?token=c4nary-2&page=1': '/items?token=…&page=1',
    'Authorization: Bearer c4nary-3': '…',
    'cookie: a=c4nary-4; b=c4nary-5': '…',
    '{"password": "c4nary\\n6"}': '…',
    'influxdb=http://u:c4nary-7@127.0.0.1/db?x=c4nary-8': '…',
    'image=load-and-stress:1.4': 'image=load-and-stress:1.4',
    '/api/items': '/api/items',
    '/v1/users:batchGet': '/v1/users:batchGet',
    'http://127.0.0.1:8080/api': 'http://127.0.0.1:8080/api',
  }
  for (const [text, expected] of Object.entries(texts)) {
    const shown = masked(text, secretsIn(text))
    assert.doesNotMatch(shown, /c4nary/)
    if (expected !== '…') assert.equal(shown, expected)
  }
  const multiline = secretsIn('c4nary-x\n6')
  assert.doesNotMatch(masked('c4nary-x\\n6, c4nary-x%0A6, c4nary-x', multiline), /c4nary/)
})

test('tokens of the environment are hidden in every form, line by line', () => {
  const secrets = secretsOfEnvironment({ TARGET_TOKEN: 'c4nary\nfeather', BASE_URL: 'http://u:s3cret@h/' })
  assert.equal(masked('"c4nary\\nfeather" c4nary feather c4nary%0Afeather s3cret', secrets), '"…" … … … …')
  assert.equal(
    withoutUrlSecrets('see https://u:p@h/x?token=y; or http://h/a'),
    'see https://…@h/x?…; or http://h/a',
  )
})

test('a temporary folder is its owner’s alone, and goes with the next start after a kill', () => {
  const ours = temporaryFolder()
  const gone = spawnSync(process.execPath, ['-e', '']).pid
  const abandoned = path.join(os.tmpdir(), `load-and-stress-${os.hostname()}-${gone}-Abc123`)
  mkdirSync(abandoned)
  writeFileSync(path.join(abandoned, 'rows.json'), 'c4nary')
  try {
    if (process.platform !== 'win32') assert.equal(statSync(ours).mode & 0o777, 0o700)
    clearAbandoned()
    assert.deepEqual([existsSync(ours), existsSync(abandoned)], [true, false])
  } finally {
    rmSync(ours, { recursive: true })
  }
})
