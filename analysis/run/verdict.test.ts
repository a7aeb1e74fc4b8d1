import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aRun, aSummary, fixture, requests, summaryOf } from '../../test/samples.ts'
import { strangeGenerator } from '../formats/generators.ts'
import type { Run } from '../formats/run.ts'
import type { Summary } from '../formats/summary.ts'
import { failureKinds } from './failures.ts'
import { figures } from './figures.ts'
import { judge } from './verdict.ts'

const verdict = (run: Run | null, summary: Summary) =>
  judge(run, { kind: 'summary', summary }, figures(summary, {}, summary.durationMs))
const stage1 = { 'http_reqs{stage:1}': { count: 1000 } }
const good = () => aSummary({ ...requests(1000), ...stage1 })

const second = { stage: '2', vus: 16, offered: null, startMs: 10_000, durationMs: 10_000 }

test('a run that met its SLOs passes', () => {
  assert.deepEqual(verdict(aRun(), good()), { kind: 'pass', reasons: [] })
})

describe('never green', () => {
  const cases: [what: string, Run | null, Summary, RegExp][] = [
    ['zero requests', aRun(), aSummary({ iterations: { count: 0 } }), /^no request was made/],
    [
      'all requests failed',
      aRun(),
      aSummary({ ...requests(500, 500), ...stage1, 'http_reqs{error_code:1212}': { count: 500 } }),
      /^all 500 requests failed \(500 were refused the connection\): nothing was measured$/,
    ],
    [
      'thrown iterations',
      aRun(),
      aSummary({ ...requests(1000), ...stage1, iterations_thrown: { count: 3 } }),
      /^3 of 1,000 iterations threw an exception/,
    ],
    [
      'no iteration finished',
      aRun(),
      aSummary({ ...requests(1000), ...stage1, iterations: { count: 0 } }),
      /^no iteration/,
    ],
    [
      'a stage without requests',
      aRun({ load: { ...aRun().load, stages: [...aRun().load.stages, second] } }),
      aSummary({ ...requests(1000), 'http_reqs{stage:1}': { count: 1000 } }),
      /^stage 2 \(16 VUs\) finished no request$/,
    ],
    [
      'an interruption',
      aRun({ interrupted: true }),
      good(),
      /^interrupted before its planned 10 s were over$/,
    ],
    [
      'a killed k6',
      aRun({
        k6: {
          exitCode: null,
          signal: 'SIGKILL',
          cpuSeconds: null,
          waitedSeconds: null,
          throttled: null,
          machineBusyCores: null,
          maxMemoryMiB: null,
          shortages: [],
          warnings: [],
          outputs: [],
          timeline: null,
        },
      }),
      good(),
      /^k6 was killed by SIGKILL/,
    ],
    [
      'too few requests for the SLO',
      aRun({ slos: [{ figure: 'p99.9', limit: 100 }] }),
      aSummary({ ...requests(999), ...stage1 }),
      /^p99\.9 ≤ 100 ms cannot be judged: p99\.9 needs 1,000 successful requests, and there were 999$/,
    ],
    [
      'a percentile that the summary lacks',
      aRun({ slos: [{ figure: 'p97', limit: 100 }] }),
      good(),
      /^p97 ≤ 100 ms cannot be judged: the summary has no p97$/,
    ],
    ['zero requests of a script without run.json', null, aSummary({}), /^no request was made/],
  ]
  for (const [what, run, summary, reason] of cases) {
    test(what, () => {
      const { kind, reasons } = verdict(run, summary)
      assert.equal(kind, 'invalid')
      assert.equal(reasons.length, 1)
      assert.match(reasons[0] ?? '', reason)
    })
  }

  for (const exitCode of [100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 111, 255, 1, -1]) {
    test(`k6's exit code ${exitCode}`, () => {
      const run = aRun({ k6: { ...aRun().k6, exitCode } })
      const { kind, reasons } = verdict(run, good())
      assert.equal(kind, 'invalid')
      assert.match(reasons[0] ?? '', new RegExp(`^k6 exited with code ${exitCode}\\b`))
    })
  }

  test('a script that called test.fail() failed', () => {
    const { kind, reasons } = verdict(aRun({ k6: { ...aRun().k6, exitCode: 110 } }), good())
    assert.deepEqual([kind, reasons], ['fail', ['the script called test.fail()']])
  })

  test('a missing or torn summary', () => {
    const reading = { kind: 'unreadable', reason: 'k6 did not write one; see k6.log' } as const
    const { kind, reasons } = judge(aRun(), reading, null)
    assert.equal(kind, 'invalid')
    assert.deepEqual(reasons, ['no figures: summary.json: k6 did not write one; see k6.log'])
  })
})

