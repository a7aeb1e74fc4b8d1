import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aClimb } from '../../../test/samples.ts'
import type { Slo } from '../../formats/slo.ts'
import { runStatistics } from '../../run/statistics.ts'
import { breakpointStatistics, statistics } from '../../runs/statistics.ts'
import { modelOf } from '../model.ts'
import { limitsOf } from './limits.ts'

const p95: Slo = { figure: 'p95', limit: 120 }
const slos: Slo[] = [p95, { figure: 'rate', limit: 90 }, { ...p95, tags: { name: 'pay' } }]

const climb = (name: string, change = {}, has = slos, counts = [1000, 1900, 2500]) => {
  const source = aClimb(name, counts)
  assert.ok(source.run)
  return { ...source, run: { ...source.run, slos: [...has], ...change } }
}

test('only limits on the whole run that all runs have', () => {
  const [a, b, other] = [climb('a'), climb('b'), climb('c', {}, [p95])].map(runStatistics)
  assert.ok(a && b && other)
  assert.deepEqual(limitsOf([a, b], /./), [
    { figure: 'p95', words: 'p95 ≤ 120 ms', value: 120 },
    { figure: 'rate', words: 'rate ≥ 90/s', value: 90 },
  ])
  assert.deepEqual(limitsOf([a, other], /./), [{ figure: 'p95', words: 'p95 ≤ 120 ms', value: 120 }])
  assert.deepEqual(limitsOf([a, b], /^rate$/), [{ figure: 'rate', words: 'rate ≥ 90/s', value: 90 }])
})

const plot = (data: Parameters<typeof modelOf>[0], name: string): string => {
  const block = modelOf(data).blocks.find((each) => each.kind === 'plot' && each.name === name)
  assert.ok(block?.kind === 'plot', `no plot ${name}`)
  return block.svg
}

test('every plot with an axis of latency or throughput has its limit', () => {
  const run = statistics([climb('one')])
  assert.match(plot(run, 'latency'), />SLO p95 ≤ 120 ms</)
  assert.match(plot(run, 'saturation'), />SLO rate ≥ 90\/s<.*>SLO p95 ≤ 120 ms</s)
  const { target } = climb('one').run
  const sweep = statistics(
    [1, 2, 4].map((replicas) =>
      climb(`r${replicas}`, { target: { ...target, replicas } }, slos.slice(0, 2), [1000 * replicas]),
    ),
  )
  assert.match(plot(sweep, 'replicas'), />SLO rate ≥ 90\/s<.*>SLO p95 ≤ 120 ms</s)
  const stages = (offered: number) => [{ stage: '1', vus: 9, offered, startMs: 0, durationMs: 30_000 }]
  const search = { start: 20, precision: 0.1, repeat: 1 }
  const probes = [100, 200].map((rate) => {
    const source = climb(`${rate}`)
    return runStatistics({
      ...source,
      run: { ...source.run, load: { ...source.run.load, stages: stages(rate) } },
    })
  })
  assert.match(plot(breakpointStatistics(probes, search), 'breakpoint'), />SLO p95 ≤ 120 ms</)
})

test('the knee and the rate that holds are labelled on their axes', () => {
  const bold = (svg: string) => /<g[^>]*font-weight="bold"[^>]*><text[^>]*>([^<]*)</.exec(svg)?.[1]
  assert.match(bold(plot(statistics([climb('one')]), 'saturation')) ?? '', /^knee: \d+$/)
  const probes = [100, 277, 278, 279, 281, 283, 400].map((rate) => {
    const source = climb(`${rate}`, {}, [{ figure: 'p95', limit: rate > 278 ? 1 : 500 }])
    const stages = [{ stage: '1', vus: 9, offered: rate, startMs: 0, durationMs: 30_000 }]
    return runStatistics({ ...source, run: { ...source.run, load: { ...source.run.load, stages } } })
  })
  const data = breakpointStatistics(probes, { start: 100, precision: 0.001, repeat: 1 })
  assert.equal(data.breakpoint?.held, 278)
  assert.equal(bold(plot(data, 'breakpoint')), '278')
})
