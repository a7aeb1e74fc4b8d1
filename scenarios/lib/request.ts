import { sleep } from 'k6'
import { SharedArray } from 'k6/data'
import exec from 'k6/execution'
import http from 'k6/http'
import { Counter, Trend } from 'k6/metrics'
import { judging } from './expected-body.ts'
import { arrivalCount, poissonTimes, uniformsFrom } from './poisson.ts'
import { renewing } from './renewal.ts'
import { serverTimes, stageOf } from './server-times.ts'
import { type Row, type Settings, stageMs } from './settings.ts'

/**
 * Closed model: k6's default, because any other would have to be passed with every request. Open model: shorter,
 * because its rate does not depend on what a request costs, and one request without a response delays the end of the run.
 */
export const timeoutMs = { closed: 60_000, open: 30_000 } as const

const thrown = new Counter('iterations_thrown')
const latencyIntended = new Trend('latency_intended', true)
const startLag = new Trend('start_lag', true)
// k6's own counter.
const dropped = new Counter('dropped_iterations')

/** Of a VU, whichever kinds of request it sends. */
let ends: (() => boolean) | undefined

/**
 * An iteration that sends one request. `kind` tags it, for scripts with several kinds. `rates` are those of
 * an open model's stages, per second. `firstRows` has the row of the data with which each stage begins, in order.
 */
export function request(
  settings: Settings,
  {
    kind,
    rates,
    firstRows = [0],
  }: { kind?: string; rates?: readonly number[]; firstRows?: readonly number[] } = {},
): () => void {
  const { base, path, withServerTimes, token, method, body, headers, expectedStatuses, rows } = settings
  const judge = settings.expectBody ? judging(settings) : null
  // k6 documents null, and its types do not have it.
  http.setResponseCallback(judge ? (null as never) : http.expectedStatuses(...expectedStatuses))
  const sent = { ...headers, ...(token && { authorization: `Bearer ${token}` }) }
  // Parameters cost up to a tenth of the request rate, even empty ones, and naming the method costs some of it
  // (bench/scenarios.ts): a plain GET goes without both.
  const params =
    kind || rates || Object.keys(sent).length > 0
      ? { headers: sent, ...(kind && { tags: { kind } }), ...(rates && { timeout: timeoutMs.open }) }
      : undefined
  const url = base + path
  const plain = method === 'GET' && body === null && params === undefined && !rows
  ends ??= settings.renewal && renewing(settings.renewal)
  // The target closes first, so that its port waits and not the generator's. HTTP/2 has no such header: k6 closes.
  const last = { ...sent, connection: 'close' }
  const take = serverTimes(stageMs(settings, firstRows.length), firstRows.length, rates)
  // Does not count what it throws: that shows as an iteration without a request, and wrapping costs time.
  if (plain && !judge && !ends) return withServerTimes ? () => take(http.get(url)) : () => void http.get(url)
  const judged = <Answered extends http.Response>(answer: Answered, tags?: { name: string }): Answered => {
    judge?.(answer, tags)
    return answer
  }
  const send = rows
    ? () => {
        const { name, iterationInTest } = exec.scenario
        const row = rows[((firstRows[stageOf(name) - 1] ?? 0) + iterationInTest) % rows.length] as Row
        const tags = row.name ? { name: row.name } : undefined
        const answer = http.request(method, base + row.path, row.body, {
          ...params,
          headers: { ...(ends?.() ? last : sent), ...row.headers },
          ...(tags && { tags }),
        })
        return judged(answer, tags)
      }
    : plain && !ends
      ? () => judged(http.get(url))
      : () => judged(http.request(method, url, body, ends?.() ? { ...params, headers: last } : params))
  return counted(withServerTimes ? () => take(send()) : send)
}

/** How many quick iterations a VU makes between two looks at the clock; more would miss a target that becomes slow. */
const unwatched = 7

/**
 * Iterations of a plateau whose second half is tagged, to see whether latency changed: Little's law cannot show it, since
 * VUs without pauses are always busy. The tag stays with its VU; setting it in every iteration would cost a quarter of the
 * request rate, and even a look at the clock costs some percent: where k6 records figures by period, these have to do.
 */
export function halved({ durationMs, recorded }: Settings, send: () => void): () => void {
  if (recorded) return send
  let halfAt = 0
  let lookedAt = 0
  let left = 0
  return () => {
    if (left > 0) left--
    else {
      const now = Date.now()
      if (halfAt === 0) halfAt = exec.scenario.startTime + durationMs / 2
      if (now >= halfAt) {
        exec.vu.metrics.tags.half = '2'
        left = Number.POSITIVE_INFINITY
      } else left = now - lookedAt < 40 ? unwatched : 0
      lookedAt = now
    }
    send()
  }
}

