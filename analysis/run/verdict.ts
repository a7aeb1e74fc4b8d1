import type { Process } from '../formats/generators.ts'
import { plannedMs, sizeWords } from '../formats/load.ts'
import { type Run, stageTags, type Verdict } from '../formats/run.ts'
import { type Slo, sloWords, tagWords } from '../formats/slo.ts'
import { findMetric, type Summary, type SummaryReading } from '../formats/summary.ts'
import { number, percent, quantity } from '../formats/words.ts'
import { largest } from '../numbers/extremes.ts'
import { because, blamed } from './failures.ts'
import type { Figures } from './figures.ts'
import { holds, sloFigure } from './slo-figure.ts'

/** k6's exit code after test.fail(). */
const failedByScript = 110

const exits: Record<number, string> = {
  99: 'a threshold of the script was crossed',
  100: 'setup() timed out',
  101: 'teardown() timed out',
  104: 'its options are invalid',
  105: 'it was interrupted',
  107: 'the script threw an exception when it started',
  108: 'the script aborted the test',
  109: 'it panicked',
  255: 'a flag or file was wrong',
}

/**
 * Pass, fail or invalid; "not judged" for a summary without run.json that has no threshold either. Invalid
 * takes precedence: a run that measured nothing says nothing about the SLOs. Crossed thresholds are named first.
 * @param total the figures of the whole run; null when the summary is unreadable
 */
export function judge(run: Run | null, reading: SummaryReading, total: Figures | null): Verdict {
  const invalid = run ? processReasons(run) : []
  if (reading.kind === 'unreadable') invalid.push(`no figures: summary.json: ${reading.reason}`)
  if (reading.kind === 'unreadable' || !total) return { kind: 'invalid', reasons: invalid }

  const { summary } = reading
  for (const reason of emptinessReasons(run, summary, total)) invalid.push(reason)
  const crossed = summary.thresholds.flatMap(({ metric, expression, passed }) =>
    passed ? [] : [`k6 threshold crossed: ${metric} ${expression}`],
  )
  const slos = (run?.slos ?? []).map((slo) => judgeSlo(slo, summary, total))
  for (const { unknown } of slos) if (unknown) invalid.push(unknown)
  if (invalid.length > 0) return { kind: 'invalid', reasons: [...crossed, ...invalid] }
  // Of merged summaries without run.json nobody knows what they were to hold.
  const unlimited = !run || (run.merge !== undefined && run.load.stages.length === 0 && run.slos.length === 0)
  if (unlimited && summary.thresholds.length === 0)
    return { kind: 'not judged', reasons: unjudged(summary, total) }

  const missed = slos.flatMap(({ missed }) => missed ?? [])
  const failed = run?.k6.exitCode === failedByScript ? ['the script called test.fail()'] : []
  const reasons = [...crossed, ...failed, ...missed]
  return { kind: reasons.length > 0 ? 'fail' : 'pass', reasons }
}

function unjudged(summary: Summary, { failed, requests }: Figures): string[] {
  const of =
    requests === null
      ? quantity(failed ?? 0, 'request')
      : `${number(failed ?? 0)} of ${quantity(requests, 'request')}`
  const errors = failed ? [`${of} failed${because(summary)}`] : []
  const checks = findMetric(summary, 'checks')?.values
  const succeeded = checks?.rate ?? checks?.value
  const missed =
    succeeded !== undefined && succeeded < 1 ? [`${percent(succeeded)} of the checks succeeded`] : []
  const limits =
    summary.shape === 'machine-readable'
      ? 'no SLO, and k6’s machine-readable summary does not say whether thresholds were crossed'
      : 'no threshold and no SLO'
  return [limits, ...errors, ...missed]
}

/** Why a run says nothing about its target: it was interrupted, or k6 failed or was the bottleneck. */
export function processReasons(run: Run): string[] {
  const { k6, interrupted, load, merge } = run
  if (interrupted) {
    return [`interrupted before its planned ${number(plannedMs(load.stages) / 1000)} s were over`]
  }
  // What is wrong with one of several k6 is said of that one.
  if (merge) return [...merge.problems, ...generatorReasons(run)]
  const why = exitReason(k6)
  return why === null ? generatorReasons(run) : [why]
}

