import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { quantile } from 'simple-statistics'
import { aClimb, aRun, aSummary, requests } from '../../test/samples.ts'
import { normalFrom, randomFrom } from '../numbers/random.ts'
import { scaling } from '../numbers/scaling-model.ts'
import { text } from '../report/files.ts'
import { runStatistics } from '../run/statistics.ts'
import { byReplicas, observed, recommendation } from './replicas.ts'
import { statistics } from './statistics.ts'

/** A run with that many replicas and that many requests in ten seconds. */
function withReplicas(replicas: number | null, requests: number, interrupted = false) {
  const source = aClimb(`${replicas}-${requests}`, [requests])
  assert.ok(source.run)
  const target = { ...source.run.target, replicas }
  return { ...source, run: { ...source.run, target, interrupted } }
}

test('throughput against replicas: medians, ranges, speed-up and efficiency of the valid runs', () => {
  const { replicas } = statistics([
    withReplicas(4, 3000),
    withReplicas(2, 1900),
    withReplicas(2, 2100),
    withReplicas(2, 2000),
    withReplicas(4, 3400),
    withReplicas(4, 90_000, true),
    withReplicas(null, 77_000),
  ])
  assert.deepEqual(
    replicas.map(({ replicas, runs, rate, speedUp, efficiency }) => [
      replicas,
      runs,
      [rate.median, rate.least, rate.most],
      speedUp,
      efficiency,
    ]),
    [
      [2, 3, [200, 190, 210], 1, 1],
      [4, 2, [320, 300, 340], 1.6, 0.8],
    ],
  )
  assert.equal(replicas[0]?.p95Ms?.median, 95)
  assert.equal(replicas[0]?.rate.interval, null)
})

test('a single number of replicas is not compared', () => {
  assert.deepEqual(statistics([withReplicas(2, 1000), withReplicas(2, 1100)]).replicas, [])
})

/** The same on a node of two cores of which that many were busy, with pods that a CPU limit stopped that often. */
function onNode(source: ReturnType<typeof withReplicas>, busyCores: number, throttledPeriods = 0) {
  const pod = { name: 'a', node: 'n', served: null, cpuCores: null, periods: 100, throttledPeriods }
  const cluster = {
    ...{ nodes: 1, image: 'x', cpuLimit: null, memoryLimit: null, scaling: [], pods: [pod] },
    usedNodes: [{ name: 'n', cores: 2, busyCores }],
    usage: { source: 'kubelet' as const, note: null },
  }
  return { ...source, run: { ...source.run, target: { ...source.run.target, cluster } } }
}

test('a full node is no point of the law, unless the CPU limit held the pods below it', () => {
  const linear = [1, 1, 2, 2, 3, 3, 4, 4].map((replicas) => withReplicas(replicas, 1000 * replicas))
  const roomy = linear.map((each) => onNode(each, 0.4 * (each.run.target.replicas ?? 0)))
  // Eight replicas do no more than four: there is no CPU left for them.
  const flat = [4005, 3995].map((requests) => withReplicas(8, requests))
  const levels = (busyCores: number, throttled = 0) =>
    statistics([...roomy, ...flat.map((each) => onNode(each, busyCores, throttled))])
  const chosen = ({ scaling }: ReturnType<typeof levels>) => [
    ...new Set(scaling?.residuals.map(({ replicas }) => replicas)),
  ]
  assert.deepEqual(chosen(levels(1.99)), [1, 2, 3, 4])
  assert.deepEqual(chosen(levels(1.99, 95)), [1, 2, 3, 4, 8])
  assert.deepEqual(chosen(levels(1)), [1, 2, 3, 4, 8])
  assert.match(
    text(levels(1.99)),
    /The node was full in 2 runs \(8 replicas\), so they are left out of the law of growth/,
  )
  assert.doesNotMatch(text(levels(1)), /The node was full/)
  // What was measured is still there.
  assert.deepEqual(
    levels(1.99).replicas.map(({ replicas }) => replicas),
    [1, 2, 3, 4, 8],
  )
})

const sweepOf = (rates: Record<number, number[]>) =>
  Object.entries(rates).flatMap(([replicas, each]) =>
    each.map((rate) => withReplicas(Number(replicas), 10 * rate)),
  )

