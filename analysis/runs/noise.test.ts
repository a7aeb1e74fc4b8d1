import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRun, aSummary, requests } from '../../test/samples.ts'
import { normalFrom, randomFrom } from '../numbers/random.ts'
import { type RunStatistics, runStatistics } from '../run/statistics.ts'
import { compare } from './compare.ts'
import { noise } from './noise.ts'

const random = randomFrom(2)
const figures = { rate: 1, meanMs: 1, p50Ms: 1, p95Ms: 2, p99Ms: 4 } as const

/** Runs whose figures vary by the deviation: p95 by twice, p99 by four times as much. */
const session = (count: number, deviation: number, seconds = 10, level = 0): RunStatistics[] =>
  Array.from({ length: count }, (_, index) => {
    const load = {
      ...aRun().load,
      stages: aRun().load.stages.map((stage) => ({ ...stage, durationMs: seconds * 1000 })),
    }
    const startedAt = new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString()
    const statistics = runStatistics({
      name: `run ${index}`,
      run: aRun({ load, startedAt }),
      summary: { kind: 'summary', summary: aSummary(requests(2000), seconds) },
    })
    const total = { ...statistics.total }
    for (const [figure, times] of Object.entries(figures) as [keyof typeof figures, number][])
      total[figure] = (total[figure] ?? 0) * Math.exp(level + times * deviation * normalFrom(random))
    return { ...statistics, total }
  })

const figure = (found: ReturnType<typeof noise>, name: string, load = 0) =>
  found.loads[load]?.figures.find(({ metric }) => metric === name)

test('the spread of runs and sessions is what it was made of, and unknown for one session', () => {
  const levels = Array.from({ length: 8 }, () => 0.05 * normalFrom(random))
  const many = noise(
    levels.map((level) => session(10, 0.02, 10, level)),
    { rounds: 5 },
  )
  const p50 = figure(many, 'p50')
  assert.ok(p50?.runs && Math.abs(p50.runs.value - 0.02) < 0.005)
  assert.ok(p50.sessions && p50.sessions.low < 0.05 && p50.sessions.high > 0.05)
  assert.equal(figure(noise([session(10, 0.02)], { rounds: 5 }), 'p50')?.sessions, null)
})

test('the smallest change that is said to be found is found in nine of ten new comparisons', () => {
  const found = noise([session(100, 0.02)], { rounds: 200 })
  for (const [size, runs] of [5, 10].entries()) {
    const change = figure(found, 'p95')?.found[size]?.change ?? 0
    const rounds = 100
    const worse = Array.from({ length: rounds }, () => {
      const slower = session(runs, 0.02, 10, Math.log1p(change)).map((run) => ({
        ...run,
        total: { ...run.total, rate: (run.total.rate ?? 0) / (1 + change) ** 2 },
      }))
      const [group] = compare(turns(session(runs, 0.02), 'a'), turns(slower, 'b')).groups
      return group?.metrics.find(({ metric }) => metric === 'p95')?.judgement === 'worse'
    }).filter(Boolean).length
    assert.ok(worse > 0.8 * rounds, `${change} by ${runs} a side: ${worse} of ${rounds}`)
    assert.ok(change > 0.05 && change < 0.4, `${change}`)
  }
})

/** … as the runs of a series made in turns. */
const turns = (runs: readonly RunStatistics[], side: 'a' | 'b') =>
  runs.map((each, index) => ({
    ...each,
    run: each.run && {
      ...each.run,
      labels: { side, cell: `${side}.${index + 1}` },
      startedAt: new Date(Date.UTC(2026, 0, 1, 0, 2 * index + Number(side === 'b'))).toISOString(),
    },
  }))

test('it recommends the duration that takes the least time, and names figures that no repeats can tell', () => {
  const { recommended, loads } = noise([[...session(30, 0.04, 5), ...session(30, 0.01, 20)]], { rounds: 5 })
  assert.deepEqual(
    loads.map(({ durationMs, runs }) => [durationMs, runs]),
    [
      [5000, 30],
      [20_000, 30],
    ],
  )
  // p95 and p99 vary by 8 and 16 % in runs of 5 s: a hundred repeats and more. In those of 20 s by 2 and 4 %.
  assert.ok(recommended && recommended.durationMs === 20_000 && recommended.without.length === 0)
  assert.deepEqual(noise([session(30, 0.04, 5)], { rounds: 5 }).recommended?.without, ['p95', 'p99'])
  assert.equal(noise([session(1, 0.01)], { rounds: 5 }).recommended, null)
})

test('a figure that never differs between runs is seen at once', () => {
  const still = noise([session(6, 0)], { rounds: 5 })
  assert.equal(figure(still, 'p50')?.runs?.value, 0)
  assert.equal(still.recommended?.repeats, 5)
})