describe('the generator', () => {
  /** A run of 10 s on 4 cores with that use of CPU. */
  const reasons = (use: Partial<Run['k6']>) => verdict(aRun({ k6: { ...aRun().k6, ...use } }), good()).reasons

  test('may use 85 % of its cores', () => {
    assert.deepEqual(reasons({ cpuSeconds: 33.9 }), [])
    assert.deepEqual(reasons({ cpuSeconds: 36 }), [
      'the generator was the bottleneck: k6 used 3.60 of 4 cores',
    ])
  })

  test('may not be throttled by a CPU limit while the machine is idle', () => {
    const throttled = { cpuSeconds: 2, waitedSeconds: 6, machineBusyCores: 1 }
    assert.deepEqual(reasons(throttled), [
      'the generator was the bottleneck: k6 waited for a CPU for 75 % of the time in which it could have run, while 75 % of the machine was idle, so a CPU limit throttles it',
    ])
    assert.deepEqual(reasons({ ...throttled, machineBusyCores: 3.6 }), [], 'the machine was busy')
    assert.deepEqual(reasons({ ...throttled, waitedSeconds: 3 }), [], 'it waited 60 %')
    assert.deepEqual(reasons({ ...throttled, cpuSeconds: 1, waitedSeconds: 2.5 }), [], 'it hardly ran')
    assert.deepEqual(reasons({ ...throttled, machineBusyCores: null }), [])
  })

  test('may be held back by its limit in a tenth of the periods, however busy the machine', () => {
    const busy = { cpuSeconds: 1, waitedSeconds: 9, machineBusyCores: 4 }
    assert.deepEqual(reasons({ ...busy, throttled: 0.61 }), [
      'the generator was the bottleneck: its CPU limit held k6 back in 61 % of the limit’s periods, so it needs a higher one',
    ])
    assert.deepEqual(reasons({ ...busy, throttled: 0.09 }), [])
  })

  test('is each of several on their own nodes, and all together on one machine', () => {
    const several = (node: string | null, ...used: number[]) =>
      verdict(
        aRun({
          k6: { ...aRun().k6, cpuSeconds: used.reduce((a, b) => a + b) },
          merge: { problems: [], notes: [] },
          generators: used.map((cpuSeconds, index) => ({
            ...strangeGenerator(String(index + 1)),
            node,
            cores: 1,
            process: { ...aRun().k6, cpuSeconds },
          })),
        }),
        good(),
      ).reasons
    assert.deepEqual(several('node', 8, 9, 8), [
      'the generator 2 was the bottleneck: k6 used 0.900 of 1 core',
    ])
    assert.deepEqual(several('node', 8, 8, 8, 8, 8), [])
    const waiting = { ...strangeGenerator('1'), node: 'node', cores: 1 }
    const process = { ...aRun().k6, cpuSeconds: 2, waitedSeconds: 6 }
    const throttled = aRun({ merge: { problems: [], notes: [] }, generators: [{ ...waiting, process }] })
    assert.deepEqual(verdict(throttled, good()).reasons, [
      'the generator 1 was the bottleneck: k6 waited for a CPU for 75 % of the time in which it could have run; it needs a higher CPU limit, or a node that is less busy',
    ])
    assert.deepEqual(several(null, 9, 9, 9), [])
    assert.deepEqual(several(null, 18, 18), ['the generator was the bottleneck: k6 used 3.60 of 4 cores'])
  })
})

