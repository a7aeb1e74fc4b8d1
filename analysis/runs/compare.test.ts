import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aCell, aRun, aSummary, requests } from '../../test/samples.ts'
import { strangeGenerator } from '../formats/generators.ts'
import { parseRun, type Run } from '../formats/run.ts'
import { type RunStatistics, runStatistics } from '../run/statistics.ts'
import { compare } from './compare.ts'

/** Runs whose latencies are the sample's times a factor, started `every` minutes from `from` on. */
function runs(
  factors: readonly number[],
  from: number,
  every = 2,
  changes: Partial<Run> = {},
): RunStatistics[] {
  return factors.map((factor, index) => {
    const metrics = requests(Math.round(2000 / factor))
    const [name, values] = Object.entries(metrics).find(([metric]) => metric.includes('duration')) ?? ['', {}]
    const slower = Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, key === 'count' ? value : value * factor]),
    )
    const staged = { 'http_reqs{stage:1}': metrics.http_reqs ?? {} }
    const startedAt = new Date(Date.UTC(2026, 0, 1, 0, from + every * index)).toISOString()
    return runStatistics({
      name: `${from}-${index}`,
      run: aRun({ ...changes, startedAt }),
      summary: { kind: 'summary', summary: aSummary({ ...metrics, ...staged, [name]: slower }) },
    })
  })
}

const five = [1, 1.01, 0.99, 1.02, 0.98]
const slower = five.map((factor) => factor * 1.1)

test('10 % slower is worse in every figure that shows it, and 10 % faster is better', () => {
  const { judgement, groups } = compare(runs(five, 0), runs(slower, 1))
  assert.equal(judgement, 'worse')
  const [group] = groups
  assert.equal(group?.interleaved, true)
  assert.deepEqual(group?.warnings, [])
  const p95 = group?.metrics.find(({ metric }) => metric === 'p95')
  assert.ok(p95 && Math.abs(p95.change - 1.1) < 0.01)
  assert.ok(Math.abs(p95.p - 2 / 252) < 1e-9 && p95.delta === 1)
  assert.deepEqual(
    group?.metrics.map(({ metric, judgement }) => [metric, judgement]),
    [
      ['rate', 'worse'],
      ['mean', 'worse'],
      ['p50', 'worse'],
      ['p95', 'worse'],
      ['p99', 'worse'],
    ],
    'no figure for errors: there were none on either side',
  )
  assert.equal(compare(runs(slower, 0), runs(five, 1)).judgement, 'better')
})

test('equal within the effect is no difference, but only if the interval shows it', () => {
  const still = [1, 1.001, 0.999, 1.002, 0.998]
  assert.equal(compare(runs(still, 0), runs(still, 1)).judgement, 'no difference')
  const noisy = [1, 1.3, 0.7, 1.2, 0.85]
  const { judgement, groups } = compare(runs(noisy, 0), runs(noisy, 1))
  assert.equal(judgement, 'cannot tell')
  assert.ok((groups[0]?.metrics[0]?.runsNeeded ?? 0) > 20)
})

test('a change smaller than the effect is no difference, however certain', () => {
  const sure = five.map((factor) => 1 + (factor - 1) / 10)
  const { judgement } = compare(
    runs(sure, 0),
    runs(
      sure.map((factor) => factor * 1.03),
      1,
    ),
  )
  assert.equal(judgement, 'no difference')
})

test('one to four runs per side never give a verdict', () => {
  for (const count of [1, 4]) {
    const { judgement, groups } = compare(
      runs(five.slice(0, count), 0),
      runs(
        five.slice(0, count).map((factor) => factor * 3),
        1,
      ),
    )
    assert.equal(judgement, 'cannot tell')
    assert.ok((groups[0]?.metrics[0]?.runsNeeded ?? 0) >= 5)
  }
})

test('sides run one after the other are compared with a warning', () => {
  const [group] = compare(runs(five, 0, 1), runs(slower, 100, 1)).groups
  assert.equal(group?.interleaved, false)
  assert.match(group?.warnings.join(' ') ?? '', /not run in turns/)
})

