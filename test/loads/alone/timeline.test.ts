import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { agrees, stalledRun, stallIn } from '../../stall.ts'

test('a stall at second 17 of 30 shows there, and the figures by second agree with the raw points', async () => {
  const out = await mkdtemp(path.join(os.tmpdir(), 'las-stall-'))
  try {
    const { folder, figures } = await stalledRun(out, { seconds: 30, at: 17 })
    await agrees(folder, figures.total.requests)
    const { quietest, slow } = await stallIn(folder)
    assert.ok(quietest === 17 && (slow === 17 || slow === 18), `${quietest} ${slow}`)
  } finally {
    await rm(out, { recursive: true })
  }
})