test('the fewest replicas that held the load in every run of VUs are named, and not recommended for arrivals', () => {
  const runs = sweepOf({
    1: [200, 205, 198, 203, 201],
    2: [380, 390, 385, 392, 388],
    4: [700, 690, 705, 695, 710],
  })
  assert.equal(
    statistics(runs, { wanted: 350 }).recommendation,
    'No number of replicas is recommended for 350 requests/s that arrive on their own: these runs had VUs. With them, 2 replicas hold 380 requests/s within errors ≤ 1 %. That is the least of 5 runs: a next run holds it in about 83 % of cases, and in fewer on another day or machine. It is what 1 VU reaches, each waiting for its answer before it asks again. Independent users who arrive at that rate can meet far longer latencies: search the arrival rate to know.',
  )
  assert.match(statistics(runs).recommendation ?? '', /^4 replicas hold 690 requests\/s/)
  assert.match(
    statistics(runs, { wanted: 5000 }).recommendation ?? '',
    /^No measured number .* the best was 690 with 4\. There are too few numbers of replicas or runs to extrapolate from\. It is what 1 VU/,
  )
})

test('beyond what was measured the fitted model is extrapolated, up to twice the replicas, and says so', () => {
  const law = (n: number) => (100 * n) / (1 + 0.05 * (n - 1))
  const noisy = (n: number) =>
    [0.98, 1, 1.01, 0.99, 1.02].map((factor) => Math.round(law(n) * factor * 10) / 10)
  const runs = sweepOf({ 1: noisy(1), 2: noisy(2), 4: noisy(4), 8: noisy(8) })
  const { scaling, recommendation } = statistics(runs, { wanted: 700 })
  assert.equal(scaling?.chosen, 'amdahl')
  assert.match(recommendation ?? '', /Extrapolated by the laws that explain the runs, 11 would reach it/)
  assert.match(
    statistics(runs, { wanted: 1900 }).recommendation ?? '',
    /No law that explains the runs reaches it with up to 16/,
  )
  // No peak without a downward bend, and no ceiling of 2,000 where 590 was measured.
  assert.deepEqual([scaling.peak, scaling.ceiling], [null, null])
})

test('a peak of 280 at 5.6 replicas never makes “9 would reach 400”', () => {
  const random = randomFrom(9)
  const rate = (n: number) =>
    Math.round((100 * n * Math.exp(0.03 * normalFrom(random))) / (1 + 0.05 * (n - 1) + 0.03 * n * (n - 1)))
  const said = (levels: readonly number[], repeats: number) => {
    const of = (n: number) => Array.from({ length: repeats }, () => rate(n))
    const runs = sweepOf(Object.fromEntries(levels.map((n) => [n, of(n)]))).map(runStatistics)
    return (
      recommendation(
        byReplicas(runs),
        [{ figure: 'errors', limit: 0.01 }],
        scaling(observed(runs), 20),
        400,
      ) ?? ''
    )
  }
  for (let sweep = 0; sweep < 10; sweep++) {
    // One run of each of four or five: no law can be chosen.
    assert.match(said([1, 2, 4, 8], 1), /too few numbers of replicas or runs to extrapolate from/)
    assert.match(said([1, 2, 3, 4, 5], 1), /too few/)
    assert.doesNotMatch(said([1, 2, 4, 8], 5), /would reach it;/)
    assert.doesNotMatch(said([1, 2, 3, 4, 5], 5), /would reach it;/)
  }
})

test('where several numbers of replicas did as well, the share is an upper limit', () => {
  const { recommendation } = statistics(sweepOf({ 1: [100, 101], 2: [200, 205], 4: [203, 198] }))
  assert.match(
    recommendation ?? '',
    /^2 replicas hold 200 .* in at most 67 % of cases, since another number of replicas did as well, and in fewer/,
  )
})

test('a next run holds the recommended rate as often as the recommendation says', () => {
  const random = randomFrom(8)
  const run = () => 400 * Math.exp(0.03 * normalFrom(random))
  const template = runStatistics(withReplicas(2, 4000))
  const holding = (rate: number) => ({
    ...template,
    stages: template.stages.map((stage) => ({ ...stage, rate })),
  })
  const one = runStatistics(withReplicas(1, 2000))
  for (const [n, promised] of [
    [3, 75],
    [5, 83],
  ] as const) {
    const rounds = 3000
    let held = 0
    for (let round = 0; round < rounds; round++) {
      const runs = [one, ...Array.from({ length: n }, () => holding(run()))]
      const words = recommendation(byReplicas(runs), [{ figure: 'errors', limit: 0.01 }], null, null) ?? ''
      const [, rate, share] = /^2 replicas hold (\d+) .* in about (\d+) %/.exec(words) ?? []
      assert.equal(Number(share), promised)
      if (run() >= Number(rate)) held++
    }
    // Two and a half standard errors.
    assert.ok(Math.abs((100 * held) / rounds - promised) < 2, `${n} runs: ${held} of ${rounds}`)
  }
})

