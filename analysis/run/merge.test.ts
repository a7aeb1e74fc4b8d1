import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { summaryTrendStats } from '../../scenarios/lib/percentiles.ts'
import { aRun, aSummary, fixture, k6Versions, requests, summaryOf, summaryText } from '../../test/samples.ts'
import { formatSummary } from '../formats/format-summary.ts'
import { generatorFolder, strangeGenerator } from '../formats/generators.ts'
import { findMetric, percentileAt, type Summary } from '../formats/summary.ts'
import { percentile } from '../numbers/distribution.ts'
import { normalFrom, randomFrom } from '../numbers/random.ts'
import { type GeneratorPart, mergeSummaries } from './merge.ts'
import { segmentProblems } from './merge-problems.ts'
import { mergedMetrics } from './merged-metrics.ts'

const part = (name: string, summary: Summary, changes: Partial<GeneratorPart> = {}): GeneratorPart => ({
  generator: strangeGenerator(name),
  summary: { kind: 'summary', summary },
  timeline: null,
  ...changes,
})

function merged(...parts: GeneratorPart[]): Summary {
  const { summary, problems } = mergeSummaries(parts)
  assert.deepEqual(problems, [])
  assert.ok(summary, 'merged')
  return summary
}

function type7(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1)
  const [low, high] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number]
  return low + (high - low) * (at - Math.floor(at))
}

/** What k6 says of those latencies, with the percentiles that our scripts ask for, or its own default. */
function valuesOf(latencies: readonly number[], stats = summaryTrendStats()): Record<string, number> {
  const sorted = [...latencies].sort((a, b) => a - b)
  return Object.fromEntries(
    stats.map((name) => {
      if (name === 'count') return [name, sorted.length]
      if (name === 'avg') return [name, sorted.reduce((a, b) => a + b, 0) / sorted.length]
      const p = { min: 0, med: 50, max: 100 }[name] ?? Number(name.slice(2, -1))
      return [name, type7(sorted, p / 100)]
    }),
  )
}
const usual = ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)']
const ofLatencies = (latencies: readonly number[], stats?: string[]): Summary =>
  aSummary({
    http_reqs: { count: latencies.length, rate: latencies.length / 10 },
    http_req_duration: valuesOf(latencies, stats),
  })

test('counts are summed, and rates are over the longest duration', () => {
  const summary = merged(
    part('a', aSummary(requests(100, 1), 10)),
    part('b', aSummary(requests(300, 5), 10.2)),
  )
  assert.deepEqual(findMetric(summary, 'http_reqs')?.values, { count: 400, rate: 400 / 10.2 })
  assert.deepEqual(findMetric(summary, 'http_req_failed')?.values, { passes: 6, fails: 394, rate: 6 / 400 })
  assert.equal(summary.durationMs, 10_200)
})

test('of gauges, VUs are summed; of others the least and greatest value are known', () => {
  const of = (vus: number, temperature: number) =>
    aSummary({
      vus: { value: vus, min: 1, max: vus },
      temperature: { value: temperature, min: temperature - 1, max: temperature },
    })
  const summary = merged(part('a', of(5, 20)), part('b', of(6, 30)))
  assert.deepEqual(findMetric(summary, 'vus')?.values, { value: 11, min: 2, max: 11 })
  assert.deepEqual(findMetric(summary, 'temperature')?.values, { min: 19, max: 30 })
})

