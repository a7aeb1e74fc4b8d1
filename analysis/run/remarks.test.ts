import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aClimb, aRun, aSummary, fixture, requests, summaryOf } from '../../test/samples.ts'
import type { Run } from '../formats/run.ts'
import { runStatistics } from './statistics.ts'

type Metrics = Parameters<typeof aSummary>[0]

const remarksOf = (changes: Partial<Run>, metrics: Metrics = requests(1000)): string =>
  runStatistics({
    name: 'x',
    run: aRun(changes),
    summary: { kind: 'summary', summary: aSummary(metrics) },
  }).remarks.join('\n')

const { target, load, k6 } = aRun()
const openLoad = { ...load, stages: load.stages.map((stage) => ({ ...stage, offered: 100 })) }

test('whether workload and k6 counted the same number of requests', () => {
  const counted = (workServed: number) => remarksOf({ target: { ...target, workServed } })
  assert.match(counted(1000), /The workload and k6 counted the same 1,000 answered requests\./)
  assert.match(counted(1200), /counted 1,200 answered requests, k6 1,000: other clients/)
})

test('whether generator and target shared a machine', () => {
  assert.match(
    remarksOf({ target: { ...target, embedded: true } }),
    /shared the 4 cores of one machine; k6 itself used 0\.200 and all processes together 1: /,
  )
  const unknown = { ...k6, cpuSeconds: null, machineBusyCores: null }
  assert.match(
    remarksOf({ target: { ...target, embedded: true }, k6: unknown }),
    /shared the 4 cores of one machine: the figures/,
  )
  assert.doesNotMatch(remarksOf({}), /shared/)
})

test('what else ran at the same moment', () => {
  const duet = (sameHost: boolean) => remarksOf({ duet: { with: 'http://10.0.0.8/', sameHost } })
  assert.match(duet(false), /^Half of the load: .* the other half went to http:\/\/10\.0\.0\.8\/\.$/m)
  assert.match(duet(true), /http:\/\/10\.0\.0\.8\/, on the same host: both shared its CPU\.$/m)
  assert.doesNotMatch(remarksOf({}), /half/)
})

test('whose latencies these are when requests failed', () => {
  assert.match(
    remarksOf({}, requests(1000, 10)),
    /of the 990 successful requests; 10 failed requests count only as errors\./,
  )
  assert.match(remarksOf({}, requests(1000, 1)), /1 failed request counts only as errors\./)
  const { 'http_req_duration{expected_response:true}': http_req_duration = {}, ...others } = requests(
    1000,
    10,
  )
  assert.match(remarksOf({}, { ...others, http_req_duration }), /Latencies include 10 failed requests/)
})

test('why p99.9 is missing', () => {
  assert.match(
    remarksOf({}, requests(999)),
    /p99\.9 is missing: it needs 1,000 requests, and there were 999\./,
  )
  assert.doesNotMatch(remarksOf({}), /p99\.9/)
})

test('what a summary without run.json leaves unknown', () => {
  const remarks = (name: string) =>
    runStatistics({
      name,
      run: null,
      summary: { kind: 'summary', summary: summaryOf(fixture(name)) },
    }).remarks.join('\n')
  assert.match(
    remarks('2.2.0-export.json'),
    /Without run\.json[^\n]*\n.*--summary-export format does not say/,
  )
  assert.doesNotMatch(remarks('2.2.0-handle-summary.json'), /--summary-export/)
})

test('what makes runs comparable only with their like', () => {
  assert.match(
    remarksOf({}, { ...requests(1000), 'http_reqs{kind:cpu}': { count: 9 } }),
    /several kinds of request/,
  )
  assert.match(
    remarksOf({ k6: { ...k6, outputs: ['csv'] } }),
    /more than its summary \(csv\), which slows it down/,
  )
  const { remarks } = runStatistics(aClimb('climb', [1000, 1900]))
  assert.match(remarks.join('\n'), /percentiles are specific to this sequence of stages/)
})

test('a recording that took much of the generator is said to have, and one that did not is not', () => {
  const timeline = { periodMs: 1000 }
  const said = (count: number, cpuSeconds: number, recorded: Run['k6']['timeline'] = timeline) =>
    runStatistics({
      name: 'fast',
      run: aRun({ k6: { ...k6, cpuSeconds, timeline: recorded } }),
      summary: { kind: 'summary', summary: aSummary(requests(count), 30) },
    }).remarks.filter((remark) => /timeline/.test(remark))
  // 350,000 requests in 30 s: 7.8 of 52.3 µs of each.
  assert.deepEqual(said(350_000, 18.3), [
    'About 14.9 % of k6’s CPU went into the timeline: in each period it sorts all latencies so far. At the highest rates --no-timeline leaves that to the load.',
  ])
  assert.deepEqual(said(350_000, 18.3, null), [])
  assert.deepEqual(said(3000, 0.2), [])
})

