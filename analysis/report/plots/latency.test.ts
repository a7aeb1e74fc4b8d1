import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRun, aSummary, requests } from '../../../test/samples.ts'
import { runStatistics } from '../../run/statistics.ts'
import { eachAlone } from '../groups.ts'
import { latencyPlot } from './latency.ts'

test('600 runs whose summaries have 600 percentiles each are one plot', () => {
  const metrics = requests(5000)
  const percentiles = Array.from({ length: 600 }, (_, index) => [`p(${index / 6.01})`, 1 + index / 10])
  Object.assign(metrics['http_req_duration{expected_response:true}'] ?? {}, Object.fromEntries(percentiles))
  const summary = { kind: 'summary', summary: aSummary(metrics) } as const
  const runs = Array.from({ length: 600 }, (_, index) =>
    runStatistics({ name: `run ${index}`, run: aRun({ commit: String(index) }), summary }),
  )
  assert.ok(latencyPlot(runs, eachAlone(runs)))
})
