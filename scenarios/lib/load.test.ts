import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { answered } from '../../test/script.ts'

type Stage = Readonly<Record<string, unknown>> & { readonly tags: { readonly stage: string } }
type Loads = {
  readonly scenarios: Readonly<Record<string, Stage>>
  readonly thresholds: Readonly<Record<string, unknown>>
  readonly noVUConnectionReuse: boolean
  readonly summaryTrendStats: readonly string[]
}
type Order = {
  readonly model: 'plateaus' | 'arrivals'
  readonly sizes: readonly number[]
  readonly settings: Readonly<Record<string, unknown>>
  readonly kinds?: readonly string[]
}

const built = (orders: readonly Order[]) =>
  answered<readonly Loads[]>(
    `import * as load from './load.ts'
const answer = (orders) =>
  orders.map(({ model, sizes, settings, kinds }) => load[model]('x', sizes, settings, kinds))`,
    orders.map((order) => ({
      ...order,
      settings: { durationMs: 30_000, sloMs: 0, submetrics: [], ...order.settings },
    })),
  )

test('stages follow each other, are equally long, and fit into the duration', async () => {
  const orders = fc.sample(
    fc.record({
      model: fc.constantFrom('plateaus' as const, 'arrivals' as const),
      sizes: fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 9 }),
      settings: fc.record({ durationMs: fc.integer({ min: 9, max: 10_000_000 }) }),
    }),
    200,
  )
  for (const [index, { scenarios }] of (await built(orders)).entries()) {
    const { model, sizes, settings } = orders[index] as (typeof orders)[number]
    const stageMs = Math.floor(settings.durationMs / sizes.length)
    assert.deepEqual(
      Object.entries(scenarios).map(([name, { tags, startTime, duration, vus, rate }]) => [
        name,
        tags.stage,
        startTime,
        duration,
        model === 'plateaus' ? vus : rate,
      ]),
      sizes.map((size, at) => [`x_${at + 1}`, `${at + 1}`, `${at * stageMs}ms`, `${stageMs}ms`, size]),
    )
  }
})

test('k6 reports the sub-metrics that the analysis reads, and only where they say more than the totals', async () => {
  const order = { model: 'plateaus', sizes: [1], settings: {} } as const
  const names = (
    await built([
      order,
      { ...order, settings: { recorded: true } },
      { ...order, sizes: [1, 2], settings: { withServerTimes: true } },
      { ...order, kinds: ['work'] },
      { ...order, model: 'arrivals' },
      { ...order, model: 'arrivals', sizes: [1, 2] },
    ])
  ).map(({ thresholds }) => Object.keys(thresholds).filter((name) => !name.includes('error_code')))
  const ofStage = (stage: number) => [
    `http_reqs{stage:${stage}}`,
    `http_req_failed{stage:${stage}}`,
    `iteration_duration{stage:${stage}}`,
    `http_req_duration{stage:${stage},expected_response:true}`,
  ]
  const succeeded = 'http_req_duration{expected_response:true}'
  const perStage = (...metrics: string[]) =>
    [1, 2].flatMap((stage) => [...ofStage(stage), ...metrics.map((metric) => `${metric}{stage:${stage}}`)])
  assert.deepEqual(names, [
    ['iteration_duration{half:2}', succeeded],
    [succeeded],
    [succeeded, ...perStage('server_queue', 'server_work')],
    [
      succeeded,
      'http_reqs{kind:work}',
      'http_req_failed{kind:work}',
      'http_req_duration{kind:work,expected_response:true}',
    ],
    [
      'dropped_iterations',
      ...[1, 2, 3, 4].map((quarter) => `latency_intended{quarter:${quarter}}`),
      succeeded,
    ],
    ['dropped_iterations', succeeded, ...perStage('latency_intended', 'start_lag')],
  ])
})

test('sub-metrics that a run asks for are added, for both sides of a duet', async () => {
  const submetrics = ['http_req_failed{name:/items/{{id}}}', 'checks']
  const order = { model: 'plateaus', sizes: [2] } as const
  const [alone, duet] = await built([
    { ...order, settings: { submetrics } },
    { ...order, settings: { submetrics, duetBase: 'http://x' } },
  ])
  const asked = (loads?: Loads) =>
    Object.keys(loads?.thresholds ?? {}).filter((name) => /name:|checks/.test(name))
  assert.deepEqual(asked(alone), submetrics)
  assert.deepEqual(asked(duet), [
    'http_req_failed{name:/items/{{id}},side:a}',
    'http_req_failed{name:/items/{{id}},side:b}',
    'checks{side:a}',
    'checks{side:b}',
  ])
})

