import assert from 'node:assert/strict'
import { test } from 'node:test'
import { portWords } from './ports.ts'

test('loopback and closed models are not warned about', () => {
  const stage = { stage: '1', vus: 10, startMs: 0, durationMs: 60_000, offered: 1000 }
  const remote = new URL('http://10.0.0.7/')
  assert.match(
    portWords([stage], [remote], 28_232) ?? '',
    /60,000 ports .* has 28,232 \(enough for 470 a second\)/,
  )
  assert.equal(portWords([{ ...stage, offered: 470 }], [remote], 28_232), null)
  assert.equal(portWords([{ ...stage, durationMs: 20_000 }], [remote], 28_232), null)
  assert.equal(portWords([{ ...stage, offered: null }], [remote], 28_232), null)
  assert.equal(portWords([stage], [remote], null), null)
  for (const url of ['http://127.0.0.1:80', 'http://localhost', 'http://[::1]:8080'])
    assert.equal(portWords([stage], [new URL(url)], 28_232), null)
})
