import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { parseNight } from '../analysis/formats/night.ts'
import { parseRun } from '../analysis/formats/run.ts'
import { parseTimeline } from '../analysis/formats/timeline.ts'
import { resumeSeries } from '../runner/series/plan.ts'

// Files that earlier states of this project wrote, by the day.
const versions = path.join(import.meta.dirname, 'fixtures/versions')
const text = (name: string) => readFileSync(path.join(versions, name), 'utf8')
const folder = mkdtempSync(path.join(os.tmpdir(), 'versions-'))
after(() => rmSync(folder, { recursive: true }))

test('every run.json that was ever written is read, with what it lacks as unknown', () => {
  const first = parseRun(text('run-2026-11-25.json'))
  assert.ok(first.kind === 'ok', 'the first cannot be read')
  const { run } = first.value
  assert.equal(run.target.workServed, 405)
  assert.deepEqual([run.k6.timeline, run.k6.shortages, run.target.cluster], [null, [], null])
  const second = parseRun(text('run-2026-11-26.json'))
  assert.ok(second.kind === 'ok' && second.value.run.k6.timeline !== null, 'the second has a timeline')
})

test('nights, plans and timelines of earlier states are read', async () => {
  const night = parseNight(text('night-2026-11-25.json'))
  assert.ok(night.kind === 'ok' && night.value.measured.length > 0, 'the night cannot be read')
  const timeline = parseTimeline(text('timeline-2026-11-26.ndjson'))
  assert.ok(timeline.kind === 'ok' && timeline.value.periods.length === 5, 'the timeline cannot be read')
  cpSync(path.join(versions, 'sweep-2026-11-25.json'), path.join(folder, 'sweep.json'))
  const { plan } = await resumeSeries(folder, 'sweep', () => ({}))
  assert.ok(
    plan.runs.length > 0 && plan.runs.every(({ replicas }) => replicas !== null),
    'a sweep has replicas',
  )
})
