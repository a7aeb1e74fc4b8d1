import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { aRun, fixture, summaryOf } from '../../test/samples.ts'
import { latencies, steady, timelineOf } from '../../test/timelines.ts'
import { readSource, type Source } from '../formats/read.ts'
import { formatRun, type Run } from '../formats/run.ts'
import { formatTimeline, type Timeline } from '../formats/timeline.ts'
import { randomFrom } from '../numbers/random.ts'
import { statistics } from '../runs/statistics.ts'
import { reportFiles, text } from './files.ts'

const summary = { kind: 'summary' as const, summary: summaryOf(fixture('2.2.0-handle-summary.json')) }
const stage = (index: number, offered: number | null, lengthMs: number) => ({
  stage: String(index + 1),
  vus: 8,
  offered,
  startMs: index * lengthMs,
  durationMs: lengthMs,
})

const of = (timeline: Timeline, scenario: string, stages: Run['load']['stages']): Source => ({
  name: 'a',
  run: aRun({ scenario, load: { ...aRun().load, stages }, slos: [{ figure: 'p95', limit: 20 }] }),
  summary,
  timeline: () => ({ kind: 'ok', value: timeline }),
})

const random = randomFrom(4)

/** Thirty seconds of 50 requests a second with all that may be known, and a stall at second 17. */
function stalling(): Timeline {
  const { periods, ...rest } = steady(30, random)
  const bucketsMs = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
  const full = periods.map((period) => ({
    ...period,
    iterations: period.requests,
    checks: 1,
    phasesMs: { blocked: 0.5, connecting: 0.3, tls: 0, sending: 0.1, waiting: 4, receiving: 1 },
    generatorCores: 0.1,
    targetCores: 0.5,
    targetMemoryMiB: 80,
    counts: [0, 10, 35, 5, 0, 0, 0, 0, 0, 0, 0],
  }))
  const none = { requests: 0, iterations: 0, durationMs: null, phasesMs: null, counts: Array(11).fill(0) }
  const late = {
    requests: 100,
    iterations: 100,
    durationMs: { ...latencies(300), p95: 960, p99: 1012, max: 1013 },
  }
  return {
    ...rest,
    bucketsMs,
    periods: full.map((period, index) => ({
      ...period,
      ...(index === 17
        ? none
        : index === 18
          ? { ...late, counts: [0, 10, 30, 10, 7, 7, 7, 7, 7, 7, 8] }
          : {}),
    })),
  }
}

describe('a run with a timeline', () => {
  const source = of(stalling(), 'arrival', [stage(0, 50, 30_000)])
  const files = reportFiles(statistics([source]))

  test('names its stall in page, text, Markdown and statistics', () => {
    const sentence = /Stalled for 1 s at 17 s: no answers, then p99 of 1,012 ms \(usually [\d.]+ ms\)\./
    assert.match(text(statistics([source])), sentence)
    for (const file of ['index.html', 'report.md', 'timeline.svg'])
      assert.match(files.get(file) ?? '', sentence, file)
    const { time, timeline } = JSON.parse(files.get('statistics.json') ?? '')
    assert.equal(timeline, undefined)
    assert.deepEqual([time.file, time.stalls.length, time.stalls[0].fromMs], ['timeline.ndjson', 1, 17_000])
  })

  test('shows each figure that is known, once, with its limit, and the distribution', () => {
    const svg = files.get('timeline.svg') ?? ''
    for (const words of [
      'offered',
      'achieved',
      'latency (ms)',
      'p95 ≤ 20 ms',
      'wait',
      'CPU (cores)',
      'time (s)',
    ])
      assert.ok(svg.includes(words), words)
    for (const words of ['throughput', 'errors', 'VUs', 'replicas', 'NaN'])
      assert.ok(!svg.includes(words), words)
    assert.match(files.get('heat-map.svg') ?? '', /latency \(ms\)/)
  })

  test('of ten minutes and 600 periods is drawn in less than 150 KB, in the same bytes each time', () => {
    const { periods, ...rest } = stalling()
    const timeline = {
      ...rest,
      periods: Array.from({ length: 600 }, (_, index) => ({
        ...(periods[index % 30] as (typeof periods)[number]),
        fromMs: index * 1000,
        toMs: (index + 1) * 1000,
      })),
    }
    const long = () => reportFiles(statistics([of(timeline, 'arrival', [stage(0, 50, 600_000)])]))
    const [once, again] = [long(), long()]
    for (const name of ['timeline.svg', 'heat-map.svg']) {
      assert.ok((once.get(name)?.length ?? Infinity) < 150_000, `${name}: ${once.get(name)?.length}`)
      assert.equal(once.get(name), again.get(name))
    }
    assert.match(
      text(statistics([of(timeline, 'arrival', [stage(0, 50, 600_000)])])),
      /Stalled 20 times, at 17 s, 47 s, 77 s and 17 more times; the longest request took 1,013 ms\./,
    )
  })

  test('among others shows nothing of it, and reads nothing', () => {
    const unread: Source = { ...source, timeline: () => assert.fail('read') }
    const both = statistics([unread, { ...unread, name: 'b' }])
    assert.equal(both.time, null)
    assert.ok(!reportFiles(both).has('timeline.svg'))
  })
})

