import type { Options, Scenario } from 'k6/options'
import { judgedMetrics } from './expected-body.ts'
import { summaryTrendStats } from './percentiles.ts'
import { arrivalCount } from './poisson.ts'
import { timeoutMs } from './request.ts'
import { type Settings, stageMs } from './settings.ts'
import { type Common, evenArrivals, inTurn, vusFor } from './stages.ts'
import { errorCodes } from './summary.ts'

/**
 * Options of a closed model: one plateau of VUs after another, all equally long. `kinds` are the kinds of request to
 * report separately. Each plateau is a k6 scenario because its tags are then static: setting a tag in every iteration
 * costs a quarter of the request rate.
 */
export const plateaus = (
  name: string,
  vusOfEach: readonly number[],
  settings: Settings,
  kinds: readonly string[] = [],
): Options =>
  load(name, vusOfEach, settings, 'closed', kinds, (vus, common) => ({
    ...common,
    executor: 'constant-vus',
    vus,
  }))

/**
 * Options of an open model: iterations start at a rate whether or not earlier ones have finished, like users who do
 * not wait for each other. One stage for each of `rates`, in iterations per second, all equally long.
 */
export const arrivals = (name: string, rates: readonly number[], settings: Settings): Options =>
  load(name, rates, settings, 'open', [], (rate, common) => {
    const vus = settings.maxVus ?? vusFor(rate, settings.sloMs)
    if (settings.poissonSeed !== undefined) return poissonArrivals(rate, rates.length, vus, settings, common)
    return evenArrivals(rate, vus, common)
  })

/**
 * No executor of k6 starts iterations at given times. So every free VU takes the next request and waits for its time; as
 * with k6's own arrival rates, a request finds no VU only where all wait for answers. `env` is for who reads the options.
 */
function poissonArrivals(
  rate: number,
  stages: number,
  vus: number,
  settings: Settings,
  { duration: maxDuration, ...common }: Common,
): Scenario {
  const iterations = arrivalCount(rate, stageMs(settings, stages))
  const env = { OFFERED: String(rate), POISSON_SEED: String(settings.poissonSeed) }
  // k6 refuses more VUs than iterations.
  const limits = { iterations, vus: Math.min(vus, iterations), maxDuration }
  return { ...common, executor: 'shared-iterations', ...limits, env }
}

function load(
  name: string,
  sizes: readonly number[],
  settings: Settings,
  model: 'open' | 'closed',
  kinds: readonly string[],
  scenarioOf: (size: number, common: Common) => Scenario,
): Options {
  // Every VU evaluates the script, but k6 reads the options only before the first. Building them again would take four
  // fifths of a VU's memory and nearly all of the time it takes to create one.
  if (__VU > 0) return {}
  // Longer than the timeout: k6 does not count requests that are still in flight when this ends.
  const times = { lengthMs: stageMs(settings, sizes.length), graceMs: timeoutMs[model] + 1000 }
  const scenarios = inTurn(name, sizes, times, scenarioOf)
  const duet = Boolean(settings.duetBase)
  const metrics = duet
    ? ['a', 'b'].flatMap((side) => sideMetrics(side, settings.withServerTimes, model === 'open'))
    : submetrics(sizes.length, settings.withServerTimes, model === 'open', kinds, settings.recorded)
  const { expectBody, thinkMs } = settings
  const own = duet
    ? settings.submetrics.flatMap((metric) => ['a', 'b'].map((side) => withSide(metric, side)))
    : settings.submetrics
  const all = [...metrics, ...own]
  const asked = (expectBody ? judgedMetrics(all, settings, duet) : all).map((metric) =>
    // Not the pauses.
    thinkMs > 0 ? metric.replace('iteration_duration{half', 'http_req_duration{half') : metric,
  )
  return {
    scenarios: Object.fromEntries(
      duet ? scenarios.flatMap((each) => bothSides(each, settings.rate)) : scenarios,
    ),
    summaryTrendStats: summaryTrendStats(),
    // An empty list of thresholds makes k6 report a sub-metric without judging it.
    thresholds: Object.fromEntries(asked.map((metric) => [metric, []])),
    // A connection that is kept stays with one pod, so a load balancer would have nothing to balance.
    noVUConnectionReuse: !settings.keepConnections,
    // A redirect could lead the load to an address whose owner never agreed to it.
    maxRedirects: 0,
    discardResponseBodies: !expectBody,
    // Fewer tags mean fewer time series. The URL, which is also a request's name, may contain a secret.
    systemTags: ['error_code', 'expected_response', 'method', 'scenario', 'status'],
  }
}

/** The scenario once for each side of a duet. In an open model their requests alternate. */
function bothSides([name, scenario]: [string, Scenario], rate: number): [string, Scenario][] {
  const [, kind, stage] = /^(.*)_(\d+)$/.exec(name) ?? []
  const later = scenario.executor === 'constant-vus' ? 0 : 500 / rate
  return [
    [`${kind}_a_${stage}`, { ...scenario, tags: { ...scenario.tags, side: 'a' } }],
    [
      `${kind}_b_${stage}`,
      { ...scenario, tags: { ...scenario.tags, side: 'b' }, startTime: `${later}ms`, exec: 'sideB' },
    ],
  ]
}

/** What a side of a duet needs, so that its summary is as complete as that of a run alone. */
const sideMetrics = (side: string, withServerTimes: boolean, open: boolean): string[] => [
  ...['http_reqs', 'http_req_failed', 'iterations', 'iterations_thrown', 'iteration_duration'].map(
    (metric) => `${metric}{side:${side}}`,
  ),
  ...(open ? ['latency_intended', 'start_lag'] : []).map((metric) => `${metric}{side:${side}}`),
  ...(withServerTimes ? ['server_queue', 'server_work'] : []).map((metric) => `${metric}{side:${side}}`),
  ...submetrics(1, withServerTimes, open, []).map((metric) => withSide(metric, side)),
]

const withSide = (metric: string, side: string): string =>
  metric.endsWith('}') ? `${metric.slice(0, -1)},side:${side}}` : `${metric}{side:${side}}`

function submetrics(
  stages: number,
  withServerTimes: boolean,
  open: boolean,
  kinds: readonly string[],
  recorded = false,
): string[] {
  const names = [
    // Without a threshold k6 leaves out a counter that stayed at zero, as if nobody had counted.
    ...(open ? ['dropped_iterations'] : []),
    ...(open && stages === 1 ? [1, 2, 3, 4].map((quarter) => `latency_intended{quarter:${quarter}}`) : []),
    ...(open || stages > 1 || kinds.length > 0 || recorded ? [] : ['iteration_duration{half:2}']),
    'http_req_duration{expected_response:true}',
    ...errorCodes.map((code) => `http_reqs{error_code:${code},expected_response:false}`),
    ...kinds.flatMap((kind) => [
      `http_reqs{kind:${kind}}`,
      `http_req_failed{kind:${kind}}`,
      `http_req_duration{kind:${kind},expected_response:true}`,
    ]),
  ]
  // A single stage needs no sub-metrics: they would repeat the totals, slow requests, and add a third to the summary.
  for (let stage = 1; stages > 1 && stage <= stages; stage++) {
    names.push(
      `http_reqs{stage:${stage}}`,
      `http_req_failed{stage:${stage}}`,
      `iteration_duration{stage:${stage}}`,
      `http_req_duration{stage:${stage},expected_response:true}`,
    )
    if (open) names.push(`latency_intended{stage:${stage}}`, `start_lag{stage:${stage}}`)
    if (withServerTimes) names.push(`server_queue{stage:${stage}}`, `server_work{stage:${stage}}`)
  }
  return names
}
