import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { aRun, aSummary } from '../../test/samples.ts'
import type { Run } from '../formats/run.ts'
import type { Timeline } from '../formats/timeline.ts'
import { endedIn } from './rates.ts'
import { runStatistics } from './statistics.ts'

type Case = {
  readonly vus: readonly number[]
  /** Requests that the target works on at a time, and how long it takes for each. */
  readonly places: number
  readonly serviceMs: number
  readonly stageMs: number
  readonly thinkMs?: number
}

/** VUs that ask again as soon as they were answered, stage after stage, and a target that has one queue. */
function simulated({ vus, places, serviceMs, stageMs, thinkMs = 0 }: Case) {
  const free = Array<number>(places).fill(0)
  const answers: { stage: number; sentAt: number; endsAt: number }[] = []
  for (const [stage, count] of vus.entries()) {
    const [startMs, endMs] = [stage * stageMs, (stage + 1) * stageMs]
    const ready = Array.from({ length: count }, (_, vu) => startMs + ((vu * 0.618) % 1) * thinkMs)
    for (;;) {
      const sentAt = Math.min(...ready)
      if (sentAt >= endMs) break
      const place = free.indexOf(Math.min(...free))
      const endsAt = Math.max(sentAt, free[place] as number) + serviceMs
      free[place] = endsAt
      ready[ready.indexOf(sentAt)] = endsAt + thinkMs
      answers.push({ stage, sentAt, endsAt })
    }
  }
  return answers
}

/** The rates of the whole and of each stage, from a summary of that load; and what ended within each. */
function rates(load: Case) {
  const answers = simulated(load)
  const { vus, stageMs, thinkMs } = load
  const of = (these: typeof answers) => {
    const sumMs = these.reduce((sum, { sentAt, endsAt }) => sum + endsAt - sentAt, 0)
    return { count: these.length, avg: sumMs / these.length }
  }
  const tagged = vus.flatMap((_, stage) => {
    const these = of(answers.filter((each) => each.stage === stage))
    return [
      [`http_reqs{stage:${stage + 1}}`, these],
      [`http_req_duration{expected_response:true,stage:${stage + 1}}`, these],
    ] as const
  })
  const all = of(answers)
  const summary = aSummary(
    { http_reqs: all, 'http_req_duration{expected_response:true}': all, ...Object.fromEntries(tagged) },
    Math.max(...answers.map(({ endsAt }) => endsAt)) / 1000,
  )
  const stages = vus.map((count, index) => ({
    ...{ stage: String(index + 1), vus: count, offered: null },
    ...{ startMs: index * stageMs, durationMs: stageMs },
  }))
  const run = aRun({ load: { ...aRun().load, stages, ...(thinkMs && { thinkMs }) } })
  const statistics = runStatistics({ name: 'x', run, summary: { kind: 'summary', summary } })
  const ended = (fromMs: number, toMs: number) =>
    (answers.filter(({ endsAt }) => endsAt > fromMs && endsAt <= toMs).length * 1000) / (toMs - fromMs)
  return {
    total: statistics.total.rate ?? Number.NaN,
    stages: statistics.stages.map(({ rate }) => rate ?? Number.NaN),
    endedOf: (index: number) => ended(index * stageMs, (index + 1) * stageMs),
    ended: ended(0, vus.length * stageMs),
  }
}

describe('a target that answers 30 a second', () => {
  const target = { places: 3, serviceMs: 99.9 }

  test('is not said to answer 33.2 on a plateau of 32 VUs for 10 s', () => {
    const { total, stages } = rates({ ...target, vus: [32], stageMs: 10_000 })
    for (const rate of [total, ...stages]) assert.ok(Math.abs(rate - 30) < 0.1, `${rate}`)
  })

  test('has the same rate on every plateau that it limits, and on all', () => {
    // By all requests that started in them these were 30.1, 31.5 and 32 a second.
    const { total, stages } = rates({ ...target, vus: [4, 16, 32], stageMs: 8000 })
    for (const rate of [total, ...stages]) assert.ok(Math.abs(rate - 30) < 0.1, `${rate}`)
  })

  test('has the rate that VUs with pauses reach', () => {
    // Two VUs that pause for 0.9 s ask twice a second.
    const { total } = rates({ ...target, vus: [2], stageMs: 20_000, thinkMs: 900 })
    assert.ok(Math.abs(total - 2) <= 0.05, `${total}`)
  })
})