describe('what happened in time, in a sentence', () => {
  const words = (source: Source) => text(statistics([source]))
  test('steady and uneven loads', () => {
    const load = [stage(0, null, 60_000)]
    const calm = steady(60, random, { jitter: { deviation: 0.05, correlation: 0.5 } })
    assert.match(words(of(calm, 'constant', load)), /Steady: p95 between 6\.\d+ and 8\.\d+ ms/)
    const climbing = calm.periods.map((period, index) => ({ ...period, durationMs: latencies(5 + index) }))
    assert.match(
      words(of(timelineOf(climbing), 'constant', load)),
      /p95 between \d+(\.\d+)? and \d+(\.\d+)? ms/,
    )
  })

  test('errors of a short time', () => {
    const { periods, ...rest } = steady(60, random)
    const failing = periods.map((period, second) => ({
      ...period,
      failed: second === 40 || second === 41 ? 0.5 : 0,
    }))
    const said = words(of({ ...rest, periods: failing }, 'constant', [stage(0, null, 60_000)]))
    assert.match(said, /^All failed requests \(\d+\) ended between 40 s and 42 s\.$/m)
  })

  test('a soak that grows, one that does not, and one that is too short', () => {
    const load = Array.from({ length: 6 }, (_, index) => stage(index, 20, 10_000))
    const run = steady(60, random, { jitter: { deviation: 0.02, correlation: 0.3 } })
    const leaking = run.periods.map((period, index) => ({ ...period, targetMemoryMiB: 100 + index }))
    assert.match(
      words(of(timelineOf(leaking), 'soak', load)),
      /Memory of the target grew by 5\d % \(\d\d to \d\d %\) over the run, from 10\d to 1[56]\d MiB\./,
    )
    assert.match(
      words(of(run, 'soak', load)),
      /Nothing is seen to grow \(p50, p95, errors\); p95 by \d+ % at most\./,
    )
    const short = timelineOf(run.periods.slice(0, 6))
    const six = Array.from({ length: 6 }, (_, index) => stage(index, 20, 1000))
    assert.match(
      words(of(short, 'soak', six)),
      /Too short to say whether anything grew: it takes 20 periods, and there were 5\./,
    )
  })

  test('a spike that was got over, and one that was not', () => {
    const load = [20, 100, 20].map((rate, index) => stage(index, rate, 10_000))
    const queue = (untilS: number) =>
      timelineOf(
        steady(30, random, { rate: 20 }).periods.map((period, second) =>
          second >= 12 && second < untilS ? { ...period, durationMs: latencies(400) } : period,
        ),
      )
    assert.match(
      words(of(queue(24), 'spike', load)),
      /Recovered 4 s after the spike: p95 [\d.]+ ms before it, up to 600 ms in it\./,
    )
    assert.match(
      words(of(queue(30), 'spike', load)),
      /Not recovered by the end of the run, 10 s after the spike/,
    )
  })

  test('of replicas that followed: they are drawn above the load', () => {
    const base = aRun().target
    const scaling = [
      { atMs: -100, wanted: 1, ready: 1 },
      { atMs: 12_000, wanted: 3, ready: 1 },
      { atMs: 14_000, wanted: 3, ready: 3 },
    ]
    const cluster = { nodes: 1, image: 'x', cpuLimit: null, memoryLimit: null, pods: [], scaling }
    const load = [0, 1, 2].map((index) => stage(index, null, 10_000))
    const source = of(steady(30, random), 'autoscale', load)
    const files = reportFiles(
      statistics([{ ...source, run: { ...(source.run as Run), target: { ...base, cluster } } }]),
    )
    const svg = files.get('timeline.svg') ?? ''
    const felt =
      /Until 3 replicas were ready, 4 s after the change to 8 VUs, p95 went up to [\d.]+ ms; then at most [\d.]+ ms\./
    assert.match(svg.replace(/\s+/g, ' '), felt)
    assert.ok(svg.indexOf('replicas') > 0 && svg.indexOf('replicas') < svg.indexOf('virtual users'))
  })
})

describe('timeline.ndjson of a result folder', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'las-time-'))
    const { run } = of(stalling(), 'arrival', [stage(0, 50, 30_000)])
    await writeFile(path.join(folder, 'run.json'), formatRun(run as Run))
    await writeFile(path.join(folder, 'summary.json'), fixture('2.2.0-handle-summary.json'))
  })
  after(() => rm(folder, { recursive: true }))

  const reported = async () => {
    const reading = await readSource(folder)
    assert.ok(reading.kind === 'source')
    return statistics([reading.source])
  }

  test('is read where there is one', async () => {
    assert.equal((await reported()).time, null)
    await writeFile(path.join(folder, 'timeline.ndjson'), formatTimeline(stalling()))
    assert.equal((await reported()).time?.stalls.length, 1)
  })

  test('is a remark where it is damaged; the report stands', async () => {
    const whole = await reported()
    await writeFile(
      path.join(folder, 'timeline.ndjson'),
      '{"schema":1,"startedAt":"x","periodMs":1000}\n{"fromMs":"x"}\n{}\n',
    )
    const { runs, time } = await reported()
    assert.equal(time, null)
    assert.deepEqual(runs[0]?.total, whole.runs[0]?.total)
    const remarks = runs[0]?.remarks ?? []
    assert.equal(remarks.length, (whole.runs[0]?.remarks.length ?? 0) + 1)
    assert.match(
      remarks.at(-1) ?? '',
      /^What changed during the run is unknown: .*timeline\.ndjson: line 2: .*\.$/,
    )
  })
})
