import type { ConstantVUsScenario, Options, Scenario } from 'k6/options'
import { arrivalCount } from './poisson.ts'
import { timeoutMs } from './request.ts'
import { type Settings, stageMs } from './settings.ts'
import { summaryTrendStats } from './summary.ts'

// Why requests fail, by k6's error codes (k6 documentation, "Error codes"); 1000 + the status for a response. Not by
// status: k6 compares the tags of every request with each sub-metric, tags in the order of their names, and a request
// without an error_code is ruled out by the first.
// The report gives the rest as one number.
const errorCodes = [
  1000, 1050, 1101, 1201, 1210, 1211, 1212, 1213, 1220, 1300, 1310, 1311, 1400, 1401, 1403, 1404, 1422, 1429,
  1500, 1502, 1503, 1504,
]

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
    // All VUs exist from the start: one that k6 must first create is late, which looks like a slow target.
    const vuLimits = { preAllocatedVUs: vus, maxVUs: vus }
    // A duet's side may have half a request per second, and k6 takes whole numbers.
    const perSecond = Number.isInteger(rate) ? { rate, timeUnit: '1s' } : { rate: 2 * rate, timeUnit: '2s' }
    return { ...common, executor: 'constant-arrival-rate', ...perSecond, ...vuLimits }
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

/**
 * Enough VUs for responses of 1.5 s; a target that needs longer is not keeping up with the rate. At high rates enough
 * for shorter responses, but at least for the longest that an SLO allows: k6 uses all VUs in turn and the first request
 * of each is slow, so thousands of them would show in the percentiles and in the generator's memory.
 */
const vusFor = (rate: number, sloMs: number): number =>
  Math.max(10, Math.ceil(Math.min(rate * 1.5, Math.max(300 + rate / 4, (rate * sloMs) / 1000))))

type Common = Required<Pick<ConstantVUsScenario, 'startTime' | 'duration' | 'gracefulStop' | 'tags'>>

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
  const lengthMs = stageMs(settings, sizes.length)
  const scenarios = sizes.map((size, index): [string, Scenario] => [
    `${name}_${index + 1}`,
    scenarioOf(size, {
      startTime: `${index * lengthMs}ms`,
      duration: `${lengthMs}ms`,
      // Longer than the timeout: k6 does not count requests that are still in flight when this ends.
      gracefulStop: `${timeoutMs[model] + 1000}ms`,
      tags: { stage: String(index + 1) },
    }),
  ])
  const duet = Boolean(settings.duetBase)
  const metrics = duet
    ? ['a', 'b'].flatMap((side) => sideMetrics(side, settings.withServerTimes, model === 'open'))
    : submetrics(sizes.length, settings.withServerTimes, model === 'open', kinds)
  const asked = duet
    ? settings.submetrics.flatMap((metric) => ['a', 'b'].map((side) => withSide(metric, side)))
    : settings.submetrics
  return {
    scenarios: Object.fromEntries(
      duet ? scenarios.flatMap((each) => bothSides(each, settings.rate)) : scenarios,
    ),
    summaryTrendStats: summaryTrendStats(),
    // An empty list of thresholds makes k6 report a sub-metric without judging it.
    thresholds: Object.fromEntries([...metrics, ...asked].map((metric) => [metric, []])),
    // A connection that is kept stays with one pod, so a load balancer would have nothing to balance.
    noVUConnectionReuse: !settings.keepConnections,
    // A redirect could lead the load to an address whose owner never agreed to it.
    maxRedirects: 0,
    discardResponseBodies: true,
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
): string[] {
  const names = [
    // Without a threshold k6 leaves out a counter that stayed at zero, as if nobody had counted.
    ...(open ? ['dropped_iterations'] : []),
    ...(open && stages === 1 ? [1, 2, 3, 4].map((quarter) => `latency_intended{quarter:${quarter}}`) : []),
    ...(open || stages > 1 || kinds.length > 0 ? [] : ['iteration_duration{half:2}']),
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