test('runs with and without a timeline are not compared, and older ones have none', () => {
  const k6 = { ...aRun().k6, timeline: { periodMs: 1000 } }
  const refused = (before: Partial<Run>, after: Partial<Run>) =>
    compare(runs(five, 0, 2, before), runs(five, 1, 2, after)).groups[0]?.refused
  assert.deepEqual(refused({}, { k6 }), [
    'What k6 recorded during the run differs: nothing (--no-timeline, or an older version) in the baseline, a timeline in the candidate',
  ])
  assert.deepEqual(refused({ k6 }, { k6 }), [])
  const { timeline: _, ...older } = aRun().k6
  const reading = parseRun(JSON.stringify({ ...aRun(), k6: older }))
  assert.equal(reading.kind === 'ok' && reading.value.run.k6.timeline, null)
})

test('a different load or request is refused unless compared anyway', () => {
  const load = { ...aRun().load, request: 'GET /work?ms=50' }
  const heavier = runs(slower, 1, 2, { load })
  const { groups, judgement } = compare(runs(five, 0), heavier)
  assert.deepEqual(groups[0]?.metrics, [])
  assert.equal(judgement, 'cannot tell')
  assert.match(
    groups[0]?.refused[0] ?? '',
    /The request differs: GET \/work\?ms=5 in the baseline, GET \/work\?ms=50/,
  )
  const compared = compare(runs(five, 0), heavier, { anyway: true })
  assert.equal(compared.judgement, 'worse')
  assert.match(compared.groups[0]?.warnings.join(' ') ?? '', /The request differs/)
})

test('another offered rate is another load, even with the same maximum of VUs', () => {
  const open = (offered: number) => {
    const { load } = aRun()
    return { load: { ...load, stages: load.stages.map((stage) => ({ ...stage, offered })) } }
  }
  const [group] = compare(runs(five, 0, 2, open(50)), runs(five, 1, 2, open(60))).groups
  assert.deepEqual(group?.refused, [
    'The load differs: 50/s for 10 s in the baseline, 60/s for 10 s in the candidate',
  ])
})

test('a different generator or calibration of the work gives a warning', () => {
  const workload = {
    version: '1',
    host: 'h',
    pod: null,
    namespace: null,
    node: null,
    cpuCores: 2,
    memoryMiB: 1000,
  }
  const with_ = (unitsPerMs: number, node: string) => ({
    target: { ...aRun().target, workload: { ...workload, unitsPerMs } },
    host: { ...aRun().host, node },
  })
  const [group] = compare(
    runs(five, 0, 2, with_(400, '22.0.0')),
    runs(five, 1, 2, with_(440, '24.0.0')),
  ).groups
  assert.match(group?.warnings.join(' ') ?? '', /Node differs.*1\.10 times as many units per millisecond\.$/)
})

test('another number or place of generators gives a warning', () => {
  const by = (...nodes: (string | null)[]) => ({
    generators: nodes.map((node, index) => ({ ...strangeGenerator(String(index)), node })),
  })
  const [group] = compare(runs(five, 0), runs(five, 1, 2, by('a', 'b', 'a'))).groups
  assert.deepEqual(group?.warnings, [
    'The number and place of generators differs: 1 on the runner’s machine in the baseline, 3 on other machines in the candidate',
  ])
  assert.deepEqual(
    compare(runs(five, 0, 2, by(null, null)), runs(five, 1, 2, by(null, null))).groups[0]?.warnings,
    [],
  )
})

test('sides that shared a CPU give a warning, and runs of a duet are not compared with others', () => {
  const duet = (sameHost: boolean) => ({ duet: { with: 'http://127.0.0.1:2/', sameHost } })
  const warned = (sameHost: boolean) =>
    compare(runs(five, 0, 2, duet(sameHost)), runs(five, 1, 2, duet(sameHost))).groups[0]?.warnings.join()
  assert.match(warned(true) ?? '', /on one host and shared its CPU/)
  assert.doesNotMatch(warned(false) ?? '', /shared/)
  assert.deepEqual(compare(runs(five, 0), runs(five, 1, 2, duet(false))).groups[0]?.refused, [
    'What ran at the same moment differs: nothing in the baseline, the other side in the candidate',
  ])
})