test('trends are those of all values: counts, means and ends exactly, percentiles within their bounds', () => {
  const latency = fc.double({ min: 0.1, max: 5000, noNaN: true })
  fc.assert(
    fc.property(
      fc.array(fc.array(latency, { minLength: 1, maxLength: 80 }), { minLength: 1, maxLength: 4 }),
      (parts) => {
        const summaries = parts.map((each) => ofLatencies(each))
        const { metrics, trends } = mergedMetrics(summaries, 10_000)
        const all = parts.flat().sort((a, b) => a - b)
        const metric = metrics.find(({ name }) => name === 'http_req_duration')
        const trend = trends.get('http_req_duration')
        assert.ok(metric && trend, 'merged')
        const { count, min, max, avg = 0 } = metric.values
        assert.deepEqual([count, min, max], [all.length, all[0], all.at(-1)])
        assert.ok(Math.abs(avg / (all.reduce((a, b) => a + b, 0) / all.length) - 1) < 1e-9, `${avg}`)
        for (const p of [1, 50, 90, 95, 99, 99.5, 99.9]) {
          const { least, most } = percentile(trend.of, p)
          const [raw, given] = [type7(all, p / 100), percentileAt(metric, p) ?? Number.NaN]
          assert.ok(raw >= least - 1e-3 && raw <= most + 1e-3, `${raw} in ${least} to ${most}`)
          assert.ok(given >= least && given <= most, `${given} in ${least} to ${most}`)
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('of many requests, merged percentiles are close to those of all', () => {
  const random = randomFrom(1)
  // One of the three is in another zone.
  const parts = [20, 20, 26].map((ms) =>
    Array.from({ length: 20_000 }, () => ms * Math.exp(0.6 * normalFrom(random))),
  )
  const summary = merged(...parts.map((each, index) => part(String(index), ofLatencies(each))))
  const metric = findMetric(summary, 'http_req_duration')
  const all = parts.flat().sort((a, b) => a - b)
  for (const [p, within] of [
    [50, 0.002],
    [90, 0.002],
    [95, 0.002],
    [99, 0.002],
    [99.9, 0.01],
  ] as const) {
    const off = (metric && percentileAt(metric, p)) ?? Number.NaN
    assert.ok(Math.abs(off / type7(all, p / 100) - 1) <= within, `p${p}: ${off}`)
  }
})

test('a trend without samples has none, and what one part could not say is left out', () => {
  const empty = { http_req_duration: { ...valuesOf([1]), count: 0, avg: 0, min: 0, max: 0 } }
  const none = mergeSummaries([part('a', aSummary(empty, 10)), part('b', aSummary(empty, 10.5))])
  assert.deepEqual([none.summary?.metrics[0]?.values.count, none.notes], [0, []])
  const own = { cart: { count: 5, rate: 1 }, http_reqs: { count: 9, rate: 1 } }
  const { summary, notes } = mergeSummaries([
    part('a', { ...aSummary({ http_reqs: own.http_reqs }), odd: ['cart'] }),
    part('b', aSummary(own, 11)),
  ])
  assert.deepEqual(
    summary?.metrics.map(({ name }) => name),
    ['http_reqs'],
  )
  assert.match(notes.join(), /^not merged, or only in part: cart/)
})

test('percentiles of summaries that have few are left out, unless their bounds are narrow', () => {
  const spread = Array.from({ length: 300 }, (_, index) => 10 * 1.01 ** index)
  const { summary, notes } = mergeSummaries([
    part('a', ofLatencies(spread, usual)),
    part(
      'b',
      ofLatencies(
        spread.map((each) => 3 * each),
        usual,
      ),
    ),
  ])
  const metric = summary && findMetric(summary, 'http_req_duration')
  assert.deepEqual(Object.keys(metric?.values ?? {}).sort(), ['avg', 'count', 'max', 'min'])
  assert.match(notes.join('; '), /p95 from [\d.,]+ to [\d.,]+.*too few percentiles/)
  const even = merged(
    part('a', ofLatencies([5, 5, 5, 5], usual)),
    part('b', ofLatencies([5, 5.1, 5, 5], usual)),
  )
  assert.equal(findMetric(even, 'http_req_duration')?.values.med, 5)
})

describe('thresholds', () => {
  const withThresholds = (latencies: readonly number[], expressions: readonly string[], stats?: string[]) => {
    const text = JSON.parse(
      summaryText({
        http_reqs: { count: latencies.length, rate: 1 },
        http_req_duration: valuesOf(latencies, stats),
        checks: { passes: latencies.length - 1, fails: 1, rate: 0.9 },
      }),
    )
    const of = (metric: string) => (text.metrics[metric].thresholds ??= {})
    for (const each of expressions) {
      const [metric = '', expression = ''] = each.split(': ')
      // What a part says of itself must not count.
      of(metric)[expression] = { ok: !each.endsWith(' ') }
    }
    return summaryOf(JSON.stringify(text))
  }
  const [fast, slow] = [Array(100).fill(10), Array(100).fill(200)] as [number[], number[]]
  test('are judged on the whole: what a part said of its share does not count', () => {
    for (const [expression, passed] of [
      ['http_req_duration: p(95)<150', false],
      ['http_req_duration: p(95) <= 200', true],
      ['http_req_duration: p(25)<150', true],
      ['http_req_duration: p(99.9)>=200', true],
      ['http_req_duration: med<11', false],
      ['http_req_duration: avg<105', false],
      ['http_req_duration: avg<=105', true],
      ['http_req_duration: avg==105', true],
      ['http_req_duration: avg===105', true],
      ['http_req_duration: avg!=105', false],
      ['http_req_duration: max<200.5', true],
      ['http_req_duration: min>10', false],
      ['http_reqs: count>150', true],
      ['http_reqs: rate>=20', true],
      ['http_reqs: rate>20', false],
      ['checks: rate>=0.99', true],
      ['checks: rate>0.99', false],
    ] as const) {
      const [one, other] = [fast, slow].map((each) => withThresholds(each, [expression]))
      const { thresholds } = merged(part('a', one as Summary), part('b', other as Summary))
      assert.deepEqual(
        thresholds.map((each) => each.passed),
        [passed],
        expression,
      )
      assert.deepEqual(
        summaryOf(formatSummary(merged(part('a', one as Summary), part('b', other as Summary)))).thresholds,
        thresholds,
      )
    }
  })

  test('that the bounds do not decide make the run invalid', () => {
    const latencies = Array.from({ length: 100 }, (_, index) => index + 1)
    const judged = (expression: string) => {
      const of = (factor: number) =>
        withThresholds(
          latencies.map((each) => each * factor),
          [expression],
          usual,
        )
      return mergeSummaries([part('a', of(1)), part('b', of(3))])
    }
    const wide = judged('http_req_duration: p(95)<240')
    assert.match(wide.problems.join(), /threshold http_req_duration p\(95\)<240 cannot be judged/)
    assert.deepEqual(
      judged('http_req_duration: p(95)<400').summary?.thresholds.map(({ passed }) => passed),
      [true],
    )
    assert.deepEqual(
      judged('http_req_duration: p(95)<20').summary?.thresholds.map(({ passed }) => passed),
      [false],
    )
  })
})

test('groups and checks are merged by their path, and what is written is read again', () => {
  const of = (passes: number) => ({
    ...ofLatencies([1, passes]),
    groups: ['::shop', '::shop::pay', '::other'],
    checks: [
      { name: 'ok', group: '', passes, fails: 1 },
      { name: 'ok', group: '::shop::pay', passes, fails: 0 },
    ],
  })
  const summary = merged(part('a', of(3)), part('b', of(5)))
  assert.deepEqual(
    summary.checks.map(({ passes, fails }) => [passes, fails]),
    [
      [8, 2],
      [8, 0],
    ],
  )
  assert.deepEqual(summaryOf(formatSummary(summary)), summary)
})

test('every shape of summary is merged', () => {
  const shapes = [
    ...k6Versions.flatMap((version) => [`${version}-handle-summary.json`, `${version}-export.json`]),
    '2.2.0-machine-readable.json',
  ]
  for (const shape of shapes) {
    const one = summaryOf(fixture(shape))
    const other = { ...one, durationMs: 60 }
    const { summary } = mergeSummaries([part('a', one), part('b', other)])
    assert.ok(summary, shape)
    assert.equal(findMetric(summary, 'http_reqs')?.values.count, 80, shape)
    assert.equal(
      findMetric(summary, 'checks')?.values.passes,
      2 * (findMetric(one, 'checks')?.values.passes ?? 0),
    )
    // Both have the same distribution, whose ends are known.
    const [before, after] = [one, summary].map((each) => findMetric(each, 'http_req_duration')?.values)
    assert.deepEqual([after?.min, after?.max], [before?.min, before?.max], shape)
    assert.ok(Math.abs((after?.avg ?? 0) - (before?.avg ?? 0)) < 1e-9, shape)
    assert.deepEqual(
      summary.thresholds.map(({ passed }) => passed),
      one.thresholds.map(({ passed }) => passed),
      shape,
    )
  }
})

describe('a part makes the run invalid', () => {
  const whole = (name: string, count = 100) => part(name, aSummary(requests(count), 60))
  const problemsOf = (...parts: GeneratorPart[]) =>
    mergeSummaries([whole('a'), whole('b', 101), ...parts]).problems
  test('that is missing', () => {
    const { summary, problems } = mergeSummaries([
      whole('a'),
      { ...whole('c'), summary: { kind: 'unreadable', reason: 'the file is empty' } },
    ])
    assert.deepEqual(problems, ['generator c left no figures: the file is empty'])
    assert.equal(summary && findMetric(summary, 'http_reqs')?.values.count, 100)
  })
  test('that ran for less time', () => {
    assert.deepEqual(problemsOf(part('c', aSummary(requests(90), 41))), [
      'generator c ran for 41 s of 60 s; was it interrupted?',
    ])
    assert.deepEqual(problemsOf(part('c', aSummary(requests(90), 58))), [])
  })
  test('that was killed', () => {
    const process = {
      ...{ exitCode: null, signal: 'SIGKILL', cpuSeconds: 1, waitedSeconds: 0, machineBusyCores: null },
      ...{ throttled: null, maxMemoryMiB: 1, shortages: [], warnings: [] },
    }
    const killed = { ...whole('c', 90), generator: { ...strangeGenerator('c'), process } }
    assert.match(problemsOf(killed).join(), /^generator c: k6 was killed by SIGKILL/)
  })
  test('of another k6, script or set of thresholds', () => {
    const of = (name: string, k6: string, script: string, count: number): GeneratorPart => ({
      ...whole(name, count),
      generator: { ...strangeGenerator(name), k6 },
      script,
    })
    const { problems } = mergeSummaries([
      of('a', '2.2.0', 'x', 90),
      of('b', '2.1.0', 'x', 91),
      of('c', '2.2.0', 'y', 92),
    ])
    assert.deepEqual(problems, [
      'generator b ran k6 2.1.0, others k6 2.2.0',
      'generator c had another script, load or target than the others',
    ])
    const judged = {
      ...aSummary(requests(90), 60),
      thresholds: [{ metric: 'checks', expression: 'rate>1', passed: true }],
    }
    assert.deepEqual(problemsOf(part('c', judged)), [
      'generator c had another set of thresholds than the others',
    ])
  })
  test('that ran at another time', () => {
    const of = (name: string, startedAt: string, count: number): GeneratorPart => ({
      ...whole(name, count),
      generator: { ...strangeGenerator(name), startedAt },
    })
    const late = (second: string) =>
      mergeSummaries([of('a', '2026-01-01T00:00:00Z', 1), of('b', second, 2)]).problems
    assert.deepEqual(late('2026-01-01T00:00:05Z'), [])
    assert.deepEqual(late('2026-01-01T00:01:00Z'), [
      'generator b started 60 s after the first, of a load of 60 s',
    ])
  })
  test('that was given twice', () => {
    assert.deepEqual(problemsOf(whole('c')), ['generators a and c have the same result, counted twice'])
  })
})

test('a part that ended by itself was done, one that was killed was cut short', () => {
  const stages = [{ stage: 'a', vus: 2, offered: null, startMs: 0, durationMs: 20_000 }]
  const problems = (exitCode: number) => {
    const process = { ...aRun().k6, exitCode }
    const early = part('2', aSummary(requests(10), 2))
    return mergeSummaries(
      [part('1', aSummary(requests(100), 20)), { ...early, generator: { ...early.generator, process } }],
      stages,
    ).problems
  }
  assert.deepEqual(problems(0), [])
  assert.match(problems(105).join('; '), /generator 2 ran for 2 s of 20 s; was it interrupted\?/)
})

test('what is missing of a load is said, by its segments', () => {
  const of = (...segments: string[]) =>
    segmentProblems(segments.map((segment, index) => ({ name: String(index), segment })))
  assert.deepEqual(of('0:1/3', '1/3:2/3', '2/3:1'), [])
  assert.deepEqual(of('25%', '25%:0.5', '1/2:1'), [])
  assert.match(of('0:1/3', '2/3:1').join(), /no generator made the part 0\.33.* to 0\.66.* of the load/)
  assert.match(of('0:1/2', '0:1/2').join('; '), /both made.*; no generator made the part 0\.500 to 1/)
  assert.equal(generatorFolder('2'), 'generators/2')
})

test('a value by the name of a method is only a value', () => {
  const summary = summaryOf('{"metrics":{"http_reqs":{"rate":100,"toString":2000}}}')
  const { problems } = mergeSummaries([part('a', summary), part('b', summary)])
  assert.match(problems.join(), /have the same result, counted twice/)
})
