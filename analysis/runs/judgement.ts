import { mean, median, sampleVariance } from 'simple-statistics'
import { z } from 'zod'
import { blockedP } from '../numbers/blocks.ts'
import { runsToTell } from '../numbers/detectable.ts'
import { deviations } from '../numbers/deviation.ts'
import { benjaminiHochberg } from '../numbers/false-discovery.ts'
import { hodgesLehmann, hodgesLehmannInTurns, Interval } from '../numbers/hodges-lehmann.ts'
import { cliffsDelta, mannWhitney } from '../numbers/mann-whitney.ts'
import { fewestRuns, Repeated, repeated } from '../numbers/repeated.ts'
import { studentQuantile } from '../numbers/student.ts'
import { westfallYoung } from '../numbers/westfall-young.ts'
import type { RunStatistics } from '../run/statistics.ts'
import { type FigureCompared, figuresOfRun, isTagged } from './figures-compared.ts'

export const Judgement = z.enum(['worse', 'better', 'no difference', 'cannot tell'])
export type Judgement = z.infer<typeof Judgement>

export const Compared = z.object({
  metric: z.string().describe('p95; of the requests with a name, for example, p95{name:checkout}'),
  unit: z.string(),
  better: z.enum(['higher', 'lower']),
  baseline: Repeated,
  candidate: Repeated,
  scale: z
    .enum(['ratio', 'difference'])
    .describe('the change is candidate ÷ baseline, or candidate − baseline for shares that may be 0'),
  change: z.number().describe('Hodges–Lehmann; the difference of the means for shares'),
  interval: Interval.nullable().describe('of the change; null for too few runs and for counts of runs'),
  p: z.number().describe('two-sided, of the rank sum: exact up to 100 runs, or 30 pairs'),
  adjusted: z
    .number()
    .describe(
      'p adjusted by Benjamini and Hochberg over the figures of speed of the whole run, p itself for its shares; of figures by name, group and so on adjusted by Westfall and Young over all of them',
    ),
  delta: z.number().describe('Cliff’s δ: −1 to 1, above 0 where the candidate’s values are greater'),
  judgement: Judgement,
  runsNeeded: z
    .number()
    .nullable()
    .describe('runs per side that would tell twice the least change from none, where these cannot'),
})
export type Compared = z.infer<typeof Compared>

/** The least change of an error rate that matters. */
export const leastErrors = 0.0005

// All chosen by simulation (bench/statistics.ts). By p alone, figures that vary much raised three times as many
// false alarms as the promised 0.5 %, and hardly more real changes were found.
const significanceFor = (runs: number): number => (runs < 10 ? 0.032 : 0.05)
// Matters below ten runs: with five a side the p of a change in only one of five figures is at least 5 × 2/252.
const significanceIfLarge = 0.04
// Of figures of parts of the run, adjusted by Westfall and Young. Five a side can be divided in 252 ways, so that
// the least p is 0.0079, however many figures there are.
const significanceOfTagged = 0.008
/** … whose interval must be as many of its widths from no change. */
const clearOfTagged = 1
/** How far an interval must be from no change, in its widths: with few runs it is wide already. */
const clearOf = (runs: number): number => Math.min(0.35, 0.18 + 0.035 * (runs - fewestRuns))

/** How runs of two sides are compared. */
type Comparing = {
  /** The least change that matters: 0.05 is 5 %. Of error rates it is always 0.0005. */
  readonly effect: number
  /** Whether a[i] and b[i] were run in turns. */
  readonly inTurns?: boolean
  /** The part of the permitted error that this look at the runs may spend, out of several. */
  readonly share?: number
  /** Of parts of the runs, beside the figures of the whole run. */
  readonly tagged?: readonly FigureCompared[]
}

