import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRun, aSummary, requests } from '../../test/samples.ts'
import { runStatistics } from './statistics.ts'

/** Evenly from `from` to `to` ms. */
const evenly = (count: number, from: number, to: number) => ({
  count,
  min: from,
  max: to,
  med: (from + to) / 2,
  'p(95)': from + 0.95 * (to - from),
})

test('stages of which unlike shares were read count with all their answers', () => {
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
  const ofStage = (name: string, metrics: ReturnType<typeof requests>) =>
    Object.entries(metrics).map(([metric, values]): [string, Record<string, number>] => [
      metric.includes('{') ? metric.replace('{', `{stage:${name},`) : `${metric}{stage:${name}}`,
      values,
    ])
  const server = (read: number) =>
    runStatistics({
      name: 'run',
      run,
      summary: {
        kind: 'summary',
        summary: aSummary({
          ...requests(10_000),
          ...Object.fromEntries([...ofStage('1', requests(1000)), ...ofStage('2', requests(9000))]),
          // What k6 makes of the values of both stages together.
          ...Object.fromEntries(
            ['server_queue', 'server_work'].flatMap((metric) => [
              [metric, { ...evenly(1000 + read, 0, 200), med: 100 }],
              [`${metric}{stage:1}`, evenly(1000, 0, 100)],
              [`${metric}{stage:2}`, evenly(read, 100, 200)],
            ]),
          ),
        }),
      },
    }).total.server

  // A tenth of all is below 100 ms: the median is where stage 2 has 4/9 of its own.
  const { samples, queueP50Ms, queueP95Ms, workP50Ms } = server(1000) ?? {}
  assert.equal(samples, 2000)
  assert.ok(Math.abs((queueP50Ms ?? 0) - 144.4) < 0.1, `${queueP50Ms}`)
  assert.ok(Math.abs((queueP95Ms ?? 0) - 194.4) < 0.1, `${queueP95Ms}`)
  assert.equal(workP50Ms, queueP50Ms)

  assert.equal(server(9000)?.queueP50Ms, 100, 'k6’s own, where all were read')
})
