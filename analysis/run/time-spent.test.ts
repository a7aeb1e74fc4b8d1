import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { aRun, aSummary, fixture, k6Versions, requests, summaryOf } from '../../test/samples.ts'
import { readSource } from '../formats/read.ts'
import { findMetric, parseSummary } from '../formats/summary.ts'
import { runStatistics } from './statistics.ts'
import type { Spent } from './time-spent.ts'

const folder = path.join(import.meta.dirname, '../../test/fixtures')

const spentIn = async (scenario: string) => {
  const reading = await readSource(path.join(folder, 'runs', scenario))
  assert.ok(reading.kind === 'source')
  return runStatistics(reading.source).timeSpent
}

type Values = Record<string, number>
const spentOf = (metrics: Record<string, Values>, run: Parameters<typeof runStatistics>[0]['run'] = null) =>
  runStatistics({ name: 'x', run, summary: { kind: 'summary', summary: aSummary(metrics) } }).timeSpent

const ms = (spent: Spent | null | undefined) =>
  Object.fromEntries(spent?.parts.map(({ name, meanMs }) => [name, Number(meanMs.toFixed(4))]) ?? [])

/** k6's means of phases. */
const phases = (
  blocked: number,
  connecting: number,
  tls: number,
  [sending, waiting, receiving]: number[],
) => ({
  http_req_blocked: { avg: blocked },
  http_req_connecting: { avg: connecting },
  http_req_tls_handshaking: { avg: tls },
  http_req_sending: { avg: sending ?? 0 },
  http_req_waiting: { avg: waiting ?? 0 },
  http_req_receiving: { avg: receiving ?? 0 },
  http_req_duration: { avg: (sending ?? 0) + (waiting ?? 0) + (receiving ?? 0) },
})

describe('of what real k6 wrote, the parts are its own means', () => {
  for (const version of k6Versions)
    for (const shape of ['handle-summary', 'export'])
      test(`${version}, ${shape}`, () => {
        const summary = summaryOf(fixture(`${version}-${shape}.json`))
        const mean = (name: string) => findMetric(summary, `http_req_${name}`)?.values.avg ?? Number.NaN
        const { whole, notes } = runStatistics({
          name: 'x',
          run: null,
          summary: { kind: 'summary', summary },
        }).timeSpent
        assert.deepEqual(notes, [])
        const part = (name: string) => whole?.parts.find((each) => each.name === name)?.meanMs ?? Number.NaN
        for (const name of ['sending', 'waiting', 'receiving', 'connecting'])
          assert.equal(part(name), mean(name))
        assert.equal(part('TLS'), 0, 'http has no TLS, which is known')
        const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-4, `${a} ${b}`)
        close(part('blocked') + part('connecting'), mean('blocked'))
        close(whole?.meanMs ?? 0, mean('blocked') + mean('duration'))
      })
})

test('of a ramp: k6’s means, with the waiting as queue, work and the rest, and each stage', async () => {
  const { whole, stages, iterationMs, perIteration, notes } = await spentIn('ramp')
  // Each of its three stages weighs as its answers: (211 × 0.0722559 + 353 × 0.228564 + 418 × 4.91184) ÷ 982.
  assert.deepEqual(ms(whole), {
    blocked: 0.0418,
    connecting: 0.0834,
    TLS: 0,
    sending: 0.03,
    queue: 2.1885,
    work: 5.7296,
    network: 1.2536,
    receiving: 0.0597,
  })
  assert.deepEqual(stages.map(ms), [
    { queue: 0.0723, work: 5.1067, other: 0.8898 },
    { queue: 0.2286, work: 5.7933, other: 1.2577 },
    { queue: 4.9118, work: 5.9902, other: 1.6446 },
  ])
  assert.deepEqual([iterationMs, perIteration, notes], [9.47514, 1, []])
})

test('what only some kinds of request report is not said of all', async () => {
  const { whole, notes } = await spentIn('mix')
  assert.equal(ms(whole).waiting, 15.9734)
  assert.deepEqual(notes, [
    'Waiting is not split into queue and work: only some kinds of request report them.',
  ])
})

test('where unlike shares of the answers were read, each stage weighs as its answers', () => {
  const stage = { vus: 1, offered: null, durationMs: 5000 }
  const run = aRun({
    load: {
      ...aRun().load,
      stages: [
        { ...stage, stage: '1', startMs: 0 },
        { ...stage, stage: '2', startMs: 5000 },
      ],
    },
  })
  const of = (count: number, queue: number, read: number, name: string) => ({
    [`http_reqs{stage:${name}}`]: { count },
    [`http_req_duration{stage:${name},expected_response:true}`]: { count, avg: queue + 2 },
    [`server_queue{stage:${name}}`]: { count: read, avg: queue },
    [`server_work{stage:${name}}`]: { count: read, avg: 1 },
  })
  const { whole } = spentOf(
    {
      ...requests(10_000),
      ...phases(1, 0, 0, [0, 30, 0]),
      ...of(1000, 10, 1000, '1'),
      ...of(9000, 20, 1000, '2'),
      // Of the 2,000 answers that were read.
      server_queue: { count: 2000, avg: 15 },
      server_work: { count: 2000, avg: 1 },
    },
    run,
  )
  assert.deepEqual(ms(whole).queue, 19)
})

