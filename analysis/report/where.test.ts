import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { aRun, aSummary, requests } from '../../test/samples.ts'
import { readSource } from '../formats/read.ts'
import { parseSummary, type Summary } from '../formats/summary.ts'
import { runStatistics } from '../run/statistics.ts'
import { statistics } from '../runs/statistics.ts'
import type { Block, Plot } from './blocks.ts'
import { modelOf } from './model.ts'
import { whereBlocks } from './where.ts'

const fixtures = path.join(import.meta.dirname, '../../test/fixtures')

const plotIn = (blocks: readonly Block[], name: string): Plot | undefined =>
  blocks.find((block): block is Plot & Block => block.kind === 'plot' && block.name === name)
const lines = (blocks: readonly Block[]) =>
  blocks.flatMap((block) => (block.kind === 'list' ? block.lines : []))

const blocksOf = (summary: Summary, run: Parameters<typeof runStatistics>[0]['run'] = null) =>
  whereBlocks(runStatistics({ name: 'x', run, summary: { kind: 'summary', summary } }))

const ofScenario = async (scenario: string) => {
  const reading = await readSource(path.join(fixtures, 'runs', scenario))
  assert.ok(reading.kind === 'source')
  return whereBlocks(runStatistics(reading.source))
}

test('the bar begins with its sentence, and what the latency leaves out is said', async () => {
  const blocks = await ofScenario('ramp')
  const phases = plotIn(blocks, 'phases')
  assert.equal(
    phases?.finding,
    '98 % of a request is waiting for the first byte; of the waiting, 24 % was the queue',
  )
  // 9.2614 is k6's mean of http_req_duration, 0.125191 of http_req_blocked.
  assert.match(phases?.svg ?? '', /latency 9.26 ms/)
  assert.deepEqual(lines(blocks), [
    'A request took 9.39 ms in the mean, and 9.26 ms of that is its latency (sending, waiting, receiving), which all other figures are of. An iteration took 9.48 ms.',
  ])
  assert.equal(plotIn(blocks, 'inside')?.finding, 'At 4 VUs 39 % of the latency is the queue, at 1 VU 1 %')
})

test('a new connection for each iteration is named where connecting takes time', () => {
  const metrics = {
    ...requests(100),
    http_req_blocked: { avg: 5 },
    http_req_connecting: { avg: 4 },
    http_req_tls_handshaking: { avg: 0 },
    http_req_sending: { avg: 1 },
    http_req_waiting: { avg: 92 },
    http_req_receiving: { avg: 2 },
  }
  assert.equal(
    plotIn(blocksOf(aSummary(metrics), aRun()), 'phases')?.finding,
    '92 % of a request is waiting for the first byte; 4 % is connecting (a new connection per iteration)',
  )
  const kept = aRun({ load: { ...aRun().load, connections: 'kept' } })
  assert.match(plotIn(blocksOf(aSummary(metrics), kept), 'phases')?.finding ?? '', /4 % is connecting$/)
})

test('without a phase there is no bar but a sentence, and without HTTP neither', () => {
  const blocks = blocksOf(aSummary(requests(100)))
  assert.equal(plotIn(blocks, 'phases'), undefined)
  assert.match(lines(blocks).join(), /unknown: the summary has no mean of http_req_blocked/)
  const rpc = parseSummary(readFileSync(path.join(fixtures, 'scripts/2.2.0-rpc.json'), 'utf8'))
  assert.ok(rpc.kind === 'summary')
  assert.deepEqual(blocksOf(rpc.summary), [])
})

const named = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      [`http_reqs{name:/${index}}`, { count: 100 }],
      [`http_req_failed{name:/${index}}`, { passes: index === 31 ? 8 : 0, fails: 92 }],
      [`http_req_duration{name:/${index}}`, { avg: 1, med: index + 1, 'p(95)': 10 * (index + 1), max: 999 }],
    ]).flat(1) as [string, Record<string, number>][],
  )

test('request names: the slowest twenty by p95, with their share and errors, the limit, and how many are left', () => {
  const slos = [
    { figure: 'p95', limit: 250 },
    { figure: 'p95', limit: 9, tags: { name: '/1' } },
  ]
  const summary = aSummary({ ...requests(3200), ...named(32) })
  const plot = plotIn(blocksOf(summary, aRun({ slos, script: { file: 'x.js', sha256: '0' } })), 'names')
  assert.equal(plot?.finding, '/31 is slowest: p95 320 ms, 3.13 % of requests, 8 % errors')
  assert.match(plot?.title ?? '', /… 12 more in the table/)
  assert.match(plot?.svg ?? '', />\/12</)
  assert.match(plot?.svg ?? '', />p95 130 ms, 3.13 % of requests</)
  assert.doesNotMatch(plot?.svg ?? '', />\/11</)
  assert.match(plot?.svg ?? '', /SLO p95 250 ms/)
  assert.doesNotMatch(plot?.svg ?? '', /SLO p95 9 ms/, 'a limit of one name is none of all')
  assert.equal(plotIn(blocksOf(aSummary({ ...requests(100), ...named(1) })), 'names'), undefined)
})

test('reasons of failure as bars, from two on', () => {
  const failing = (codes: Record<string, number>) =>
    aSummary({
      ...requests(1000, 100),
      ...Object.fromEntries(
        Object.entries(codes).map(([code, count]) => [`http_reqs{error_code:${code}}`, { count }]),
      ),
    })
  const plot = plotIn(blocksOf(failing({ 1212: 61, 1050: 39 })), 'failures')
  assert.equal(plot?.finding, '61 % of 100 failed requests were refused the connection')
  assert.match(plot?.svg ?? '', /39 timed out/)
  assert.equal(plotIn(blocksOf(failing({ 1212: 100 })), 'failures'), undefined)
})

test('a page of several runs has the tables but not the plots of each', async () => {
  const sources = await Promise.all(
    ['ramp', 'arrival'].map(async (name) => {
      const reading = await readSource(path.join(fixtures, 'runs', name))
      assert.ok(reading.kind === 'source')
      return reading.source
    }),
  )
  const details = modelOf(statistics(sources)).blocks.flatMap((block) =>
    block.kind === 'details' ? block.blocks : [],
  )
  assert.ok(details.some((block) => block.kind === 'table' && block.name.startsWith('Where the time')))
  assert.ok(details.every(({ kind }) => kind !== 'plot'))
})
