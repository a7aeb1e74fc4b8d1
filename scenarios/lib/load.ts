import type { ConstantVUsScenario, Options, Scenario } from 'k6/options'
import { timeoutMs } from './request.ts'
import type { Settings } from './settings.ts'
import { summaryTrendStats } from './summary.ts'

// What a request can fail of, by k6's codes (its documentation, "Error codes"); an answer's is its status + 1000. Not by
// status: k6 compares the tags of every request with each of these in the order of their names, and one that has no
// error_code is done with at the first.
const failures = [1000, 1050, 1101, 1201, 1210, 1211, 1212, 1220, 1404, 1429, 1500, 1502, 1503, 1504]

/**
 * A closed load that stands on one plateau of VUs after the other, all of the same length. Each plateau is a
 * k6 scenario of its own because its tags are then static: a tag that is set in every iteration costs a
 * quarter of the request rate.
 */
export const plateaus = (
  name: string,
  stages: readonly number[],
  settings: Settings,
  /** Of requests that are to be told apart. */
  kinds: readonly string[] = [],
): Options =>
  load(name, stages, settings, false, kinds, (vus, common) => ({ ...common, executor: 'constant-vus', vus }))

/**
 * An open load: iterations begin at a rate of their own, whether those before are done or not, as users come who do not
 * wait for one another. One plateau of so many a second after the other.
 */
export const arrivals = (name: string, rates: readonly number[], settings: Settings): Options =>
  load(name, rates, settings, true, [], (rate, common) => ({
    ...common,
    executor: 'constant-arrival-rate',
    rate,
    timeUnit: '1s',
    // All of them from the start: a VU that has to be made first is late, and looks like a slow target.
    preAllocatedVUs: settings.maxVus ?? vusFor(rate, settings.sloMs),
    maxVUs: settings.maxVus ?? vusFor(rate, settings.sloMs),
  }))

/**
 * Enough for answers of a second and a half each; a target that takes longer at that rate is not holding it. At a high rate
 * for shorter ones, but as long as an SLO allows: k6 hands its VUs out in turns, and each one's first request is slow, so
 * that thousands of them are seen in the percentiles, and in the generator's memory.
 */
const vusFor = (rate: number, sloMs: number): number =>
  Math.max(10, Math.ceil(Math.min(rate * 1.5, Math.max(300 + rate / 4, (rate * sloMs) / 1000))))

type Common = Required<Pick<ConstantVUsScenario, 'startTime' | 'duration' | 'gracefulStop' | 'tags'>>

function load(
  name: string,
  stages: readonly number[],
  settings: Settings,
  open: boolean,
  kinds: readonly string[],
  shape: (size: number, common: Common) => Scenario,
): Options {
  // Every VU runs the script from its top, and k6 has read the options by then: made anew, they took four fifths of a VU's
  // memory and nearly all of the time to make one.
  if (__VU > 0) return {}
  const lengthMs = Math.floor(settings.durationMs / stages.length)
  const scenarios: Record<string, Scenario> = {}
  stages.forEach((size, index) => {
    const stage = index + 1
    scenarios[`${name}_${stage}`] = shape(size, {
      startTime: `${index * lengthMs}ms`,
      duration: `${lengthMs}ms`,
      // Longer than a request may take: what is still in flight when this ends would vanish from the counts.
      gracefulStop: `${timeoutMs[open ? 'open' : 'closed'] + 1000}ms`,
      tags: { stage: String(stage) },
    })
  })
  return {
    scenarios,
    summaryTrendStats: summaryTrendStats(),
    // An empty list of thresholds makes k6 report a sub-metric without judging it.
    thresholds: Object.fromEntries(
      submetrics(stages.length, settings.ofWorkload, open, kinds).map((metric) => [metric, []]),
    ),
    // A kept connection stays with one pod, and a load balancer in front has nothing left to balance.
    noVUConnectionReuse: !settings.keepConnections,
    // Following a redirect would put the load on an address nobody agreed to.
    maxRedirects: 0,
    discardResponseBodies: true,
    // Fewer tags, fewer time series; the URL, which is also the name of a request, may hold a secret.
    systemTags: ['error_code', 'expected_response', 'method', 'scenario', 'status'],
  }
}

function submetrics(stages: number, ofWorkload: boolean, open: boolean, kinds: readonly string[]): string[] {
  // Without a threshold k6 leaves out a counter that nothing has counted, and none dropped looks like not watched.
  const names = [
    ...(open ? ['dropped_iterations'] : []),
    ...(open && stages === 1 ? ['latency_intended{half:1}', 'latency_intended{half:2}'] : []),
    'http_req_duration{expected_response:true}',
    ...failures.map((code) => `http_reqs{error_code:${code},expected_response:false}`),
    ...kinds.flatMap((kind) => [
      `http_reqs{kind:${kind}}`,
      `http_req_failed{kind:${kind}}`,
      `http_req_duration{kind:${kind},expected_response:true}`,
    ]),
  ]
  // One plateau is all of it: it needs no sub-metrics of its own, which cost requests and a third of the summary.
  for (let stage = 1; stages > 1 && stage <= stages; stage++) {
    names.push(
      `http_reqs{stage:${stage}}`,
      `http_req_failed{stage:${stage}}`,
      `iteration_duration{stage:${stage}}`,
      `http_req_duration{stage:${stage},expected_response:true}`,
    )
    if (open) names.push(`latency_intended{stage:${stage}}`, `start_lag{stage:${stage}}`)
    if (ofWorkload) names.push(`server_queue{stage:${stage}}`, `server_work{stage:${stage}}`)
  }
  return names
}