describe('what cannot be trusted is not shown, and the reason is', () => {
  const server = { server_queue: { avg: 3, count: 90 }, server_work: { avg: 4, count: 90 } }
  const whole = phases(1, 0.4, 0.2, [1, 10, 1])
  const cases: [name: string, metrics: Record<string, Values>, note: RegExp][] = [
    [
      'failed requests report neither queue nor work',
      { ...requests(100, 10), ...whole, ...server },
      /failed requests report none, and 10.* % failed/,
    ],
    [
      'more than the waiting',
      { ...requests(100), ...whole, ...server, server_work: { avg: 8, count: 100 } },
      /the workload reports 11 ms, more than the 10.* ms of waiting/,
    ],
  ]
  for (const [name, metrics, note] of cases)
    test(name, () => {
      const { whole, notes } = spentOf(metrics, aRun())
      assert.equal(ms(whole).waiting, 10)
      assert.match(notes.join(), note)
    })

  test('a phase that is missing is unknown, not 0', () => {
    for (const phase of ['blocked', 'sending', 'waiting', 'receiving']) {
      const { [`http_req_${phase}`]: _, ...rest } = { ...requests(100), ...whole } as Record<string, Values>
      const spent = spentOf(rest)
      assert.equal(spent.whole, null)
      assert.deepEqual(spent.notes, [
        `Where the time of a request went is unknown: the summary has no mean of http_req_${phase}.`,
      ])
    }
    const { http_req_connecting: _, ...rest } = { ...requests(100), ...whole }
    assert.deepEqual(ms(spentOf(rest).whole), { blocked: 1, sending: 1, waiting: 10, receiving: 1 })
  })

  test('phases that are not the request duration', () => {
    const { whole: none, notes } = spentOf({ ...requests(100), ...whole, http_req_duration: { avg: 20 } })
    assert.equal(none, null)
    assert.match(notes.join(), /sending, waiting and receiving are 12 ms together, but .* is 20 ms/)
  })

  test('connecting beyond the wait for a connection: k6 took another that became free', () => {
    const parts = ms(spentOf({ ...requests(100), ...phases(1, 3, 0, [1, 10, 1]) }).whole)
    assert.deepEqual(parts, { blocked: 1, sending: 1, waiting: 10, receiving: 1 })
  })

  test('other people’s summaries, of HTTP or not', () => {
    for (const name of ['foreign/errors-99', 'foreign/old-k6-no-http_req_failed', 'foreign/bom']) {
      const summary = parseSummary(readFileSync(path.join(folder, `${name}.json`), 'utf8'))
      const { whole, notes } = runStatistics({ name, run: null, summary }).timeSpent
      assert.equal(whole, null)
      assert.match(notes.join(), /no mean of http_req_blocked, http_req_sending, http_req_waiting/)
    }
    for (const name of ['foreign/grpc-threshold-crossed', 'scripts/2.2.0-rpc', 'scripts/2.2.0-socket']) {
      const summary = parseSummary(readFileSync(path.join(folder, `${name}.json`), 'utf8'))
      const { whole, notes } = runStatistics({ name, run: null, summary }).timeSpent
      assert.deepEqual([whole, notes], [null, []])
    }
  })

  test('a Trend called server_queue in somebody’s own script is theirs', () => {
    const script = { file: 'x.js', sha256: '0'.repeat(64) }
    assert.equal(ms(spentOf({ ...requests(100), ...whole, ...server }, aRun({ script })).whole).waiting, 10)
  })
})

test('by name, where all phases are there by name', () => {
  const named = Object.fromEntries(
    Object.entries(phases(1, 0, 0, [0, 5, 1])).map(([name, values]) => [`${name}{name:pay}`, values]),
  )
  const { names } = spentOf({
    ...requests(100),
    ...phases(1, 0, 0, [0, 10, 1]),
    ...named,
    'http_req_waiting{name:list}': { avg: 3 },
  })
  assert.deepEqual(
    names.map(({ tags, meanMs }) => [tags, meanMs]),
    [[{ name: 'pay' }, 7]],
  )
})

test('shares of any means add up to 1, and the means to the whole', () => {
  const mean = fc.double({ min: 0, max: 1e5, noNaN: true })
  fc.assert(
    fc.property(fc.array(mean, { minLength: 8, maxLength: 8 }), (means) => {
      const [
        blocked = 0,
        connecting = 0,
        tls = 0,
        sending = 0,
        waiting = 0,
        receiving = 0,
        queue = 0,
        work = 0,
      ] = means
      const { whole } = spentOf(
        {
          ...requests(100),
          ...phases(blocked, connecting, tls, [sending, waiting, receiving]),
          server_queue: { avg: queue, count: 100 },
          server_work: { avg: work, count: 100 },
        },
        aRun(),
      )
      const all = blocked + sending + waiting + receiving
      if (!whole) return all === 0
      const sum = whole.parts.reduce((total, { share }) => total + share, 0)
      return (
        Math.abs(sum - 1) < 1e-9 &&
        Math.abs(whole.meanMs - all) <= 1e-3 + 1e-9 * all &&
        whole.parts.every(({ share }) => share >= 0 && share <= 1 + 1e-12)
      )
    }),
    // A rest of the waiting that was negative, by rounding.
    { examples: [[[0, 0, 0, 0, 99999.99999999975, 0, 99999.99999999975, 2.47033e-319]]] },
  )
})
