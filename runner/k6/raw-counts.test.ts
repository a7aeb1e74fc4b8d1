import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Timeline } from '../../analysis/formats/timeline.ts'
import { withCounts } from './raw-counts.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'las-points-'))
})
after(() => rm(folder, { recursive: true }))

const unknown = { vus: null, failed: null, iterations: null, dropped: null, checks: null, phasesMs: null }
const ofRequests = (requests: readonly (number | null)[]): Timeline => ({
  schema: 1,
  startedAt: '2026-01-02T03:04:05.000Z',
  periodMs: 1000,
  periods: requests.map((each, index) => ({
    ...unknown,
    fromMs: index * 1000,
    toMs: index * 1000 + 1000,
    requests: each,
    durationMs: null,
    generatorCores: null,
    targetCores: null,
    targetMemoryMiB: null,
  })),
})

const point = (metric: string, value: number) =>
  JSON.stringify({ metric, type: 'Point', data: { time: '2026-01-02T03:04:05.5Z', value, tags: {} } })

async function counted(timeline: Timeline, durations: readonly number[], cut = 0): Promise<Timeline> {
  const file = path.join(folder, 'points.json.gz')
  const metric = { type: 'Metric', data: { name: 'http_req_duration' }, metric: 'http_req_duration' }
  const lines = durations.flatMap((value) => [point('http_reqs', 1), point('http_req_duration', value)])
  const packed = gzipSync(`${[JSON.stringify(metric), ...lines].join('\n')}\n`)
  await writeFile(file, packed.subarray(0, packed.length - cut))
  return withCounts(timeline, file)
}

test('each period has the distribution of its own requests, in at most 40 buckets of equal ratio', async () => {
  const durations = Array.from({ length: 1000 }, (_, index) => 1.02 ** (index % 500))
  const { periods, bucketsMs = [] } = await counted(ofRequests([500, 0, 300, 200]), durations)
  assert.ok(bucketsMs.length <= 40 && bucketsMs.length > 35, String(bucketsMs.length))
  const ratios = bucketsMs.slice(1).map((limit, index) => limit / (bucketsMs[index] ?? Number.NaN))
  for (const ratio of ratios) assert.ok(Math.abs(ratio / (ratios[0] ?? Number.NaN) - 1) < 1e-4)
  assert.deepEqual(
    periods.map(({ counts }) => counts?.reduce((a, b) => a + b, 0)),
    [500, 0, 300, 200],
  )
  for (const [index, [from, to]] of [
    [0, 500],
    [500, 500],
    [500, 800],
    [800, 1000],
  ].entries())
    for (const [bucket, limit] of bucketsMs.entries()) {
      const upTo = periods[index]?.counts?.slice(0, bucket + 1).reduce((a, b) => a + b, 0)
      assert.equal(upTo, durations.slice(from, to).filter((value) => value <= limit).length)
    }
})

test('requests that took no time are in the first bucket, and equal ones in one', async () => {
  const { periods, bucketsMs } = await counted(ofRequests([4]), [0, 5, 5, 5])
  assert.equal(bucketsMs?.length, 1)
  assert.deepEqual(periods[0]?.counts, [4, 0])
  assert.equal((await counted(ofRequests([2]), [0, 0])).bucketsMs, undefined)
})

test('without HTTP there is no distribution, and a damaged file gives none', async () => {
  assert.equal((await counted(ofRequests([null]), [])).bucketsMs, undefined)
  await assert.rejects(counted(ofRequests([3, 2]), [1, 2, 3, 4]), /raw points of some requests are missing/)
  await assert.rejects(counted(ofRequests([2]), [1, 2], 12), /unexpected end of file/)
  await assert.rejects(withCounts(ofRequests([1]), path.join(folder, 'none.gz')), /ENOENT/)
})
