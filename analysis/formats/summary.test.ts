import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { fixture, k6Versions, summaryOf } from '../../test/samples.ts'
import { findMetric, parseSummary, percentileAt, percentiles } from './summary.ts'

describe('what real k6 wrote', () => {
  for (const version of k6Versions) {
    test(`handleSummary of ${version}`, () => {
      const summary = summaryOf(fixture(`${version}-handle-summary.json`))
      assert.equal(summary.shape, 'handleSummary')
      assert.ok((summary.durationMs ?? 0) > 0)
      assert.equal(findMetric(summary, 'http_reqs')?.values.count, 40)
      const all = findMetric(summary, 'http_req_duration')?.values
      const successful = findMetric(summary, 'http_req_duration', { expected_response: 'true' })?.values
      assert.ok(all?.avg && successful?.avg && all.avg !== successful.avg)
    })

    test(`--summary-export of ${version}`, () => {
      const summary = summaryOf(fixture(`${version}-export.json`))
      assert.equal(summary.shape, 'export')
      assert.equal(summary.durationMs, null)
      assert.equal(findMetric(summary, 'http_reqs')?.values.count, 40)
    })

    for (const shape of ['handle-summary', 'export']) {
      test(`the thresholds of ${version} ${shape}: one held, one was crossed`, () => {
        const { thresholds } = summaryOf(fixture(`${version}-${shape}.json`))
        const passed = Object.fromEntries(thresholds.map((each) => [each.expression, each.passed]))
        assert.deepEqual(passed, { 'p(95)<5000': true, 'p(95)<0.001': false, 'rate<0.5': true })
      })

      test(`a ${version} ${shape} that was cut short is not read`, () => {
        const text = fixture(`${version}-${shape}.json`).trimEnd()
        fc.assert(
          fc.property(fc.integer({ min: 0, max: text.length - 1 }), (length) => {
            const reading = parseSummary(text.slice(0, length))
            assert.equal(reading.kind, 'unreadable')
            assert.match(
              (reading as { reason: string }).reason,
              /^(the file is empty|not valid JSON \(.*\)); was .*(killed|cut short)\?$/,
            )
          }),
        )
      })
    }
  }

  test('the machine-readable format has counts, rates and two percentiles', () => {
    const summary = summaryOf(fixture('2.2.0-machine-readable.json'))
    assert.deepEqual(
      [summary.shape, summary.durationMs, summary.thresholds],
      ['machine-readable', 56.114649, []],
    )
    assert.deepEqual(findMetric(summary, 'http_reqs')?.values, { count: 40, rate: 40 / 0.056114649 })
    assert.deepEqual(findMetric(summary, 'http_req_failed')?.values, { rate: 0.075, passes: 3, fails: 37 })
    assert.deepEqual(findMetric(summary, 'checks')?.values, { rate: 0.925, passes: 37, fails: 3 })
    const duration = findMetric(summary, 'http_req_duration', { expected_response: 'true' })
    assert.ok(duration && percentileAt(duration, 95) === 4.611516999999994)
    assert.deepEqual(summary.checks, [{ name: 'status is 200', group: '', passes: 37, fails: 3 }])
  })

  test('a damaged machine-readable summary is refused, or its odd metric named', () => {
    const of = (results: unknown) => parseSummary(JSON.stringify({ metadata: {}, results }))
    assert.match(JSON.stringify(of({})), /not a k6 summary \(results → metrics: /)
    assert.match(JSON.stringify(of(7)), /not a k6 summary \(results: /)
    const good = { name: 'iterations', type: 'counter', values: { count: 3 } }
    const odd = of({ metrics: [good, { name: 'own', values: 7 }] })
    assert.deepEqual(odd.kind === 'summary' && odd.summary.odd, ['own'])
    assert.equal(of({ metrics: [good, { name: 'http_reqs', values: [] }] }).kind, 'unreadable')
  })
})

test('any JSON is read or refused with a reason', () => {
  const metrics = fc.dictionary(
    fc.string(),
    fc.dictionary(fc.string(), fc.oneof(fc.double(), fc.jsonValue())),
  )
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.record({ metrics })), (value) => {
      const reading = parseSummary(JSON.stringify(value) ?? '')
      assert.ok(reading.kind === 'summary' || reading.reason.length > 0)
    }),
  )
})

test('a metric is found by exactly its tags, in any order, and values may hold colons', () => {
  const summary = summaryOf(
    JSON.stringify({
      metrics: {
        http_reqs: { count: 1 },
        'http_reqs{stage:1}': { count: 2 },
        'http_reqs{stage:1, expected_response:true}': { count: 3 },
        'http_reqs{url:http://127.0.0.1:80/}': { count: 4 },
      },
    }),
  )
  const count = (tags?: Record<string, string>) => findMetric(summary, 'http_reqs', tags)?.values.count
  assert.equal(count(), 1)
  assert.equal(count({ stage: '1' }), 2)
  assert.equal(count({ expected_response: 'true', stage: '1' }), 3)
  assert.equal(count({ url: 'http://127.0.0.1:80/' }), 4)
  assert.equal(count({ stage: '2' }), undefined)
})

test('percentiles come in order, with min, median and max among them', () => {
  const values = { 'p(99.9)': 9, max: 10, min: 1, med: 5, avg: 4, count: 3, 'p(95)': 8 }
  assert.deepEqual(percentiles({ name: 'x', tags: {}, values }), [
    [0, 1],
    [50, 5],
    [95, 8],
    [99.9, 9],
    [100, 10],
  ])
})

test('names that every object inherits are names like any other', () => {
  const text = (name: string, more = '') =>
    `{"metrics":{"http_reqs":{"values":{"count":3}},"${name}":{"values":{"count":1,"${name}":2}${more}},"x{${name}:${name}}":{"values":{"rate":1}}}}`
  for (const name of ['constructor', 'toString', 'hasOwnProperty', '__proto__']) {
    const summary = summaryOf(text(name))
    assert.equal(findMetric(summary, 'x', { [name]: name })?.values.rate, 1)
    assert.equal(findMetric(summary, 'http_reqs', {})?.values.count, 3)
    const judged = parseSummary(text(name, ',"thresholds":{"count<1":{"ok":false}}'))
    if (judged.kind === 'unreadable')
      assert.match(judged.reason, /^a metric with thresholds is called __proto__/)
    else assert.equal(judged.summary.thresholds[0]?.passed, false)
  }
})