/** A figure of both sides: as measured in `raw`, and `x`, `y`, `shift`, `interval` and `least` on its scale, which for a ratio is logarithmic. */
export type Measured = Pick<Compared, 'metric' | 'unit' | 'better' | 'scale' | 'interval' | 'p'> & {
  readonly raw: readonly [readonly number[], readonly number[]]
  readonly x: readonly number[]
  readonly y: readonly number[]
  readonly shift: number
  readonly least: number
}

/** Every figure that all runs have and that is not the same in all of them. */
const measured = (
  a: readonly RunStatistics[],
  b: readonly RunStatistics[],
  comparing: Comparing,
): Measured[] =>
  [...figuresOfRun, ...(comparing.tagged ?? [])].flatMap(({ of, ...figure }) => {
    const [x, y] = [a, b].map((runs) => runs.flatMap((run) => of(run) ?? [])) as [number[], number[]]
    // A figure that some runs lack would describe only a selection of them.
    if (x.length < a.length || y.length < b.length || x.length === 0 || y.length === 0) return []
    return new Set([...x, ...y]).size < 2 ? [] : [measuredFigure(figure, x, y, comparing)]
  })

/** One figure of both sides, from its values in each run. */
export function measuredFigure(
  figure: Pick<Measured, 'metric' | 'unit' | 'better'>,
  left: readonly number[],
  right: readonly number[],
  { effect, inTurns = false, share = 1 }: Comparing,
): Measured {
  const confidence = 1 - 0.05 * share
  const errors = figure.unit === 'share'
  const ratio = !errors && [...left, ...right].every((value) => value > 0)
  const [x, y] = ratio ? [left.map(Math.log), right.map(Math.log)] : [left, right]
  const least = errors ? leastErrors : ratio ? Math.log1p(effect) : effect * median([...left])
  // Most runs have hardly any errors: the typical difference would hide the few that have many.
  const change = errors
    ? differenceOfMeans(x, y, confidence)
    : (inTurns ? hodgesLehmannInTurns : hodgesLehmann)(x, y, confidence)
  const scale = ratio ? 'ratio' : 'difference'
  return { ...figure, scale, raw: [left, right], x, y, least, p: pOf(x, y, inTurns), ...change }
}

export const pOf = (x: readonly number[], y: readonly number[], inTurns: boolean): number =>
  inTurns ? blockedP(x, y) : mannWhitney(x, y).p

type Verdict = { readonly adjusted: number; readonly judgement: Judgement }

/**
 * The judgement of each figure, with its adjusted p. *Worse* and *better* need an adjusted p below 0.032
 * (0.05 from ten runs a side on), a change beyond `effect`, and an interval at least 0.18 (five runs a side)
 * to 0.35 (ten) of its width from no change; or an adjusted p below 0.04, and an interval beyond `effect` and
 * half of its width from no change.
 * *No difference* needs an interval within ± `effect`. Everything else, and fewer than five runs on a side, is
 * *cannot tell*.
 */
export function judgements(all: readonly Measured[], share = 1): Verdict[] {
  // Errors are another question than speed, so neither counts as one more test of the other.
  const family = all.filter(({ unit }) => unit !== 'share')
  const adjustedPs = benjaminiHochberg(family.map(({ p }) => p))
  return all.map((each) => {
    const adjusted = adjustedPs[family.indexOf(each)] ?? each.p
    return { adjusted, judgement: judge(each, differs(each, adjusted / share)) }
  })
}

/**
 * The judgements of figures of parts of the runs, which are a family of their own, so that they cost the figures of
 * the whole run no power, and however many there are, some is called worse hardly more often where nothing differs.
 * *Worse* and *better* need a p adjusted by Westfall and Young of at most 0.008, a change beyond `effect`, and an interval
 * at least its width from no change.
 */
function judgementsOfTagged(
  all: readonly Measured[],
  { inTurns = false, share = 1 }: Pick<Comparing, 'inTurns' | 'share'>,
): Verdict[] {
  const adjustedPs = westfallYoung(all, inTurns ? 2 : null)
  return all.map((each, index) => {
    const adjusted = adjustedPs[index] as number
    const { shift, least, interval } = each
    const shown = adjusted <= significanceOfTagged * share && Math.abs(shift) > least
    const clear = interval !== null && widthsFromNone(interval) > clearOfTagged
    return { adjusted, judgement: judge(each, shown && clear) }
  })
}