test('rates are what ended within the load and its plateaus, whatever the target’s capacity', () => {
  const cases = fc.record({
    vus: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
    places: fc.integer({ min: 1, max: 8 }),
    serviceMs: fc.integer({ min: 3, max: 400 }),
    stageMs: fc.constantFrom(2000, 5000),
  })
  fc.assert(
    fc.property(cases, (load) => {
      const { vus, places, serviceMs, stageMs } = load
      // Where an answer takes longer than a plateau, those of several overlap.
      fc.pre((Math.max(...vus) * serviceMs) / places + serviceMs < stageMs)
      const found = rates(load)
      const one = 1000 / stageMs + 1e-9
      for (const [index, rate] of found.stages.entries())
        assert.ok(
          Math.abs(rate - found.endedOf(index)) <= one * Math.min(places, vus[index] as number) + one,
          `${rate} of stage ${index + 1}, not ${found.endedOf(index)}`,
        )
      const capacity = (places * 1000) / serviceMs
      assert.ok(found.total <= capacity * (1 + 1e-9), `${found.total} of ${capacity}`)
      assert.ok(
        Math.abs(found.total - found.ended) <= one * places,
        `${found.total} in all, not ${found.ended}`,
      )
    }),
    { numRuns: 60, seed: 7 },
  )
})

test('where no answer came within the load, its rate is over the time until they came', () => {
  // 4 requests at once, which take 12 s, of a load of 10 s.
  const { total } = rates({ vus: [4], places: 4, serviceMs: 12_000, stageMs: 10_000 })
  assert.equal(total, 4 / 12)
})

describe('from the timeline', () => {
  /** Periods of a second that begin at odd times, each with so many requests. */
  const timeline = (...counts: (number | null)[]): Timeline => ({
    schema: 1,
    startedAt: '2026-01-02T03:04:05.000Z',
    periodMs: 1000,
    periods: counts.map((requests, second) => ({
      ...{ fromMs: Math.max(0, second * 1000 - 30), toMs: second * 1000 + 970, vus: 8, requests },
      ...{ failed: null, iterations: null, dropped: null, checks: null, durationMs: null, phasesMs: null },
      ...{ generatorCores: null, targetCores: null, targetMemoryMiB: null },
    })),
  })
  const stages = (offered: number | null, ...ends: number[]): Run['load']['stages'] =>
    ends.map((endMs, index) => ({
      ...{ stage: String(index + 1), vus: 8, offered },
      ...{ startMs: ends[index - 1] ?? 0, durationMs: endMs - (ends[index - 1] ?? 0) },
    }))
  const load = (of: Run['load']['stages']) => ({ load: { ...aRun().load, stages: of } })

  // 10/s, a spike of 100/s at a target that answers 30, and 10/s while the queue empties.
  const spike = timeline(9, 10, 10, 10, 28, 30, 30, 30, 30, 30, 30, 30, 30)
  test('a spike has the rate at which it was answered, not at which it arrived', () => {
    assert.deepEqual(endedIn(spike, load(stages(10, 4000, 8000, 12_000)))?.stages, [10, 30, 30])
  })

  test('a spike’s rate is that, and the rates of all it divides are too', () => {
    const count = { count: 400 }
    const [before, during, after] = stages(10, 4000, 8000, 12_000) as [
      Run['load']['stages'][number],
      never,
      never,
    ]
    const run = aRun({
      load: { ...aRun().load, stages: [before, during, after] },
      ended: { perSecond: 25, stages: [10, 30, 30] },
    })
    const metrics = {
      http_reqs: { count: 480 },
      'http_reqs{stage:2}': count,
      'http_reqs{stage:3}': { count: 40 },
    }
    const summary = aSummary({ ...metrics, 'http_reqs{stage:1}': { count: 40 } }, 20)
    const statistics = runStatistics({ name: 'x', run, summary: { kind: 'summary', summary } })
    assert.deepEqual([statistics.total.rate, ...statistics.stages.map(({ rate }) => rate)], [25, 10, 30, 30])
  })

  test('a script has the rate of its load, and its k6 scenarios where they do not overlap', () => {
    const script = { file: 'a.js', sha256: '' }
    const own = { ...load(stages(null, 4000, 8000)), script }
    const counts = timeline(30, 30, 30, 30, 30, 30, 30, 30, 90, 4)
    assert.deepEqual(
      endedIn(counts, own)?.stages.map((rate) => rate?.toFixed(2)),
      ['30.23', '30.00'],
    )
    const [one] = own.load.stages
    assert.deepEqual(endedIn(counts, { ...own, ...load(one ? [one, { ...one }] : []) })?.stages, [null, null])
  })

  test('is unknown where less than half of the load is known, or one count is not', () => {
    const script = { file: 'a.js', sha256: '' }
    const own = { ...load(stages(null, 10_000)), script }
    assert.deepEqual(endedIn(timeline(30, 30, 30, 30), own), { perSecond: null, stages: [null] })
    const gap = timeline(30, 30, 30, null, 30, 30, 30, 30, 30, 30)
    assert.deepEqual(endedIn(gap, own), { perSecond: null, stages: [null] })
  })

  test('is left to the summary for one plateau and for one rate', () => {
    assert.equal(endedIn(spike, load(stages(null, 4000, 8000))), null)
    assert.equal(endedIn(spike, load(stages(10, 8000))), null)
  })
})