test('dropped and missing requests are invalid', () => {
  const dropped = aSummary({ ...requests(900), ...stage1, dropped_iterations: { count: 100 } })
  assert.deepEqual(verdict(aRun(), dropped).reasons, [
    'k6 dropped 100 of 1,000 requests because all its VUs (8) were waiting for answers: the target cannot sustain that rate, or there were too few VUs',
  ])
  // At random times they are iterations too.
  const random = aSummary({
    ...requests(900),
    ...stage1,
    iterations: { count: 1000 },
    dropped_iterations: { count: 100 },
  })
  assert.deepEqual(verdict(aRun(), random), verdict(aRun(), dropped))
  const skipped = aSummary({ ...requests(1000), ...stage1, iterations: { count: 1200 } })
  assert.deepEqual(verdict(aRun(), skipped).reasons, ['200 of 1,200 iterations made no request; see k6.log'])
})

describe('SLOs', () => {
  const slo = (figure: string, limit: number, summary = good()) =>
    verdict(aRun({ slos: [{ figure, limit }] }), summary)

  test('an SLO is met at its limit and missed beyond it', () => {
    assert.equal(slo('p95', 95).kind, 'pass')
    assert.deepEqual(slo('p95', 94.9), { kind: 'fail', reasons: ['p95 ≤ 94.9 ms missed: 95 ms'] })
    assert.equal(slo('rate', 100).kind, 'pass')
    assert.deepEqual(slo('rate', 101).reasons, ['rate ≥ 101 requests/s missed: 100/s'])
    assert.equal(slo('mean', 50).kind, 'fail')
    assert.equal(slo('max', 100).kind, 'pass')
  })

  test('a figure named like what every object inherits is one that the summary lacks', () => {
    for (const name of ['constructor', 'toString', '__proto__'])
      assert.match(slo(name, 1).reasons[0] ?? '', new RegExp(`cannot be judged: the summary has no ${name}$`))
  })

  test('errors are judged by their share, and say what they were', () => {
    const summary = aSummary({ ...requests(1000, 20), ...stage1, 'http_reqs{status:503}': { count: 20 } })
    assert.equal(slo('errors', 0.02, summary).kind, 'pass')
    assert.deepEqual(slo('errors', 0.01, summary), {
      kind: 'fail',
      reasons: ['errors ≤ 1 % missed: 2 % (20 were answered 503)'],
    })
  })

  test('missed errors say for which requests they were, most first', () => {
    const ofNames = (failed: Record<string, number>) =>
      aSummary({
        ...requests(500, 52),
        ...stage1,
        ...Object.fromEntries(
          Object.entries(failed).map(([name, passes]) => [
            `http_req_failed{name:${name}}`,
            { passes, fails: 100 },
          ]),
        ),
      })
    assert.deepEqual(slo('errors', 0.01, ofNames({ '/': 0, '/pay': 12, '/checkout': 40 })).reasons, [
      'errors ≤ 1 % missed: 10.4 %; 40 of 52 failed requests were for /checkout, 12 for /pay',
    ])
    assert.deepEqual(slo('errors', 0.01, ofNames({ '/items/{{id}}': 52 })).reasons, [
      'errors ≤ 1 % missed: 10.4 %; 52 of 52 failed requests were for /items/{{id}}',
    ])
  })

  test('an SLO with tags is judged by what has them', () => {
    const summary = aSummary({
      ...requests(1000, 20),
      ...stage1,
      'http_req_failed{name:/}': { passes: 0, fails: 600 },
      'http_req_duration{name:/,expected_response:true}': { count: 600, med: 3, 'p(95)': 9 },
      'http_req_failed{name:/pay,method:POST}': { passes: 20, fails: 380 },
      'http_req_failed{name:/typo}': { passes: 0, fails: 0 },
      'checks{check:paid}': { passes: 98, fails: 2 },
    })
    const tagged = (figure: string, tags: Record<string, string>, limit: number) => {
      const { kind, reasons } = verdict(aRun({ slos: [{ figure, tags, limit }] }), summary)
      return [kind, ...reasons]
    }
    const [root, pay] = [{ name: '/' }, { method: 'POST', name: '/pay' }]
    assert.deepEqual(tagged('p95', root, 9), ['pass'])
    assert.deepEqual(tagged('p95', root, 8), ['fail', 'p95{name:/} ≤ 8 ms missed: 9 ms'])
    assert.deepEqual(tagged('errors', root, 0), ['pass'])
    assert.deepEqual(tagged('rate', root, 60), ['pass'])
    assert.deepEqual(tagged('rate', root, 61), ['fail', 'rate{name:/} ≥ 61 requests/s missed: 60/s'])
    assert.deepEqual(tagged('errors', pay, 0.01), ['fail', 'errors{method:POST,name:/pay} ≤ 1 % missed: 5 %'])
    assert.deepEqual(tagged('rate', { check: 'paid' }, 0.98), ['pass'])
    assert.deepEqual(tagged('rate', { check: 'paid' }, 0.99), [
      'fail',
      'rate{check:paid} ≥ 99 % missed: 98 %',
    ])
    assert.deepEqual(tagged('p99.9', root, 9), [
      'invalid',
      'p99.9{name:/} ≤ 9 ms cannot be judged: p99.9 needs 1,000 successful requests, and there were 600',
    ])
    for (const [figure, tags, what] of [
      ['p95', { name: '/typo' }, 'request with name:/typo'],
      ['rate', { name: '/other' }, 'request with name:/other'],
      ['errors', { name: '/', stage: '1' }, 'request with name:/,stage:1'],
      ['rate', { check: 'shipped' }, 'check with check:shipped'],
    ] as const) {
      const [kind, reason = ''] = tagged(figure, tags, 1)
      assert.equal(kind, 'invalid')
      assert.ok(reason.endsWith(` cannot be judged: the summary has no ${figure} of a ${what}`), reason)
    }
  })

  test('an SLO of a custom metric is judged by what its kind has', () => {
    const summary = aSummary({
      ...requests(1000, 20),
      ...stage1,
      cart_time: { count: 50, avg: 200, max: 410, 'p(95)': 390 },
      paid: { rate: 0.98, passes: 98, fails: 2 },
      orders: { count: 300 },
      stock: { value: 3, min: 1, max: 9 },
    })
    const limited = (figure: string, metric: string, limit: number) => {
      const { kind, reasons } = verdict(aRun({ slos: [{ figure, tags: { metric }, limit }] }), summary)
      return [kind, ...reasons]
    }
    assert.deepEqual(limited('p95', 'cart_time', 390), ['pass'])
    assert.deepEqual(limited('p95', 'cart_time', 300), ['fail', 'p95{metric:cart_time} ≤ 300 missed: 390'])
    assert.deepEqual(limited('mean', 'cart_time', 199), ['fail', 'mean{metric:cart_time} ≤ 199 missed: 200'])
    assert.deepEqual(limited('rate', 'paid', 0.98), ['pass'])
    assert.deepEqual(limited('rate', 'paid', 0.99), ['fail', 'rate{metric:paid} ≥ 0.99 missed: 0.980'])
    assert.deepEqual(limited('errors', 'paid', 0.97), ['fail', 'errors{metric:paid} ≤ 97 % missed: 98 %'])
    // As many a second as of the thousand requests there were 100.
    assert.deepEqual(limited('rate', 'orders', 30), ['pass'])
    assert.deepEqual(limited('rate', 'orders', 31), ['fail', 'rate{metric:orders} ≥ 31 missed: 30'])
    assert.deepEqual(limited('max', 'stock', 8), ['fail', 'max{metric:stock} ≤ 8 missed: 9'])
    assert.deepEqual(limited('p99', 'cart_time', 500), [
      'invalid',
      'p99{metric:cart_time} ≤ 500 cannot be judged: p99 needs 100 values, and there were 50',
    ])
    for (const [figure, metric] of [
      ['p95', 'cart_tmie'],
      ['p95', 'paid'],
      ['rate', 'cart_time'],
      ['errors', 'orders'],
    ] as const)
      assert.match(
        limited(figure, metric, 1).join(),
        new RegExp(`^invalid,.* the summary has no ${figure} of a metric ${metric}$`),
      )
  })

  test('without HTTP requests, a limit of a check or a custom metric that is not there is not held', () => {
    const summary = aSummary({ iterations: { count: 10 }, grpc_req_duration: { count: 10, avg: 3 } })
    for (const slo of [
      { figure: 'p95', tags: { metric: 'cart_tmie' }, limit: 1 },
      { figure: 'rate', tags: { check: 'piad' }, limit: 1 },
    ]) {
      const { kind, reasons } = verdict(aRun({ script: { file: 'a.js', sha256: '' }, slos: [slo] }), summary)
      assert.equal(kind, 'invalid')
      assert.match(reasons.join(), /cannot be judged: the summary has no/)
    }
  })

  test('a crossed threshold of a k6 script fails it', () => {
    const { kind, reasons } = verdict(null, summaryOf(fixture('2.2.0-export.json')))
    assert.equal(kind, 'fail')
    assert.deepEqual(reasons, ['k6 threshold crossed: http_req_duration p(95)<0.001'])
  })
})