/** Why a k6 process did not end as it should; null where it did, also with a threshold crossed. */
export function exitReason({ signal, exitCode }: Pick<Process, 'signal' | 'exitCode'>): string | null {
  if (signal) return `k6 was killed by ${signal}; did it run out of memory?`
  if ([0, 99, failedByScript].includes(exitCode ?? -1)) return null
  const why = exits[exitCode ?? -1]
  return `k6 exited with code ${exitCode}${why ? `: ${why}` : ''}; see k6.log`
}

/** The share of its CPU beyond which a generator’s own delays show in the latencies it measures. */
const mostUsed = 0.85
/** The share of its limit's periods from which on a generator's own delays show in p95 and above. */
export const mostThrottled = 0.1
/** The share of its runnable time that a generator may wait while `spare` of the machine is idle. */
const mostWaited = 0.65
const spare = 0.15
// The mean number of threads that must be waiting: a generator that hardly runs delays hardly any request.
const mostThreads = 0.3

/** What to change where the generator runs out of something. */
const remedies = {
  'open files': 'raise the limit (ulimit -n), or use fewer VUs',
  ports: 'keep connections, make fewer requests a second, or use several addresses',
  memory: 'use fewer VUs, or a machine with more memory',
} as const

/** Why the run measured its own generator. (A machine shared with the target is only a remark.) */
function generatorReasons(run: Run): string[] {
  const { k6, host, startedAt, endedAt, generators = [] } = run
  const seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000
  // Those on nodes of their own are no sum of one machine.
  const apart = generators.filter(({ node }) => node !== null)
  if (apart.length === 0) return bottlenecks('the generator', k6, host.cores, seconds)
  return apart.flatMap(({ name, process, cores, figures }) => {
    if (!process) return []
    const ownSeconds = figures?.durationMs ? figures.durationMs / 1000 : seconds
    const who = `the generator ${name}`
    const found = bottlenecks(who, { ...process, machineBusyCores: null }, cores, ownSeconds)
    return found.length > 0 ? found : heldBack(who, process, ownSeconds)
  })
}

function bottlenecks(
  who: string,
  { cpuSeconds, waitedSeconds, throttled, machineBusyCores, shortages }: Process,
  cores: number | null,
  seconds: number,
): string[] {
  // Requests that failed before they left the generator say nothing about the target.
  if (shortages.length > 0)
    return shortages.map(
      ({ what, requests, limit }) =>
        `${who} ran out of ${what}${limit === null ? '' : ` (it may have ${number(limit)})`}, so ${quantity(requests, 'request')} failed: ${remedies[what]}`,
    )
  if (cpuSeconds === null || cores === null || seconds < 1) return []
  if (cpuSeconds > mostUsed * cores * seconds) {
    return [
      `${who} was the bottleneck: k6 used ${number(cpuSeconds / seconds)} of ${quantity(cores, 'core')}`,
    ]
  }
  if (throttled !== null && throttled >= mostThrottled)
    return [
      `${who} was the bottleneck: its CPU limit held k6 back in ${percent(throttled)} of the limit’s periods, so it needs a higher one`,
    ]
  if (waitedSeconds === null || machineBusyCores === null) return []
  const waited = waitedSeconds / Math.max(waitedSeconds + cpuSeconds, Number.MIN_VALUE)
  const idle = 1 - machineBusyCores / cores
  if (waited < mostWaited || idle < spare || waitedSeconds < mostThreads * seconds) return []
  return [
    `${who} was the bottleneck: k6 waited for a CPU for ${percent(waited)} of the time in which it could have run, while ${percent(idle)} of the machine was idle, so a CPU limit throttles it`,
  ]
}

/** On a node of its own, where both a limit and a busy node are troubles of the generator. */
function heldBack(who: string, { cpuSeconds, waitedSeconds }: Process, seconds: number): string[] {
  if (cpuSeconds === null || waitedSeconds === null) return []
  const waited = waitedSeconds / Math.max(waitedSeconds + cpuSeconds, Number.MIN_VALUE)
  return waited < mostWaited || waitedSeconds < mostThreads * seconds
    ? []
    : [
        `${who} was the bottleneck: k6 waited for a CPU for ${percent(waited)} of the time in which it could have run; it needs a higher CPU limit, or a node that is less busy`,
      ]
}

/** Whether the generator rather than the target limited the run. */
export const measuredGenerator = (run: Run): boolean => generatorReasons(run).length > 0

