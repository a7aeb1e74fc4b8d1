import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundled, printed } from '../../test/script.ts'

test('every answer is read at low rates; at high ones a sample in which slow answers have their share', async () => {
  // One answer in five takes nine times as long. Stage 2 of `closed` is too slow to be sampled.
  const stages = ['closed_1', 'closed_2', 'open_1']
  const { metrics } = JSON.parse(
    await printed(
      await bundled(`import { sleep } from 'k6'
import exec from 'k6/execution'
import { serverTimes } from './server-times.ts'
const stage = (exec, startTime) => ({ executor: 'constant-vus', vus: 4, duration: '1500ms', startTime, exec })
export const options = {
  scenarios: {
    closed_1: stage('closed', '0ms'),
    closed_2: stage('closed', '1500ms'),
    open_1: stage('open', '0ms'),
  },
  thresholds: Object.fromEntries(
    ${JSON.stringify(stages)}.flatMap((name) =>
      ['iterations', 'server_work'].map((metric) => [metric + '{scenario:' + name + '}', []])),
  ),
  summaryTrendStats: ['avg', 'count'],
}
const answered = (take, ms) => {
  const slow = exec.scenario.iterationInTest % 5 === 0
  sleep((slow ? 9 * ms : ms) / 1000)
  take({ headers: { 'Server-Timing': 'queue;dur=0.1, work;dur=' + (slow ? 9 : 1) } })
}
const takes = { closed: serverTimes(1500, 2), open: serverTimes(1500, 1, [2000]) }
export const closed = () => answered(takes.closed, exec.scenario.name === 'closed_1' ? 1 : 10)
export const open = () => answered(takes.open, 1)
export const handleSummary = (data) => ({ stdout: JSON.stringify(data) })`),
    ),
  )
  const [closed, slow, open] = stages.map((name) => {
    const { count: answers } = metrics[`iterations{scenario:${name}}`].values
    const { count, avg } = metrics[`server_work{scenario:${name}}`].values
    return { share: count / answers, answers, avg }
  })
  assert.equal(slow?.share, 1)
  assert.ok(closed && open)
  // About 500 a second, or all where a busy machine makes fewer.
  assert.ok(closed.share < (closed.answers > 1500 ? 0.9 : 1.01), JSON.stringify(closed))
  assert.ok(Math.abs(open.share - 0.25) < 0.1, JSON.stringify(open))
  for (const { avg } of [closed, open]) assert.ok(Math.abs(avg - 2.6) < 0.7, JSON.stringify([closed, open]))
})
