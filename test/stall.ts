import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { parseTimeline, type Timeline } from '../analysis/formats/timeline.ts'
import { commandIn, runOf } from './command.ts'
import { serving } from './service.ts'

const holdMs = 1000

/** A run with raw points against a server that answers nothing for a second, from second `at` of the load on. */
export async function stalledRun(out: string, { seconds, at }: { seconds: number; at: number }) {
  let since: number | undefined
  const server = await serving(async ({ headers }, response) => {
    if (/k6/.test(headers['user-agent'] ?? '')) since ??= performance.now()
    await sleep(20)
    const late = performance.now() - (since ?? Infinity) - at * 1000
    if (late >= 0 && late < holdMs) await sleep(holdMs - late)
    response.end('fine')
  })
  try {
    const target = ['--url', server.url, '--path', '/', '--vus', '8', '--duration', `${seconds}s`]
    const { code, stderr } = await commandIn(out, ['run', 'constant', ...target, '--raw'])
    assert.equal(code, 0, stderr)
    return { stderr, ...(await runOf(out, stderr)) }
  } finally {
    server.close()
  }
}

export async function timelineIn(folder: string): Promise<Timeline> {
  const reading = parseTimeline(await readFile(path.join(folder, 'timeline.ndjson'), 'utf8'))
  assert.ok(reading.kind === 'ok')
  return reading.value
}

/** When each request ended, in ms of Unix time, and how long it took, in k6's order. */
const pointsIn = (folder: string): { endedAt: number; ms: number }[] =>
  gunzipSync(readFileSync(path.join(folder, 'points.json.gz')))
    .toString()
    .split('\n')
    .filter((line) => line.includes('"http_req_duration","type":"Point"'))
    .map((line) => {
      const { time, value } = JSON.parse(line).data as { time: string; value: number }
      return { endedAt: Date.parse(time), ms: value }
    })

/** With linear interpolation, as k6 has it. */
function percentileOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = share * (sorted.length - 1)
  const [low = 0, high = 0] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return low + (high - low) * (place % 1)
}

/** Compares each period with its raw points: the totals, the percentiles and when the requests ended. */
export async function agrees(folder: string, requests: number | null): Promise<void> {
  const { startedAt, periods, bucketsMs = [], periodMs } = await timelineIn(folder)
  const points = pointsIn(folder)
  assert.equal(points.length, requests)
  assert.equal(
    periods.reduce((sum, period) => sum + (period.requests ?? Number.NaN), 0),
    points.length,
  )
  let place = 0
  for (const { requests, durationMs, counts = [], fromMs, toMs } of periods) {
    const own = points.slice(place, place + (requests ?? 0))
    place += own.length
    const durations = own.map(({ ms }) => ms)
    // k6's recorder cuts off digits behind the fourth or so.
    const near = (value: number | undefined, exact: number) =>
      assert.ok(Math.abs((value ?? Number.NaN) / exact - 1) < 2e-4, `${value} ${exact}`)
    if (durationMs) {
      near(durationMs.p50, percentileOf(durations, 0.5))
      near(durationMs.p95, percentileOf(durations, 0.95))
      near(durationMs.max, Math.max(...durations))
      near(durationMs.min, Math.min(...durations))
    }
    // The limits are written with fewer digits than those by which the requests were counted.
    let below = 0
    for (const [index, limit] of bucketsMs.entries()) {
      below += counts[index] ?? 0
      const atMost = (most: number) => durations.filter((ms) => ms <= most).length
      const [least, most] = [atMost(limit * (1 - 1e-4)), atMost(limit * (1 + 1e-4))]
      assert.ok(below >= least && below <= most, `${below} up to ${limit} ms, ${least} to ${most}`)
    }
    const counted = counts.reduce((sum, count) => sum + count, 0)
    assert.equal(counted, durations.length)
    // k6 hands on what has ended in turns of 50 ms, so a request may be in the period after its own and in no other.
    for (const { endedAt } of own) {
      const endedMs = endedAt - Date.parse(startedAt)
      assert.ok(endedMs <= toMs + 20 && endedMs >= fromMs - periodMs, `${endedMs} in ${fromMs} to ${toMs}`)
    }
  }
}

/** Where the stall shows: the period with the fewest requests, and the first with an answer that took as long. */
export async function stallIn(folder: string): Promise<{ quietest: number; slow: number }> {
  const { periods } = await timelineIn(folder)
  const full = periods.slice(0, -1)
  const fewest = Math.min(...full.map(({ requests }) => requests ?? Infinity))
  return {
    quietest: full.findIndex(({ requests }) => requests === fewest),
    slow: full.findIndex(({ durationMs }) => (durationMs?.max ?? 0) > 0.9 * holdMs),
  }
}

export const filesIn = async (folder: string): Promise<string[]> => (await readdir(folder)).sort()