/** What k6 measures even if a script does nothing. */
const ofEveryRun =
  /^(vus|vus_max|iterations|iteration_duration|iterations_thrown|dropped_iterations|data_sent|data_received|group_duration|http_(?!req_duration$).*)$/

function emptinessReasons(run: Run | null, summary: Summary, total: Figures): string[] {
  const thrown = findMetric(summary, 'iterations_thrown')?.values.count ?? 0
  const iterations = findMetric(summary, 'iterations')?.values.count ?? 0
  const dropped = findMetric(summary, 'dropped_iterations')?.values.count ?? 0
  const requests = total.requests ?? 0
  const reasons = []
  // A summary of gRPC, WebSockets or a browser has no http_reqs, but metrics that show what was measured.
  const other =
    (!run || run.script) &&
    total.requests === null &&
    summary.metrics.some(
      ({ name, values }) => !ofEveryRun.test(name) && Object.values(values).some((value) => value > 0),
    )
  if (requests === 0 && !other) reasons.push('no request was made: nothing was measured')
  else if (requests > 0 && total.failed === requests) {
    reasons.push(`all ${quantity(requests, 'request')} failed${because(summary)}: nothing was measured`)
  }
  // A script's own threshold may end a run in its first iteration.
  const judged = run?.script && summary.thresholds.some(({ passed }) => !passed)
  if (requests > 0 && iterations === 0 && !judged) reasons.push('no iteration finished')
  if (thrown > 0)
    reasons.push(`${number(thrown)} of ${quantity(iterations, 'iteration')} threw an exception; see k6.log`)
  // k6 skips a request that it cannot make, for instance to an invalid address, and continues.
  if (run && !run.script && requests > 0 && iterations > requests + dropped)
    reasons.push(
      `${number(iterations - requests)} of ${quantity(iterations, 'iteration')} made no request; see k6.log`,
    )
  // An empty run has its reason already.
  if (reasons.length > 0 || run?.interrupted) return reasons
  if (dropped > 0) {
    // With random start times a dropped request is an iteration too.
    const ours = run && !run.script
    const planned = dropped + (ours ? Math.min(iterations, requests) : iterations)
    const vus = run ? ` (${number(largest(run.load.stages.map(({ vus }) => vus)))})` : ''
    reasons.push(
      `k6 dropped ${number(dropped)} of ${quantity(planned, ours ? 'request' : 'iteration')} because all its VUs${vus} were waiting for answers: the target cannot sustain that rate, or there were too few VUs`,
    )
  }
  // A k6 scenario of a script may make no request at all.
  if (!run || run.script) return reasons
  for (const stage of run.load.stages) {
    const requests = findMetric(summary, 'http_reqs', stageTags(run, stage.stage))?.values.count ?? 0
    if (requests === 0) reasons.push(`stage ${stage.stage} (${sizeWords(stage)}) finished no request`)
  }
  return reasons
}

function judgeSlo(slo: Slo, summary: Summary, total: Figures): { missed?: string; unknown?: string } {
  const { value, samples, needs } = sloFigure(slo, summary, total)
  const { figure, tags } = slo
  if (value !== null) {
    if (holds(slo, value)) return {}
    const missed = `${sloWords(slo)} missed: `
    if (tags?.check !== undefined) return { missed: missed + percent(value) }
    if (figure === 'errors')
      return { missed: missed + percent(value) + (tags ? '' : because(summary) + blamed(summary)) }
    const unit = tags?.metric !== undefined ? '' : figure === 'rate' ? '/s' : ' ms'
    return { missed: missed + number(value) + unit }
  }
  const unknown = `${sloWords(slo)} cannot be judged: `
  if (needs && (!tags || (samples ?? 0) > 0)) {
    return {
      unknown: `${unknown}${figure} needs ${quantity(needs, tags?.metric === undefined ? 'successful request' : 'value')}, and there were ${number(samples ?? 0)}`,
    }
  }
  const { check, metric } = tags ?? {}
  const ofRequests = check === undefined && metric === undefined
  // A run in which none succeeded has its reason already.
  if (ofRequests && (total.samples ?? total.requests ?? 0) === 0) return {}
  if (!tags) return { unknown: `${unknown}the summary has no ${figure}` }
  const what = `a ${check === undefined ? 'request' : 'check'} with ${tagWords(tags)}`
  return { unknown: `${unknown}the summary has no ${figure} of ${metric ? `a metric ${metric}` : what}` }
}