describe('a first-come-first-served server of 100 requests a second', () => {
  const slos = [{ figure: 'p95', limit: 250 }]
  const seconds = 30
  /** The latencies (ms) of exponential service; `next` is when the next request is sent, `answered` when it is done. */
  const served = (servers: number, seed: number, next: () => number, answered: (atMs: number) => void) => {
    const random = randomFrom(seed)
    const free = Array<number>(servers).fill(0)
    const latencies: number[] = []
    for (let at = next(); at < seconds * 1000; at = next()) {
      const first = free.indexOf(Math.min(...free))
      const done = Math.max(at, free[first] ?? 0) - 10 * Math.log(1 - random())
      free[first] = done
      latencies.push(done - at)
      answered(done)
    }
    return latencies
  }
  const sourceOf = (replicas: number, latencies: readonly number[], offered: number | null, vus: number) => {
    const count = latencies.length
    const trend = { count, 'p(95)': quantile([...latencies], 0.95) }
    const run = aRun({ slos })
    const stages = [{ stage: '1', vus, offered, startMs: 0, durationMs: seconds * 1000 }]
    return {
      name: 'x',
      run: { ...run, load: { ...run.load, stages }, target: { ...run.target, replicas } },
      summary: {
        kind: 'summary' as const,
        summary: aSummary(
          { ...requests(count), 'http_req_duration{expected_response:true}': trend },
          seconds,
        ),
      },
    }
  }
  /** Each of 8 VUs asks again when it has its answer. */
  const closed = (servers: number, seed: number) => {
    const asks = Array<number>(8).fill(0)
    let vu = 0
    const next = () => {
      vu = asks.indexOf(Math.min(...asks))
      return asks[vu] ?? 0
    }
    const answered = (atMs: number) => {
      asks[vu] = atMs
    }
    return sourceOf(servers, served(servers, seed, next, answered), null, 8)
  }
  /** One every 10 ms, whether or not the ones before have been answered. */
  const open = (servers: number, seed: number) => {
    let at = -10
    const next = () => {
      at += 10
      return at
    }
    return sourceOf(
      servers,
      served(servers, seed, next, () => {}),
      100,
      1000,
    )
  }
  const seeds = [1, 2, 3, 4, 5]

  test('“holds” that rate with 8 VUs, which is not recommended for users who are no VUs', () => {
    const figures = statistics([...seeds.map((seed) => closed(1, seed)), closed(2, 6)], { wanted: 95 })
    const [one] = figures.replicas
    assert.ok(one?.held && one.held.least > 95 && one.held.most < 105 && (one.p95Ms?.most ?? 0) < 145)
    assert.match(
      figures.recommendation ?? '',
      /^No number of replicas is recommended for 95 requests\/s .*: these runs had VUs\. With them, 1 replica holds .* It is what 8 VUs reach, .* Independent users .* search the arrival rate/,
    )
  })

  test('misses the SLO when 100 a second arrive, and then nothing is said of VUs', () => {
    const runs = seeds.map((seed) => open(1, seed))
    const figures = statistics([...runs, open(2, 6)])
    assert.ok(runs.every((run) => runStatistics(run).verdict.kind === 'fail'))
    assert.match(
      figures.recommendation ?? '',
      /^2 replicas hold 100 requests\/s within p95 ≤ 250 ms\. One run showed it: [^.]*\.$/,
    )
  })
})

test('runs that missed their SLOs hold no rate', () => {
  const missed = sweepOf({ 1: [100, 100], 2: [200, 200] }).map((source) => ({
    ...source,
    run: { ...source.run, slos: [{ figure: 'p95', limit: 1 }] },
  }))
  assert.equal(statistics(missed).recommendation, 'No number of replicas met p95 ≤ 1 ms in every run.')
})
