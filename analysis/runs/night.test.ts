import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aRun, aSummary, requests } from '../../test/samples.ts'
import { strangeGenerator } from '../formats/generators.ts'
import { Night } from '../formats/night.ts'
import type { Run } from '../formats/run.ts'
import { type RunStatistics, runStatistics } from '../run/statistics.ts'
import { entryVerdicts, nightOf } from './night.ts'

const of = (changes: Partial<Run> = {}, count = 1000, failed = 0) =>
  runStatistics({
    name: 'x',
    run: aRun(changes),
    summary: { kind: 'summary', summary: aSummary(requests(count, failed)) },
  })
const about = { id: 'night-1', startedAt: '2026-01-02T03:04:05.000Z', commit: 'abc', labels: {}, planned: 4 }

describe('a night', () => {
  test('holds one value per valid run, and counts the invalid ones', () => {
    const night = nightOf([of({}, 1000), of({}, 1100), of({ interrupted: true })], about)
    assert.deepEqual(Night.parse(night), night)
    assert.deepEqual(night.runs, { valid: 2, invalid: 1, planned: 4 })
    const rate = night.measured.find(({ metric }) => metric === 'rate')
    assert.deepEqual(rate, {
      scenario: 'constant',
      replicas: null,
      load: 'GET /work?ms=5, 8 VUs for 10 s, connections one per iteration',
      metric: 'rate',
      unit: 'requests/s',
      better: 'higher',
      values: [100, 110],
    })
  })

  test('keeps scenarios, numbers of replicas and loads separate', () => {
    const { load, target } = aRun()
    const { measured } = nightOf(
      [
        of(),
        of({ scenario: 'ramp' }),
        of({ target: { ...target, replicas: 2 } }),
        of({ load: { ...load, connections: 'kept' } }),
      ],
      about,
    )
    const rates = measured.filter(({ metric }) => metric === 'rate')
    assert.deepEqual(
      rates.map(({ scenario, replicas, values }) => [scenario, replicas, values.length]),
      [
        ['constant', null, 1],
        ['ramp', null, 1],
        ['constant', 2, 1],
        ['constant', null, 1],
      ],
    )
  })

  test('lacks a figure that some of its runs lack', () => {
    const { measured } = nightOf([of({}, 1000), of({}, 50)], about)
    const metrics = measured.map(({ metric }) => metric)
    assert.ok(metrics.includes('p95') && !metrics.includes('p99'), metrics.join())
  })

  test('records the environment: CPU, versions and limits', () => {
    const base = { CPU: 'a CPU × 4', Node: '22.0.0', k6: '2.2.0' }
    const { target } = aRun()
    const cluster = { nodes: 1, image: 'x', cpuLimit: '200m', memoryLimit: null, scaling: [], pods: [] }
    const environmentOf = (changes: Partial<Run>) => nightOf([of(changes)], about).environment
    assert.deepEqual(environmentOf({}), { ...base, limits: 'unknown' })
    assert.deepEqual(environmentOf({ target: { ...target, cluster } }), {
      ...base,
      nodes: '1',
      limits: '200m CPU, no memory',
    })
    const k6 = { ...aRun().k6, timeline: { periodMs: 1000 } }
    assert.deepEqual(environmentOf({ k6 }), { ...base, limits: 'unknown', timeline: 'recorded' })
    const generators = [{ ...strangeGenerator('1'), node: 'node-1' }]
    assert.equal(environmentOf({ generators }).generators, '1 on other machines')
    assert.deepEqual(nightOf([], about).environment, {})
    const labelled = nightOf([of()], { ...about, labels: { host: 'node-7', branch: 'main' } })
    assert.deepEqual(labelled.environment, { ...base, limits: 'unknown', host: 'node-7' })
  })

  test('says of every run whether it failed or was invalid, also where none was valid', () => {
    const bad = (runs: RunStatistics[]) =>
      nightOf(runs, about).measured.flatMap(({ metric, values }) => (metric === 'bad runs' ? [values] : []))
    const killed = { k6: { ...aRun().k6, exitCode: null, signal: 'SIGKILL' } }
    assert.deepEqual(bad([of(), of({}, 1000, 100), of(killed)]), [[0, 1, 1]])
    assert.deepEqual(bad([of(killed)]), [[1]])
    assert.deepEqual(bad([of(), of({ interrupted: true })]), [[0]], 'an interruption is not the target’s')
  })

  test('keeps the effect of its plan; a night of before has neither effect nor bad runs, and is read', () => {
    const night = nightOf([of()], { ...about, effect: 0.1 })
    assert.equal(Night.parse(JSON.parse(JSON.stringify(night))).effect, 0.1)
    const { effect: _, ...old } = night
    const measured = old.measured.filter(({ metric }) => metric !== 'bad runs')
    assert.deepEqual(Night.parse({ ...old, measured }), { ...old, measured })
  })
})

test('an entry fails or is invalid when at least half of its runs are', () => {
  const run = (cell: string, kind: 'pass' | 'fail' | 'invalid') =>
    of({ labels: { cell }, interrupted: kind === 'invalid' }, 1000, kind === 'fail' ? 100 : 0)
  const runs = [
    run('a.1', 'pass'),
    run('a.2', 'pass'),
    run('a.3', 'fail'),
    run('b.1', 'fail'),
    run('b.2', 'pass'),
    run('c.1', 'invalid'),
    run('c.2', 'fail'),
  ]
  assert.deepEqual(entryVerdicts(runs), [
    { name: 'a', kind: 'pass', failure: null, seconds: 30 },
    { name: 'b', kind: 'fail', failure: '1 of 2 runs failed: errors ≤ 1 % missed: 10 %', seconds: 20 },
    {
      name: 'c',
      kind: 'invalid',
      failure: '1 of 2 runs is invalid: interrupted before its planned 10 s were over',
      seconds: 20,
    },
  ])
  const [first] = runs
  assert.ok(first, 'there is a run')
  assert.equal(entryVerdicts([first, { ...first, durationMs: null }])[0]?.seconds, null)
})