/**
 * An iteration of the open model that also measures latency from its intended start, which follows from its number. So
 * a stall counts for every request that it delayed, even where k6 itself was late: this corrects for coordinated
 * omission (Tene, "How NOT to Measure Latency"). `rates` are those of the stages, in order, per second.
 * With a single stage its quarters are tagged: a growing queue makes each slower than the one before.
 */
export function scheduledRequest(settings: Settings, rates: readonly number[]): () => void {
  const lengthMs = stageMs(settings, rates.length)
  let planned = 0
  const firstRows = rates.map((rate) => {
    planned += arrivalCount(rate, lengthMs)
    return planned - arrivalCount(rate, lengthMs)
  })
  const send = request(settings, { rates, firstRows })
  const quarters = ['1', '2', '3', '4'].map((quarter) => ({ quarter }))
  const quarter = (ms: number) =>
    rates.length > 1 ? undefined : quarters[Math.min(3, Math.floor((4 * ms) / lengthMs))]
  const random =
    settings.poissonSeed === undefined ? null : randomTimes(rates, lengthMs, settings.poissonSeed)
  const clock = scenarioClock(lengthMs, random === null)
  return () => {
    const { name, iterationInTest } = exec.scenario
    const stage = stageOf(name)
    const sinceStart =
      random?.[stage - 1]?.[iterationInTest] ?? (iterationInTest * 1000) / (rates[stage - 1] ?? 1)
    const lateMs = () => clock(name) - sinceStart
    if (random && !awaited(-lateMs())) return
    startLag.add(Math.max(0, lateMs()))
    send()
    latencyIntended.add(Math.max(0, lateMs()), quarter(sinceStart))
    // k6 ends a stage of iterations with the last of them, and would divide by that time.
    if (iterationInTest + 1 === random?.[stage - 1]?.length)
      sleep(Math.max(0, (lengthMs - clock(name)) / 1000))
  }
}

/**
 * Milliseconds since the k6 scenario with that name began. `Date.now()` and k6's `startTime` have whole ones only, which
 * is too coarse for requests that take two; the duration of the test run and, where `timed`, the progress of a scenario
 * whose length is a time are exact. Without it the start is known to a millisecond.
 */
function scenarioClock(lengthMs: number, timed: boolean): (name: string) => number {
  // k6 makes another object each time that it is asked for one.
  let instance: typeof exec.instance | undefined
  const starts = new Map<string, number>()
  return (name) => {
    instance ??= exec.instance
    const start = starts.get(name)
    if (start !== undefined) return instance.currentTestRunDuration - start
    const { progress, startTime } = exec.scenario
    const now = instance.currentTestRunDuration
    const sinceStart = timed && progress < 1 ? progress * lengthMs : Date.now() - startTime
    starts.set(name, now - sinceStart)
    return sinceStart
  }
}

/**
 * For the stages of a closed model, which make nobody knows how many requests: each begins in a part of the rows of its
 * own, so that a later one does not repeat the first requests of the one before.
 */
export const spreadRows = ({ rows }: Settings, stages: number): number[] =>
  Array.from({ length: stages }, (_, index) => Math.floor((index * (rows?.length ?? 0)) / stages))

/** The Poisson times of each stage, in ms from its start. All VUs share one copy. */
function randomTimes(rates: readonly number[], lengthMs: number, seed: number): (readonly number[])[] {
  const uniform = uniformsFrom(seed)
  return rates.map(
    (rate, index) =>
      new SharedArray(`times ${index}`, () => poissonTimes(arrivalCount(rate, lengthMs), lengthMs, uniform)),
  )
}

/** Waits for the intended start. False where it has passed because no VU was free: k6 drops such an iteration. */
function awaited(earlyMs: number): boolean {
  if (earlyMs > 0) sleep(earlyMs / 1000)
  else if (exec.vu.iterationInScenario > 0) {
    dropped.add(1)
    return false
  }
  return true
}

/**
 * An iteration that picks one of several kinds of request, each as often as its weight says. Multiples of the golden
 * ratio modulo one are spread evenly over 0 to 1 (Weyl 1916), so that the shares hold even over few iterations and no
 * kind falls into step with another. A weight for an unknown kind throws.
 */
export function mixed(kinds: Readonly<Record<string, () => void>>, weights: Settings['weights']): () => void {
  let total = 0
  const ranges = Object.entries(weights).map(([name, weight]) => {
    const send = kinds[name]
    if (!send)
      throw new Error(
        `LAS_MIX: unknown kind of request "${name}"; available: ${Object.keys(kinds).join(', ')}`,
      )
    total += weight
    return { send, upTo: total }
  })
  return () => {
    const at = ((exec.scenario.iterationInTest * 0.618033988749895) % 1) * total
    ranges.find(({ upTo }) => at < upTo)?.send()
  }
}

/** Counts iterations that throw: k6 counts them as finished, and exits with 0. */
function counted(iteration: () => void): () => void {
  return () => {
    try {
      iteration()
    } catch (error) {
      thrown.add(1)
      throw error
    }
  }
}
