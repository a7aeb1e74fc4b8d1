import { isOpen, stageLabel } from '../formats/load.ts'
import { isLatency, type Slo } from '../formats/slo.ts'
import { alike, changeSize, number, percent, quantity } from '../formats/words.ts'
import { largest, smallest } from '../numbers/extremes.ts'
import type { Figures } from '../run/figures.ts'
import type { Measures } from '../run/measures.ts'
import { leastQueueGrowth } from '../run/queue-growth.ts'
import { holds } from '../run/slo-figure.ts'
import { fitsLittlesLaw, type StageStatistics } from '../run/stages.ts'
import type { RunStatistics } from '../run/statistics.ts'

/** Figures with their percentiles, of a run or of a stage. */
type Measured = Figures & Pick<StageStatistics, 'percentiles'>

/** The answer of a run in a sentence, by the question of its kind of load. Nothing is said of figures that cannot be trusted. */
export function runSentence(run: RunStatistics): string {
  const sentence = answerSentence(run)
  // Also of an invalid run: requests are dropped where the target cannot sustain their rate.
  return run.cause === null ? sentence : `${sentence} ${run.cause.text}`
}

function answerSentence(run: RunStatistics): string {
  const { total, stages, requests, measures, verdict } = run
  if (verdict.kind === 'invalid') return 'Nothing can be concluded from this run.'
  const crossed = measures.thresholds.filter(({ passed }) => !passed)
  if (crossed.length > 0) return crossedSentence(crossed, measures.thresholds.length)
  if (!total.requests) return otherSentence(run)
  const names = measures.tagged.find(({ by }) => by.join() === 'name')?.rows ?? []
  return (
    slowest(requests, 'kinds of request') ??
    slowest(
      names.map((row) => ({ ...row, name: row.tags.name ?? '' })),
      'request names',
    ) ??
    (run.run === null || run.run.script ? plainSentence(run) : null) ??
    (isOpen(stages) ? openSentence(run) : closedSentence(run))
  )
}

/** The stage that answers: of a climb the knee, else the greatest load; null where the whole run is one load. */
export function answering({ stages, knee, run }: RunStatistics): StageStatistics | null {
  if (stages.length < 2 || run?.script) return null
  if (isClimb(stages)) return stages.find(({ vus }) => vus === knee) ?? stages.at(-1) ?? null
  return stages.reduce((a, b) => (loadOf(b) > loadOf(a) ? b : a))
}

/** Whether each stage had more VUs than the one before. */
export const isClimb = (stages: readonly StageStatistics[]): boolean =>
  stages.length > 1 &&
  !isOpen(stages) &&
  stages.every(({ vus }, index) => vus !== null && vus > (stages[index - 1]?.vus ?? 0))

const loadOf = ({ vus, offered }: StageStatistics): number => offered ?? vus ?? 0

/** The limits of a run that are about all of its requests. */
const limitsOf = ({ run }: RunStatistics): readonly Slo[] => (run?.slos ?? []).filter(({ tags }) => !tags)

function crossedSentence(crossed: Measures['thresholds'], of: number): string {
  const [first] = crossed
  const words = `${first?.metric} ${first?.expression}`
  return of === 1
    ? `The threshold ${words} was crossed.`
    : `${number(crossed.length)} of ${quantity(of, 'threshold')} crossed${crossed.length > 1 ? ', first' : ':'} ${words}.`
}

/** Of several kinds of request, which is slowest and which fastest; null for fewer than two with a p95. */
function slowest(rows: readonly (Figures & { readonly name: string })[], kinds: string): string | null {
  const known = rows.flatMap((row) => (row.p95Ms === null ? [] : [{ ...row, p95Ms: row.p95Ms }]))
  const sorted = known.sort((a, b) => b.p95Ms - a.p95Ms)
  const [slow, fast] = [sorted[0], sorted.at(-1)]
  if (!slow || !fast || slow === fast) return null
  return `Of ${number(rows.length)} ${kinds} ${slow.name} is slowest: p95 ${number(slow.p95Ms)} ms${failing(slow)}; fastest is ${fast.name} with ${number(fast.p95Ms)} ms.`
}

const failing = ({ errors }: Figures): string => (errors ? `, ${percent(errors)} errors` : '')

/** Of a run whose load is not known to be one of ours. */
function plainSentence(run: RunStatistics): string {
  const { total } = run
  const rate = total.rate === null ? '' : ` at ${number(total.rate)}/s`
  return `${quantity(total.requests ?? 0, 'request')}${rate}: ${figuresWords(run, measured(run))}.`
}

