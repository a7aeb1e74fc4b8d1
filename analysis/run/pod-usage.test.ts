import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Counted, type PodLook, podSamples, podsUsed, type Series, type Watched } from './pod-usage.ts'

const series = (
  what: Counted,
  points: readonly (readonly [number, number])[],
  container = 'app',
  owner = 'a',
): Series => ({
  what,
  owner,
  container,
  points: points.map(([at, value]) => ({ at, value })),
})
const MiB = 2 ** 20

const pod = (changes: Partial<PodLook['containers'][number]> = {}): PodLook => ({
  name: 'a',
  node: 'n',
  containers: [{ name: 'app', cpuLimit: 0.2, memoryLimitMiB: 100, restarts: 1, killedAt: null, ...changes }],
})

const watched = (pods: readonly Series[], changes: Partial<Watched> = {}): Watched => ({
  source: 'kubelet',
  note: null,
  pods,
  nodes: [
    series(
      'cpu',
      [
        [0, 100],
        [20_000, 130],
      ],
      '',
      'n',
    ),
  ],
  cores: new Map([['n', 2]]),
  observed: [],
  looks: [
    { at: 1000, pods: [pod()] },
    { at: 21_000, pods: [pod()] },
  ],
  ...changes,
})

const steady = [
  series('cpu', [
    [0, 5],
    [10_000, 7],
    [20_000, 9],
  ]),
  series('periods', [
    [0, 10],
    [20_000, 110],
  ]),
  series('throttled', [
    [0, 0],
    [20_000, 61],
  ]),
  series('memory', [
    [0, 99 * MiB],
    [10_000, 40 * MiB],
    [20_000, 50 * MiB],
  ]),
  series(
    'received',
    [
      [0, 0],
      [20_000, 20 * MiB],
    ],
    '',
  ),
]

test('what a pod used during a load, from readings before, in and after it', () => {
  const { pods, usedNodes } = podsUsed(watched(steady), 5000, 15_000)
  assert.deepEqual(pods.get('a'), {
    node: 'n',
    cpuCores: 0.2,
    cpuLimitCores: 0.2,
    periods: 50,
    throttledPeriods: 31,
    // Of before the load nothing counts.
    maxMemoryMiB: 50,
    maxMemoryShare: 0.5,
    memoryLimitMiB: 100,
    restarts: 0,
    killedForMemory: 0,
    receivedMiB: 10,
    sentMiB: null,
  })
  assert.deepEqual(usedNodes, [{ name: 'n', cores: 2, busyCores: 1.5 }])
})

test('what was seen of less than half of the load is unknown, not 0', () => {
  const { pods, usedNodes } = podsUsed(watched(steady), 12_000, 40_000)
  const { cpuCores, periods, throttledPeriods, receivedMiB } = pods.get('a') ?? {}
  assert.deepEqual([cpuCores, periods, throttledPeriods, receivedMiB], [null, null, null, null])
  assert.equal(usedNodes[0]?.busyCores, null)
  const nothing = podsUsed(watched([], { nodes: [] }), 5000, 15_000).pods.get('a')
  assert.deepEqual([nothing?.cpuCores, nothing?.maxMemoryMiB, nothing?.restarts], [null, null, 0])
})

test('a sidecar that is throttled while it rests does not hide the container that works', () => {
  const sidecar = [
    series(
      'periods',
      [
        [0, 0],
        [20_000, 6],
      ],
      'proxy',
    ),
    series(
      'throttled',
      [
        [0, 0],
        [20_000, 6],
      ],
      'proxy',
    ),
  ]
  const { periods, throttledPeriods } =
    podsUsed(watched([...sidecar, ...steady]), 0, 20_000).pods.get('a') ?? {}
  assert.deepEqual([periods, throttledPeriods], [100, 61])
})

test('a container that was killed at its limit during the load, and not one of before', () => {
  const at = (killedAt: number, restarts: number) => [
    { at: 1000, pods: [pod()] },
    { at: 21_000, pods: [pod({ killedAt, restarts })] },
  ]
  const of = (killedAt: number) =>
    podsUsed(watched(steady, { looks: at(killedAt, 2) }), 5000, 15_000).pods.get('a')
  assert.deepEqual([of(9000)?.killedForMemory, of(9000)?.restarts], [1, 1])
  assert.equal(of(2000)?.killedForMemory, 0)
})

test('a restarted container goes on counting in its pod', () => {
  const two = [
    series('cpu', [
      [0, 50],
      [10_000, 52],
    ]),
    series('cpu', [
      [10_000, 0],
      [20_000, 2],
    ]),
  ]
  assert.equal(podsUsed(watched(two), 0, 20_000).pods.get('a')?.cpuCores, 0.2)
})

test('other pods of the namespace are not the target', () => {
  const others = steady.map((each) => ({ ...each, owner: 'other' }))
  const both = watched([...others, ...steady])
  assert.deepEqual(podSamples(both), podSamples(watched(steady)))
  assert.deepEqual([...podsUsed(both, 5000, 15_000).pods.keys()], ['a'])
})

test('samples every half a second, without what is not known', () => {
  const samples = podSamples(watched(steady))
  assert.equal(samples.length, 41)
  const [first, last] = [samples[0], samples.at(-1)]
  assert.deepEqual([first?.at, first?.cpuSeconds, first?.memoryMiB], [0, 0, 99])
  assert.deepEqual([last?.at, last?.cpuSeconds, last?.memoryMiB], [20_000, 4, 50])
  assert.deepEqual(last?.pods, {
    periods: 100,
    throttledPeriods: 61,
    memoryShare: 0.5,
    restarts: 0,
    nodeBusy: 0.75,
  })
  assert.deepEqual(podSamples(watched([])), [])
  const unlimited = podSamples(watched(steady.slice(0, 1), { nodes: [] })).at(-1)
  assert.deepEqual(unlimited?.pods, {
    periods: null,
    throttledPeriods: null,
    memoryShare: null,
    restarts: 0,
    nodeBusy: null,
  })
})

test('samples never count backwards, and end with all that was used', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 0, max: 50 })), {
    minLength: 2,
    maxLength: 8,
  })
  fc.assert(
    fc.property(steps, (each) => {
      let [at, used] = [0, 3]
      const points = each.map(([by, more]): [number, number] => {
        at += by
        used += more
        return [at, used]
      })
      const samples = podSamples(watched([series('cpu', points)]))
      const cpu = samples.map(({ cpuSeconds }) => cpuSeconds)
      for (const [index, value] of cpu.entries())
        assert.ok(value >= (cpu[index - 1] ?? 0) - 1e-9, `${value} after ${cpu[index - 1]}`)
      assert.ok((cpu.at(-1) ?? 0) <= used - (points[0]?.[1] ?? 0) + 1e-9, 'more than was used')
    }),
  )
})
