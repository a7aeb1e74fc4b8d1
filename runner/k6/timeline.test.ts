import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { periodFor, recordingFile, writeTimeline } from './timeline.ts'

test('a run has at most 600 periods, each of a round length', () => {
  const minutes = [0.1, 10, 11, 20, 30, 60, 120, 180, 600, 601, 1440]
  assert.deepEqual(
    minutes.map((each) => periodFor(each * 60_000) / 1000),
    [1, 1, 2, 2, 5, 10, 15, 30, 60, 120, 180],
  )
})

test('a damaged or missing recording is a sentence, and nothing is left of it', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'las-timeline-'))
  const around = { durationMs: null, stages: [], generator: [], target: [] }
  try {
    await writeFile(recordingFile(folder), '{"event":"start","data":[["x"]]}\n')
    assert.match(
      (await writeTimeline(folder, around, null)) ?? '',
      /^no timeline: .* damaged \(line 1: not an event/,
    )
    assert.deepEqual(await readdir(folder), [])
    assert.match((await writeTimeline(folder, around, null)) ?? '', /^no timeline: k6 recorded nothing$/)
  } finally {
    await rm(folder, { recursive: true })
  }
})