/** Of a run that made no request over HTTP. */
function otherSentence({ measures: { thresholds, checks, metrics } }: RunStatistics): string {
  if (thresholds.length > 0)
    return thresholds.length === 1
      ? 'The threshold held.'
      : `All ${quantity(thresholds.length, 'threshold')} held.`
  const passes = checks.reduce((sum, each) => sum + (each.passes ?? 0), 0)
  const all = checks.reduce((sum, each) => sum + (each.fails ?? 0), passes)
  if (all > 0) return `${percent(passes / all)} of ${quantity(all, 'check')} succeeded.`
  const iterations = metrics.find(({ name, tags }) => name === 'iterations' && Object.keys(tags).length === 0)
  return iterations?.type === 'counter' && iterations.count
    ? `${quantity(iterations.count, 'iteration')}, none with a request over HTTP.`
    : 'No request was made over HTTP.'
}

function openSentence(run: RunStatistics): string {
  const { stages, verdict, queueGrowth } = run
  const [first, ...more] = stages
  if (!first) return plainSentence(run)
  const rate = `${number(first.offered ?? 0)}/s`
  if (more.length === 0) {
    // As in the remarks: slower growth is not worth a word.
    if (queueGrowth !== null && queueGrowth >= leastQueueGrowth)
      return `Does not keep up with ${rate}: requests arrived ${changeSize(queueGrowth)} % faster than they were answered.`
    return verdict.kind === 'fail'
      ? `Does not hold ${rate}: ${missed(run)}.`
      : `${verdict.kind === 'pass' ? 'Holds' : 'At'} ${rate}: ${figuresWords(run, measured(run))}.`
  }
  return new Set(stages.map(loadOf)).size === 1 ? windowsSentence(run, rate) : ratesSentence(run)
}

/** Of a long run at one rate, measured in windows. */
function windowsSentence(run: RunStatistics, rate: string): string {
  const { stages } = run
  const held = stages.filter(({ holds }) => holds === true).length
  const p95s = stages.flatMap(({ p95Ms }) => p95Ms ?? [])
  const latency =
    p95s.length === stages.length
      ? `: p95 ${number(smallest(p95s))} to ${number(largest(p95s))} ms${limitWords(run, 'p95')}`
      : ''
  if (stages.some(({ holds }) => holds === null))
    return `${quantity(stages.length, 'window')} at ${rate}${latency}.`
  const all = held === stages.length ? `all ${number(held)}` : `${number(held)} of ${number(stages.length)}`
  return `Holds ${rate} in ${all} windows${latency}.`
}

/** Of several rates, such as a rush. */
function ratesSentence(run: RunStatistics): string {
  const { stages } = run
  const rates = [...new Set(stages.map(loadOf))].sort((a, b) => a - b)
  const of = (rate: number) => stages.filter((stage) => loadOf(stage) === rate)
  const peak = answering(run) as StageStatistics
  const at = (stage: StageStatistics) => figuresWords(run, stage)
  if (stages.some(({ holds }) => holds === null))
    return `At the peak of ${number(loadOf(peak))}/s: ${at(peak)}.`
  const held = rates.filter((rate) => of(rate).every(({ holds }) => holds))
  const [broke] = rates.filter((rate) => !held.includes(rate))
  if (broke === undefined) return `Holds up to ${number(loadOf(peak))}/s: ${at(peak)}.`
  const bad = of(broke).find(({ holds }) => !holds) as StageStatistics
  if (of(broke).some(({ holds }) => holds) && broke < loadOf(peak))
    return `Holds ${number(broke)}/s before the peak of ${number(loadOf(peak))}/s, but not after it: ${at(bad)}.`
  const below = held.filter((rate) => rate < broke).at(-1)
  return below === undefined
    ? `Does not hold ${number(broke)}/s: ${at(bad)}.`
    : `Holds ${number(below)}/s, but not ${number(broke)}/s: ${at(bad)}.`
}

/** How the replicas followed a growing load; null where they were not watched. */
export function followingSentence(following: RunStatistics['following']): string | null {
  const grown = following.find(({ from, to }) => to > from)
  if (grown)
    return grown.readyMs === null
      ? `Replicas were still following ${quantity(grown.vus, 'VU')} when that load ended: ${number(grown.from)} → ${number(grown.to)}.`
      : `Replicas followed ${quantity(grown.vus, 'VU')} in ${number(grown.readyMs / 1000)} s: ${number(grown.from)} → ${number(grown.to)}.`
  return following.length > 0 ? 'No replica was added: the load may have been too small for it.' : null
}

function closedSentence(run: RunStatistics): string {
  const { stages, following } = run
  const followed = followingSentence(following)
  if (followed !== null) return followed
  if (isClimb(stages)) return climbSentence(run)
  const stage = answering(run)
  if (stage) return `At the peak of ${stageLabel(stage)}: ${rateWords(stage)}, ${figuresWords(run, stage)}.`
  const [only] = stages
  if (!only) return plainSentence(run)
  const paused = run.run?.load.thinkMs === undefined ? '' : ' with pauses'
  const made = `${stageLabel(only)}${paused} ${only.vus === 1 ? 'makes' : 'make'} ${rateWords(only)}`
  return run.verdict.kind === 'fail'
    ? `${made}, but not within the SLOs: ${missed(run)}.`
    : `${made}: ${figuresWords(run, measured(run))}.`
}