test('connections are new in every iteration unless they are kept', async () => {
  const order = { model: 'plateaus', sizes: [1] } as const
  const loads = await built([
    { ...order, settings: { keepConnections: false } },
    { ...order, settings: { keepConnections: true } },
  ])
  assert.deepEqual(
    loads.map(({ noVUConnectionReuse }) => noVUConnectionReuse),
    [true, false],
  )
})

test('an open model has the VUs that its responses may need, and no more at high rates', async () => {
  const cases: [rate: number, settings: Record<string, number>, vus: number][] = [
    [4, {}, 10],
    [100, {}, 150],
    [1000, {}, 550],
    [4000, {}, 1300],
    // Enough for responses as long as an SLO allows, up to 1.5 s.
    [1000, { sloMs: 250 }, 550],
    [4000, { sloMs: 500 }, 2000],
    [4000, { sloMs: 9000 }, 6000],
    [4000, { sloMs: 9000, maxVus: 7 }, 7],
  ]
  const loads = await built(cases.map(([rate, settings]) => ({ model: 'arrivals', sizes: [rate], settings })))
  assert.deepEqual(
    loads.map(({ scenarios }) => [scenarios.x_1?.preAllocatedVUs, scenarios.x_1?.maxVUs]),
    cases.map(([, , vus]) => [vus, vus]),
  )
})

test('random arrivals have their number of requests, no more VUs than these, and tell rate and seed to who inspects them', async () => {
  const settings = { poissonSeed: 7 }
  const [spike, quick] = await built([
    { model: 'arrivals', sizes: [10, 50], settings },
    { model: 'arrivals', sizes: [2], settings: { ...settings, durationMs: 1700 } },
  ])
  assert.deepEqual(
    [spike?.scenarios.x_2, quick?.scenarios.x_1].map((stage) => ({
      ...stage,
      gracefulStop: undefined,
      tags: undefined,
    })),
    [
      { startTime: '15000ms', maxDuration: '15000ms', iterations: 750, vus: 75, rate: '50' },
      { startTime: '0ms', maxDuration: '1700ms', iterations: 3, vus: 3, rate: '2' },
    ].map(({ rate, ...stage }) => ({
      executor: 'shared-iterations',
      ...stage,
      env: { OFFERED: rate, POISSON_SEED: '7' },
      gracefulStop: undefined,
      tags: undefined,
    })),
  )
})

test('both sides of a duet have the same load at the same moment, and their requests alternate', async () => {
  const settings = { duetBase: 'http://x', withServerTimes: true, rate: 20.5 }
  const [closed, open] = await built([
    { model: 'plateaus', sizes: [4], settings },
    { model: 'arrivals', sizes: [20.5], settings },
  ])
  assert.deepEqual(
    [closed, open].flatMap((load) =>
      Object.entries(load?.scenarios ?? {}).map(([name, { tags, exec, startTime, vus, rate, timeUnit }]) => [
        name,
        { ...tags },
        exec ?? null,
        Number.parseFloat(String(startTime)).toFixed(1),
        vus ?? `${rate} in ${timeUnit}`,
      ]),
    ),
    [
      ['x_a_1', { stage: '1', side: 'a' }, null, '0.0', 4],
      ['x_b_1', { stage: '1', side: 'b' }, 'sideB', '0.0', 4],
      ['x_a_1', { stage: '1', side: 'a' }, null, '0.0', '41 in 2s'],
      ['x_b_1', { stage: '1', side: 'b' }, 'sideB', '24.4', '41 in 2s'],
    ],
  )
})

test('the percentiles cover the full distribution, closer together towards the tail', async () => {
  const [load] = await built([{ model: 'plateaus', sizes: [1], settings: {} }])
  const statistics = load?.summaryTrendStats ?? []
  assert.deepEqual(statistics.slice(0, 5), ['avg', 'min', 'med', 'max', 'count'])
  const grid = statistics.slice(5).map((each) => Number(/^p\((.*)\)$/.exec(each)?.[1]))
  assert.deepEqual([grid[0], grid.at(-1), grid.length], [0, 100, 354 + 5])
  for (const [index, p] of grid.entries()) {
    const gap = p - (grid[index - 1] ?? -0.1)
    const widest = p <= 1 || (p > 95 && p <= 97) ? 0.1 : p <= 95 ? 0.5 : p <= 99 ? 0.05 : 0.01
    assert.ok(gap > 0 && gap < widest + 1e-9, `${gap} below p${p}`)
  }
})