test('a limit that held the generator back now and then is in the highest percentiles', () => {
  assert.match(
    remarksOf({ k6: { ...k6, throttled: 0.03 } }),
    /held it back in 3 % of the limit’s periods: the highest percentiles include waiting in k6/,
  )
  for (const throttled of [null, 0, 0.009, 0.1])
    assert.doesNotMatch(remarksOf({ k6: { ...k6, throttled } }), /held it back/)
})

describe('the model of the load', () => {
  test('an open model names both latencies, and how late requests were sent', () => {
    const metrics = {
      ...requests(1000),
      latency_intended: { count: 1000, max: 900, 'p(99)': 800 },
      start_lag: { count: 1000, 'p(99)': 3 },
    }
    assert.match(
      remarksOf({ load: openLoad }, metrics),
      /Open model: .* 99 % of them at most 3 ms late\. p99 is 99 ms from the actual .* and 800 ms from its intended start\./,
    )
    assert.match(remarksOf({ load: openLoad }), /at their own rate\. p99 is 99 ms .* and – ms/)
  })

  /** Of 1,150 requests of some VUs: that many took 20 s, the others 27 ms. */
  const slow = (count: number, vus = 8) => {
    const { 'http_req_duration{expected_response:true}': _, ...others } = requests(1150)
    const at = (p: number) => (Math.floor((p / 100) * 1149) >= 1150 - count ? 20_000 : 27)
    const grid = Object.fromEntries([50, 90, 99, 99.1, 99.5, 99.9, 99.99].map((p) => [`p(${p})`, at(p)]))
    const trend = { count: 1150, avg: 44, min: 20, med: 27, max: 20_000, ...grid }
    const stages = load.stages.map((stage) => ({ ...stage, vus }))
    return remarksOf({ load: { ...load, stages } }, { ...others, http_req_duration: trend })
  }

  test('a closed model warns of coordinated omission, with an estimate where everybody may have met a stall', () => {
    assert.match(remarksOf({}), /Closed model: .*\(coordinated omission\)\.$/)
    const estimate =
      /If the longest responses \(up to 20,000 ms\) were stalls that everybody met, p99 .* about ([\d,]+) ms instead of 27;/.exec(
        slow(8),
      )?.[1]
    assert.ok(Number(estimate?.replaceAll(',', '')) > 15_000, estimate)
  })

  test('one request of 1,150 that hung was not everybody’s stall: no estimate of 19 s for 27 ms', () => {
    assert.match(slow(1), /\(coordinated omission\)\.$/m)
    assert.match(slow(2), /\(coordinated omission\)\.$/m)
    assert.match(slow(1, 1), /stalls that everybody met/, 'a single VU is everybody')
  })
})

describe('saturation', () => {
  /** Stages of 1, 2 and 4 VUs with those throughputs and mean latencies; iterations take as long as requests. */
  const climbed = (rates: [rate: number, meanMs: number][]) => {
    const source = aClimb(
      'climb',
      rates.map(([rate]) => 10 * rate),
    )
    assert.ok(source.summary.kind === 'summary')
    const { summary } = source.summary
    const meanOf = (tags: Readonly<Record<string, string>>) => rates[Number(tags.stage) - 1]?.[1] ?? 0
    const metrics = summary.metrics.flatMap((metric) => {
      const avg = meanOf(metric.tags)
      if (metric.name !== 'http_req_duration' || avg === 0) return [metric]
      const iterations = {
        name: 'iteration_duration',
        tags: { stage: metric.tags.stage ?? '' },
        values: { avg },
      }
      return [{ ...metric, values: { ...metric.values, avg } }, iterations]
    })
    const { knee, remarks } = runStatistics({
      ...source,
      summary: { kind: 'summary', summary: { ...summary, metrics } },
    })
    return { knee, remarks: remarks.join('\n') }
  }

  test('is at the knee, the stage with the most throughput for its latency', () => {
    const { knee, remarks } = climbed([
      [100, 10],
      [190, 10.5],
      [200, 20],
    ])
    assert.equal(knee, 2)
    assert.doesNotMatch(remarks, /Little/)
  })

  test('is not reached while throughput for its latency grows', () => {
    const { knee } = climbed([
      [100, 10],
      [200, 10],
      [400, 10],
    ])
    assert.equal(knee, 4)
  })

  test('a stage that breaks Little’s law is named, with no claim that it or another was steady', () => {
    const { remarks } = climbed([
      [100, 10],
      [200, 10],
      [200, 10],
    ])
    assert.match(
      remarks,
      /Stage 3 does not fit Little’s law: .* imply 2\.00 requests in flight, but there were 4 VUs\./,
    )
    assert.doesNotMatch(remarks, /Stage [12] |steady/)
  })
})

test('a growing queue is mentioned from 2 % on', () => {
  const half = (med: number) => ({ count: 1000, med, 'p(25)': med - 1, 'p(75)': med + 1 })
  const grown = (ms: number) =>
    remarksOf(
      { load: openLoad },
      { ...requests(1000), 'latency_intended{half:1}': half(50), 'latency_intended{half:2}': half(50 + ms) },
    )
  assert.match(grown(200), /The queue kept growing: requests arrived 4 % faster than they were answered\./)
  assert.doesNotMatch(grown(50), /queue/)
})