test('what the generator ran out of makes a run invalid, with its limit and what to change', () => {
  const short = (...shortages: Run['k6']['shortages']) => {
    return verdict(aRun({ k6: { ...aRun().k6, shortages } }), good())
  }
  assert.deepEqual(short({ what: 'open files', requests: 1234, limit: 256 }), {
    kind: 'invalid',
    reasons: [
      'the generator ran out of open files (it may have 256), so 1,234 requests failed: raise the limit (ulimit -n), or use fewer VUs',
    ],
  })
  assert.match(
    short({ what: 'ports', requests: 1, limit: 28_232 }).reasons[0] ?? '',
    /ran out of ports \(it may have 28,232\), so 1 request failed: keep connections/,
  )
  assert.match(
    short({ what: 'memory', requests: 2, limit: null }).reasons[0] ?? '',
    /ran out of memory, so 2 /,
  )
})

test('failures of other kinds are one number, so that the counts add up; a foreign summary has none', () => {
  const failed = { http_req_failed: { rate: 0.5, passes: 12, fails: 12 } }
  const named = aSummary({ ...failed, 'http_reqs{error_code:1310,expected_response:false}': { count: 5 } })
  assert.deepEqual(failureKinds(named), [
    { count: 5, what: 'met a certificate of an unknown authority' },
    { count: 7, what: 'failed for other reasons (see k6.log)' },
  ])
  const none = aSummary({ ...failed, 'http_reqs{error_code:1310,expected_response:false}': { count: 0 } })
  assert.deepEqual(failureKinds(none), [{ count: 12, what: 'failed for other reasons (see k6.log)' }])
  assert.deepEqual(failureKinds(aSummary(failed)), [])
})

test('why requests failed, most frequent first', () => {
  const summary = aSummary({
    'http_reqs{error_code:1503,expected_response:false}': { count: 2 },
    'http_reqs{error_code:1050,expected_response:false}': { count: 7 },
    'http_reqs{error_code:1500,expected_response:false}': { count: 0 },
    // As older runs tagged it.
    'http_reqs{error_code:1212}': { count: 3 },
    'http_reqs{status:429}': { count: 1 },
    'http_reqs{stage:1}': { count: 9 },
  })
  assert.deepEqual(failureKinds(summary), [
    { count: 7, what: 'timed out' },
    { count: 3, what: 'were refused the connection' },
    { count: 2, what: 'were answered 503' },
    { count: 1, what: 'were answered 429' },
  ])
})
