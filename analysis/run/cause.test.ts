import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { aRun } from '../../test/samples.ts'
import type { Run } from '../formats/run.ts'
import { type Cause, causeOf, limitedByNode } from './cause.ts'

type Cluster = NonNullable<Run['target']['cluster']>
type Pod = Cluster['pods'][number]

const idle: Pod = {
  name: 'a',
  node: 'n',
  served: null,
  cpuCores: 0.05,
  cpuLimitCores: 0.2,
  periods: 100,
  throttledPeriods: 0,
  maxMemoryMiB: 40,
  maxMemoryShare: 0.4,
  memoryLimitMiB: 100,
  restarts: 0,
  killedForMemory: 0,
}

const runOf = (
  pods: readonly Partial<Pod>[],
  {
    busyCores = 0.3,
    offered = 50,
    ...changes
  }: { busyCores?: number | null; offered?: number | null } & Partial<Run> = {},
): Run => {
  const run = aRun(changes)
  const [stage] = run.load.stages
  const cluster: Cluster = {
    nodes: 1,
    image: 'app:1',
    cpuLimit: '200m',
    memoryLimit: '100Mi',
    scaling: [],
    pods: pods.map((pod) => ({ ...idle, ...pod })),
    usedNodes: [{ name: 'n', cores: 2, busyCores }],
    usage: { source: 'kubelet', note: null },
  }
  return {
    ...run,
    load: { ...run.load, stages: stage ? [{ ...stage, offered }] : [] },
    target: { ...run.target, cluster },
  }
}

type Figures = Parameters<typeof causeOf>[1]
const healthy: Figures = { verdict: { kind: 'pass', reasons: [] }, queueGrowth: 0, knee: null, stages: [] }
const broken: Figures = { ...healthy, verdict: { kind: 'fail', reasons: ['p95'] } }
const textOf = (run: Run, figures: Figures = broken) => causeOf(run, figures)?.text ?? null

test('each limit is named', () => {
  assert.equal(
    textOf(runOf([{ periods: 120, throttledPeriods: 73 }])),
    'The pod was throttled in 60.8 % of periods: CPU limit (0.200 cores).',
  )
  assert.equal(textOf(runOf([{}, { maxMemoryShare: 0.97 }])), 'Memory at 97 % of its limit.')
  assert.equal(
    textOf(runOf([{ killedForMemory: 1, restarts: 1 }])),
    'A pod was killed for its memory (limit 100 MiB).',
  )
  assert.equal(
    textOf(runOf([{}], { busyCores: 1.98 })),
    'The node’s 2 cores were busy: not the service’s scaling law.',
  )
  // A neighbour fills the node, but the pod hardly computes.
  assert.match(
    textOf(runOf([{ cpuCores: 0.004 }], { busyCores: 1.98 })) ?? '',
    /^Neither CPU limit nor memory limit was reached .*: look at what it waits for\.$/,
  )
  assert.equal(
    textOf(runOf([{}], { busyCores: null })),
    'Neither CPU limit nor memory limit was reached (0.050 cores used): how busy the node was is unknown; if it was not, look at what it waits for.',
  )
  assert.equal(
    textOf(runOf([{}])),
    'Neither CPU limit, memory limit nor the node’s CPU was reached (0.050 cores used): look at what it waits for.',
  )
  assert.match(
    textOf(runOf([{ cpuCores: 0.98, cpuLimitCores: null, periods: null, throttledPeriods: null }])) ?? '',
    /^A pod computed on 0\.980 cores without being throttled/,
  )
})

test('without periods a CPU near its limit is the limit', () => {
  const unseen = { periods: null, throttledPeriods: null }
  assert.equal(
    textOf(runOf([{ ...unseen, cpuCores: 0.19 }], { busyCores: null })),
    'CPU at 95 % of its limit (0.200 cores).',
  )
  assert.match(
    textOf(runOf([{ ...unseen, cpuCores: 0.03 }], { busyCores: null })) ?? '',
    /^Neither CPU limit nor memory limit was reached/,
  )
})

test('a run with headroom has no cause, except that a pod was killed', () => {
  const throttled = [{ periods: 100, throttledPeriods: 90 }]
  assert.equal(textOf(runOf(throttled), healthy), null)
  assert.equal(textOf(runOf([{}], { busyCores: 2 }), healthy), null)
  assert.match(textOf(runOf([{ killedForMemory: 2 }]), healthy) ?? '', /^Pods were 2 times killed/)
  // A closed load without pauses always goes as fast as something lets it.
  assert.match(textOf(runOf(throttled, { offered: null }), healthy) ?? '', /CPU limit/)
  assert.equal(textOf(runOf([{}], { offered: null }), healthy), null)
})

test('a queue that grew, and VUs that added nothing, count as limited', () => {
  assert.match(textOf(runOf([{}]), { ...healthy, queueGrowth: 0.1 }) ?? '', /look at what it waits for/)
})

test('the generator takes precedence, and what is unknown is not excluded', () => {
  const { k6 } = aRun()
  const ports = [{ what: 'ports' as const, requests: 10, limit: 300 }]
  const invalid = { ...healthy, verdict: { kind: 'invalid' as const, reasons: ['ports'] } }
  assert.equal(textOf(runOf([{ throttledPeriods: 99 }], { k6: { ...k6, shortages: ports } }), invalid), null)
  assert.equal(textOf(runOf([{ cpuCores: null, periods: null }])), null)
  assert.equal(textOf(aRun()), null)
})

test('a full node is the limit only of pods that their CPU limit did not hold', () => {
  assert.equal(limitedByNode(runOf([{}], { busyCores: 1.9 })), true)
  assert.equal(limitedByNode(runOf([{ throttledPeriods: 80 }], { busyCores: 1.9 })), false)
  assert.equal(limitedByNode(runOf([{}], { busyCores: 1 })), false)
  assert.equal(limitedByNode(runOf([{}], { busyCores: null })), false)
  assert.equal(limitedByNode(aRun()), false)
})

test('more throttling, memory or kills never make a cause disappear', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  const shown = ({ kind }: Cause) => kind !== 'none of them'
  fc.assert(
    fc.property(share, share, share, share, (throttled, memory, busy, more) => {
      const of = (by: number) =>
        causeOf(
          runOf(
            [{ throttledPeriods: Math.min(100, 100 * throttled + by * 100), maxMemoryShare: memory + by }],
            {
              busyCores: 2 * busy,
            },
          ),
          broken,
        )
      const [before, after] = [of(0), of(more)]
      assert.ok(before && after, 'a limited run whose use is known has a cause')
      assert.ok(!shown(before) || shown(after), `${before.text} became ${after.text}`)
    }),
  )
})