test('invalid runs are left out and counted; what only one side has is named', () => {
  const cut = runs([5], 7, 2, { interrupted: true })
  const { groups } = compare([...runs(five, 0), ...cut], runs(slower, 1))
  assert.deepEqual([groups[0]?.runs, groups[0]?.invalid], [{ baseline: 5, candidate: 5 }, 1])
  const { unmatched, judgement } = compare(runs(five, 0), runs(five, 1, 2, { scenario: 'ramp' }))
  assert.deepEqual(unmatched, ['constant: only the baseline has it', 'ramp: only the candidate has it'])
  assert.equal(judgement, 'cannot tell')
})

test('new errors are judged by their difference, since no ratio to 0 exists', () => {
  const failing = runs(five, 1).map((run, index) => ({
    ...run,
    total: { ...run.total, errors: 0.02 + index / 1000 },
  }))
  const errors = compare(runs(five, 0), failing).groups[0]?.metrics.find(({ metric }) => metric === 'errors')
  assert.deepEqual([errors?.scale, errors?.judgement], ['difference', 'worse'])
  assert.ok(errors && Math.abs(errors.change - 0.022) < 1e-9)
})

test('what the sides were set to is compared, not refused; any other difference of limits is', () => {
  const side = (which: 'a' | 'b', factors: Readonly<Record<string, string>>, count: number) =>
    Array.from({ length: 6 }, (_, index) => {
      const source = aCell(
        { cpu: '200m', memory: '64Mi', replicas: '1', ...factors },
        index + 1,
        count + index,
      )
      assert.ok(source.run)
      const startedAt = new Date(Date.UTC(2026, 0, 1, 0, 2 * index + Number(which === 'b'))).toISOString()
      const labels = { series: 'ab', side: which, cell: `${which}.${index + 1}` }
      return runStatistics({ ...source, run: { ...source.run, labels, factors, startedAt } })
    })
  for (const [a, b] of [
    [{ cpu: '200m' }, { cpu: '500m' }],
    [{ replicas: '1' }, { replicas: '2' }],
    // The other side is as it was.
    [{}, { cpu: '500m', 'env.POOL': '8' }],
  ] as const) {
    const { groups, unmatched } = compare(side('a', a, 1000), side('b', b, 2000))
    assert.deepEqual([groups.map(({ refused }) => refused), unmatched], [[[]], []])
    assert.equal(groups[0]?.judgement, 'better')
  }
  const unsaid = compare(side('a', {}, 1000), side('b', {}, 2000).map(withLimit('1')))
  assert.match(
    unsaid.groups[0]?.refused.join() ?? '',
    /The CPU limit differs: 200m in the baseline, 1 in the/,
  )
})

test('two series of factors are compared cell by cell', () => {
  const series = (count: number) =>
    [1, 2, 3, 4, 5].flatMap((repeat) =>
      ['4', '8'].map((pool) =>
        runStatistics(aCell({ replicas: '2', 'env.POOL': pool }, repeat, count + repeat)),
      ),
    )
  const { groups } = compare(series(1000), series(2000))
  assert.deepEqual(
    groups.map(({ replicas, factors, runs }) => [replicas, factors, runs.baseline]),
    [
      [2, { 'env.POOL': '4' }, 5],
      [2, { 'env.POOL': '8' }, 5],
    ],
  )
})

const withLimit = (cpuLimit: string) => (each: RunStatistics) => {
  const { run } = each
  assert.ok(run?.target.cluster)
  return { ...each, run: { ...run, target: { ...run.target, cluster: { ...run.target.cluster, cpuLimit } } } }
}
