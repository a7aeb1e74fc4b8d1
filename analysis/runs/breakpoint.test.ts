import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { aRun, aSummary, requests } from '../../test/samples.ts'
import type { Run } from '../formats/run.ts'
import { breakpointWords } from '../report/breakpoint.ts'
import { runStatistics } from '../run/statistics.ts'
import { nextRate, type Outcome, probeOf, type Search } from './breakpoint.ts'
import { breakpointStatistics } from './statistics.ts'

const search: Search = { start: 20, precision: 0.02, repeat: 2 }

/** Probes a system until the search is over. */
function found(holds: (rate: number, probe: number) => boolean, options = search): Outcome[] {
  const probes: Outcome[] = []
  for (let rate = nextRate(probes, options); rate !== null; rate = nextRate(probes, options)) {
    probes.push({ rate, held: holds(rate, probes.length) })
    assert.ok(probes.length < 100, 'it ends')
  }
  return probes
}

const highestHeld = (probes: readonly Outcome[]) =>
  Math.max(0, ...probes.filter(({ held }) => held).map(({ rate }) => rate))

test('the highest rate that holds is found within the precision, from any start', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50_000 }), fc.integer({ min: 1, max: 5000 }), (capacity, start) => {
      const probes = found((rate) => rate <= capacity, { ...search, start })
      const best = highestHeld(probes)
      assert.ok(best <= capacity && capacity < Math.max(best * 1.02, best + 1) + 1, `${best} of ${capacity}`)
      assert.ok(probes.length < 45)
    }),
  )
})

test('one unlucky probe does not decide', () => {
  for (let unlucky = 0; unlucky < 12; unlucky++) {
    const probes = found((rate, probe) => rate <= 300 && probe !== unlucky)
    const rates = new Map<number, number>()
    for (const { rate, held } of probes) rates.set(rate, (rates.get(rate) ?? 0) + (held ? 1 : -1))
    const best = Math.max(...[...rates].filter(([, votes]) => votes > 0).map(([rate]) => rate))
    assert.ok(best <= 300 && best > 290, `${best} with probe ${unlucky} unlucky`)
  }
})

test('the search also ends for a target that holds no rate, and one that holds every rate', () => {
  assert.equal(highestHeld(found(() => false)), 0)
  assert.equal(highestHeld(found(() => true)), 100_000)
})

/** The result of probes that held up to 40/s and broke above, with that use of a generator of 4 cores. */
function ended(use: Partial<Run['k6']>) {
  const probes = [20, 40, 41, 40, 41].map((offered) => {
    const held = offered <= 40
    const stages = [{ stage: '1', vus: 60, offered, startMs: 0, durationMs: 10_000 }]
    const run = aRun({
      load: { ...aRun().load, stages },
      slos: [{ figure: 'p95', limit: held ? 500 : 50 }],
      k6: { ...aRun().k6, ...(held ? {} : use) },
    })
    return runStatistics({ name: '', run, summary: { kind: 'summary', summary: aSummary(requests(400)) } })
  })
  const { breakpoint } = breakpointStatistics(probes, { ...search, precision: 0.03 })
  assert.ok(breakpoint)
  const { held, broke, done, limit } = breakpoint
  assert.deepEqual({ held, broke, done }, { held: 40, broke: 41, done: true })
  return { limit, words: breakpointWords(breakpoint) }
}

test('the limit of the generator is not reported as the limit of the target', () => {
  assert.deepEqual(ended({}), {
    limit: 'target',
    words:
      'Holds 40 requests/s, breaks at 41: p95 95 → 95 ms. 2.5 % apart, over 5 probes. At 41: p95 ≤ 50 ms missed: 95 ms.',
  })
  const bottleneck = {
    limit: 'generator',
    words: 'Holds 40 requests/s; at 41 k6 was the bottleneck, so where the target breaks is not known.',
  }
  assert.deepEqual(ended({ cpuSeconds: 38 }), bottleneck)
  assert.deepEqual(ended({ exitCode: null, signal: 'SIGKILL' }), bottleneck)
  const shared = ended({ machineBusyCores: 3.9 })
  assert.equal(shared.limit, 'machine')
  assert.match(shared.words, /breaks at 41: .* was used up: a target on a separate machine may hold more/)
})

test('a queue that grows by more than 2 % breaks a probe, however wide the precision', () => {
  const half = 5000
  /** Medians that rise evenly, by that share of the time. */
  const probe = (growth: number, precision: number) => {
    const quarter = (index: number) => {
      const med = 20 + (growth * half * index) / 2
      return [
        `latency_intended{quarter:${index + 1}}`,
        { count: 1000, med, 'p(25)': med - 1, 'p(75)': med + 1 },
      ]
    }
    const summary = aSummary({ ...requests(4000), ...Object.fromEntries([0, 1, 2, 3].map(quarter)) })
    const stages = [{ stage: '1', vus: 60, offered: 400, startMs: 0, durationMs: 2 * half }]
    const run = aRun({ load: { ...aRun().load, stages } })
    const [made] = probeOf(runStatistics({ name: '', run, summary: { kind: 'summary', summary } }), {
      precision,
    })
    return made?.held
  }
  assert.deepEqual(
    [probe(0.015, 0.05), probe(0.03, 0.05), probe(0.015, 0.01), probe(0.005, 0.01)],
    [true, false, false, true],
  )
})