function climbSentence(run: RunStatistics): string {
  const { stages, knee } = run
  const last = stages.at(-1) as StageStatistics
  const from = (knee === null ? stages[0] : stages.find(({ vus }) => vus === knee)) as StageStatistics
  if (from === last)
    return `No saturation up to ${stageLabel(last)}: ${rateWords(last)}, ${figuresWords(run, last)}.`
  const steady = fitsLittlesLaw(from) && fitsLittlesLaw(last)
  const doubt = steady ? '' : ' Not every stage was steady.'
  const made = knee === null ? `${from.vus === 1 ? ' makes' : ' make'} ` : ': '
  return `${kneeWords(run, from, last, steady)}${stageLabel(from)}${made}${rateWords(from)}; ${beyond(from, last)}.${doubt}`
}

/** Throughput that grows by more beyond the knee is not saturated: each request only takes longer than it is worth. */
const saturatedWithin = 0.25

function kneeWords(
  { knee }: RunStatistics,
  from: StageStatistics,
  last: StageStatistics,
  steady: boolean,
): string {
  if (knee === null) return ''
  if ((last.rate ?? 0) > (1 + saturatedWithin) * (from.rate ?? 0))
    return 'Most throughput for its latency at '
  return steady ? 'Saturates at ' : 'Seems to saturate at '
}

/** `16 VUs add 8 % and take 2.9 times as long` */
function beyond(from: StageStatistics, last: StageStatistics): string {
  const gain = from.rate && last.rate !== null ? last.rate / from.rate - 1 : 0
  const [plural, more] = last.vus === 1 ? ['s', 'does'] : ['', 'do']
  const throughput =
    Math.abs(gain) < 0.005
      ? `add${plural} nothing`
      : gain > 0
        ? `add${plural} ${changeSize(gain)} %`
        : `${more} ${changeSize(gain)} % less`
  // Both by the same figure.
  const known = from.p95Ms !== null && last.p95Ms !== null
  const [before, after] = known ? [from.p95Ms, last.p95Ms] : [from.meanMs, last.meanMs]
  const times = before && after !== null ? Number((after / before).toPrecision(2)) : null
  const long =
    times === null
      ? ''
      : times === 1
        ? ' at the same latency'
        : ` and take${plural} ${alike([times])(times)} times as long`
  return `${stageLabel(last)} ${throughput}${long}${failing(last)}`
}

const measured = ({ total, percentiles, stages }: RunStatistics): Measured =>
  stages.length === 1 && stages[0] ? stages[0] : { ...total, percentiles }

const rateWords = ({ rate }: Figures): string => (rate === null ? 'an unknown rate' : `${number(rate)}/s`)

/** `p95 12 ms, limit 250 ms`, of the latency that has a limit; errors where there are any. */
function figuresWords(run: RunStatistics, of: Measured): string {
  const figure = limitsOf(run).find((slo) => isLatency(slo.figure))?.figure ?? 'p95'
  const value = figureOf(of, figure)
  const latency = value === null ? [] : [`${figure} ${number(value)} ms${limitWords(run, figure)}`]
  const errors = of.errors === null ? [] : [of.errors === 0 ? 'no errors' : `${percent(of.errors)} errors`]
  // That nothing failed is worth a word only where there is little else.
  return (
    [...latency, ...(of.errors === 0 && latency.length > 0 && limitWords(run, figure) ? [] : errors)].join(
      ', ',
    ) || 'too few requests for a p95'
  )
}

function limitWords(run: RunStatistics, figure: string): string {
  const limit = limitsOf(run).find((slo) => slo.figure === figure)?.limit
  return limit === undefined ? '' : `, limit ${limit} ms`
}

/** The limits that were missed, or the first reason of the verdict. */
function missed(run: RunStatistics): string {
  const words = limitsOf(run).flatMap((slo) => {
    const value = figureOf(measured(run), slo.figure)
    if (value === null || holds(slo, value)) return []
    const { figure, limit } = slo
    if (figure === 'errors') return [`${percent(value)} errors, limit ${percent(limit)}`]
    return figure === 'rate'
      ? [`${number(value)}/s, at least ${limit}/s wanted`]
      : [`${figure} ${number(value)} ms, limit ${limit} ms`]
  })
  return words.join('; ') || (run.verdict.reasons[0] ?? 'the verdict is fail')
}

/** A figure that an SLO may limit; null where it is unknown or there were too few requests for it. */
function figureOf({ percentiles, ...figures }: Measured, figure: string): number | null {
  const named: Record<string, number | null> = {
    ...{ errors: figures.errors, rate: figures.rate, mean: figures.meanMs, max: figures.maxMs },
    ...{ p50: figures.p50Ms, p90: figures.p90Ms, p95: figures.p95Ms, p99: figures.p99Ms },
  }
  if (Object.hasOwn(named, figure)) return named[figure] ?? null
  return percentiles.find(([p]) => `p${p}` === figure)?.[1] ?? null
}