const fromNone = ({ low, high }: Interval): number => Math.max(low, -high)

/** How far an interval is from no change, in its widths; below 0 where it contains no change. */
const widthsFromNone = (interval: Interval): number => {
  const width = interval.high - interval.low
  const distance = fromNone(interval)
  return width > 0 ? distance / width : distance > 0 ? Infinity : -Infinity
}

function differs({ x, y, shift, interval, least }: Measured, adjusted: number): boolean {
  if (!interval) return false
  const runs = Math.min(x.length, y.length)
  const widths = widthsFromNone(interval)
  const clear = adjusted < significanceFor(runs) && Math.abs(shift) > least && widths > clearOf(runs)
  return clear || (adjusted < significanceIfLarge && fromNone(interval) > least && widths > 0.5)
}

function judge({ better, x, y, shift, interval, least }: Measured, different: boolean): Judgement {
  if (!interval || Math.min(x.length, y.length) < fewestRuns) return 'cannot tell'
  if (different) return shift > 0 === (better === 'higher') ? 'better' : 'worse'
  return interval.low >= -least && interval.high <= least ? 'no difference' : 'cannot tell'
}

/** Compares and judges every figure. */
export function judged(
  a: readonly RunStatistics[],
  b: readonly RunStatistics[],
  comparing: Comparing,
): Compared[] {
  const all = measured(a, b, comparing)
  const [ofRun, tagged] = [all.filter((each) => !isTagged(each)), all.filter(isTagged)]
  const verdicts = [...judgements(ofRun, comparing.share), ...judgementsOfTagged(tagged, comparing)]
  return all.map((each, index) => {
    const { raw, x, y, least: _, shift, interval, ...rest } = each
    const { adjusted, judgement } = verdicts[index] as (typeof verdicts)[number]
    const shown = (value: number) => (rest.scale === 'ratio' ? Math.exp(value) : value)
    return {
      ...rest,
      baseline: repeated(raw[0]),
      candidate: repeated(raw[1]),
      change: shown(shift),
      interval: interval && { ...interval, low: shown(interval.low), high: shown(interval.high) },
      adjusted,
      delta: cliffsDelta(x, y),
      judgement,
      runsNeeded: judgement === 'cannot tell' ? moreRuns(each, comparing.effect) : null,
    }
  })
}

/** Always more than there were; null where unknown. */
function moreRuns({ x, y, scale, metric }: Measured, effect: number): number | null {
  const had = Math.min(x.length, y.length)
  const { within } = deviations([x, y])
  // Those of parts of the run must show more, and how many runs that takes depends on all of them.
  const known = within && scale === 'ratio' && !isTagged({ metric })
  const needed = known ? runsToTell(within.value, effect) : null
  return needed === null ? (had < fewestRuns ? fewestRuns : null) : Math.max(needed, had + 1)
}

/** With Welch’s interval. Source: Welch, Biometrika 34, 1947. */
function differenceOfMeans(
  x: readonly number[],
  y: readonly number[],
  confidence: number,
): { shift: number; interval: Interval | null } {
  const shift = mean([...y]) - mean([...x])
  if (x.length < fewestRuns || y.length < fewestRuns) return { shift, interval: null }
  const [a, b] = [sampleVariance([...x]) / x.length, sampleVariance([...y]) / y.length]
  const degrees = Math.floor((a + b) ** 2 / (a ** 2 / (x.length - 1) + b ** 2 / (y.length - 1)))
  const half = a + b > 0 ? studentQuantile((1 + confidence) / 2, degrees) * Math.sqrt(a + b) : 0
  return { shift, interval: { low: shift - half, high: shift + half, confidence } }
}
