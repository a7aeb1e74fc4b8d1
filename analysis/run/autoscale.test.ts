import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aClimb } from '../../test/samples.ts'
import { reportFiles } from '../report/files.ts'
import { statistics } from '../runs/statistics.ts'
import { following } from './autoscale.ts'

type Change = [atMs: number, wanted: number, ready: number]

/** Stages of 1, 2 and 4 VUs, 10 s each, with these changes of the replicas. */
function watched(changes: Change[]) {
  const source = aClimb('autoscale', [100, 500, 100])
  assert.ok(source.run)
  const cluster = {
    nodes: 1,
    image: 'x',
    cpuLimit: '200m',
    memoryLimit: null,
    pods: [],
    scaling: changes.map(([atMs, wanted, ready]) => ({ atMs, wanted, ready })),
  }
  return { ...source, run: { ...source.run, target: { ...source.run.target, cluster } } }
}

test('how the replicas followed each change of load', () => {
  const { run } = watched([
    [-500, 1, 1],
    [12_000, 2, 1],
    [14_000, 2, 2],
    [15_000, 6, 2],
    [17_000, 6, 6],
    [18_000, 4, 6],
    [18_500, 4, 4],
    [26_000, 1, 4],
    [27_000, 1, 1],
  ])
  assert.deepEqual(following(run), [
    { stage: '2', vus: 2, from: 1, to: 4, firstMs: 2000, readyMs: 8500, overshoot: 2 },
    { stage: '3', vus: 4, from: 4, to: 1, firstMs: 6000, readyMs: 7000, overshoot: 0 },
  ])
})

test('replicas that did not change, and those that never became ready', () => {
  assert.deepEqual(
    following(watched([[-500, 2, 2]]).run).map(({ from, to, firstMs, readyMs }) => [
      from,
      to,
      firstMs,
      readyMs,
    ]),
    [
      [2, 2, null, 0],
      [2, 2, null, 0],
    ],
  )
  const [never] = following(
    watched([
      [-500, 1, 1],
      [12_000, 3, 1],
    ]).run,
  )
  assert.deepEqual([never?.firstMs, never?.readyMs, never?.to], [2000, null, 3])
  assert.deepEqual(following(null), [])
  assert.deepEqual(following(watched([]).run), [])
})

test('a watched run has a picture and a table of it', () => {
  const source = watched([
    [-500, 1, 1],
    [12_000, 3, 1],
    [15_000, 3, 3],
  ])
  const files = reportFiles(statistics([source]))
  assert.match(
    files.get('scaling.svg') ?? '',
    /<desc[^>]*>.*autoscale: At 2 VUs from 1 to 3 replicas, first change after 2 s/,
  )
  assert.doesNotMatch(files.get('scaling.svg') ?? '', /NaN|undefined/)
  assert.match(files.get('report.md') ?? '', /^\| to 2 VUs \| 1 → 3 \| 2 \| 5 \| 0 \| 0 % \| 95 \|$/m)
  assert.match(files.get('index.html') ?? '', /How the replicas followed/)
})
