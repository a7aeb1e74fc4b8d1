import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { periodFor, recordingFile, writeTimeline } from './timeline.ts'

const during = (minutes: number, size: { vus?: number; offered?: number; thinkMs?: number }): number => {
  const { vus = 1, offered = null, thinkMs } = size
  const stages = [{ stage: '1', vus, offered, startMs: 0, durationMs: minutes * 60_000 }]
  return periodFor({ stages, ...(thinkMs !== undefined && { thinkMs }) }) / 1000
}

test('a run has at most 600 periods, each of a round length', () => {
  assert.deepEqual(
    [0.1, 10, 11, 20, 30, 60, 120, 180, 600, 601, 1440].map((minutes) => during(minutes, { offered: 50 })),
    [1, 1, 2, 2, 5, 10, 15, 30, 60, 120, 180],
  )
})

test('many requests make the periods longer, since k6 sorts all of them in each, but never fewer than thirty', () => {
  assert.deepEqual(
    [100, 1000, 2500, 5000, 50_000].map((offered) => during(10, { offered })),
    [1, 5, 10, 15, 15],
  )
  assert.deepEqual(
    [1, 16, 500].map((vus) => during(10, { vus })),
    [1, 5, 15],
  )
  assert.equal(during(10, { vus: 500, thinkMs: 10_000 }), 1)
  assert.equal(during(0.5, { vus: 500 }), 1)
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
