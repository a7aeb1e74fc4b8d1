import { z } from 'zod'
import type { TaggedFigure } from '../formats/figure.ts'
import { quantity } from '../formats/words.ts'
import { largest } from '../numbers/extremes.ts'
import { groupedBy } from '../numbers/group.ts'
import { badRuns } from '../run/bad-run.ts'
import type { RunStatistics } from '../run/statistics.ts'
import { badSides } from './bad-sides.ts'
import { ByPercentile, byPercentile } from './by-percentile.ts'
import { comparability, inTurns, sideLevels } from './comparability.ts'
import { missingFigures, taggedFigures, unknownFigures } from './figures-compared.ts'
import { Compared, Judgement, judged } from './judgement.ts'
import { pairsOf } from './pairs.ts'

const ComparedGroup = z.object({
  scenario: z.string(),
  replicas: z.number().nullable(),
  factors: z
    .record(z.string(), z.string())
    .optional()
    .describe('the levels of other factors than replicas, of runs of a series that varied them'),
  runs: z.object({ baseline: z.number(), candidate: z.number() }),
  invalid: z.number().describe('invalid runs of both sides, which were left out'),
  interleaved: z
    .boolean()
    .describe('whether the sides were run in turns, so that changes of the machine affected both'),
  pairs: z
    .number()
    .nullable()
    .describe(
      'pairs of runs made in turns, which the intervals are from; null where the sides were compared as two sets',
    ),
  looks: z
    .number()
    .describe(
      'how many times the runs could be looked at: each look spends its share of the permitted error',
    ),
  suspect: z
    .boolean()
    .describe('whether more runs of the candidate went wrong than can be ignored, but too few to be sure'),
  refused: z
    .array(z.string())
    .describe('why the two cannot be compared; empty where they can, or were compared anyway'),
  warnings: z.array(z.string()),
  metrics: z.array(Compared),
  byPercentile: ByPercentile.nullable().describe(
    'how latency changed at each percentile; null where the runs have fewer than three in common',
  ),
  judgement: Judgement,
})
/** Runs of both sides with the same scenario, number of replicas and other factors. */
export type ComparedGroup = z.infer<typeof ComparedGroup>

export const Comparison = z.object({
  effect: z.number().describe('the smallest change that matters, as a share'),
  split: z.number().describe('number of baseline runs, which come first'),
  groups: z.array(ComparedGroup),
  unmatched: z.array(z.string()).describe('what only one side has, and figures that no run has'),
  judgement: Judgement,
})
export type Comparison = z.infer<typeof Comparison>

/** Whether more runs would not change a comparison: something is worse, or every figure has its answer. */
export const isDecided = ({ judgement, suspect, metrics }: ComparedGroup): boolean =>
  judgement === 'worse' ||
  (!suspect &&
    metrics.length > 0 &&
    metrics.every((each) => each.metric === badRuns || each.judgement !== 'cannot tell'))

export type CompareOptions = {
  readonly effect?: number
  readonly anyway?: boolean
  readonly figures?: readonly TaggedFigure[] | null
  readonly percentiles?: boolean
}

/**
 * Whether the candidate's runs differ from the baseline's, for each scenario and number of replicas that both
 * have.
 * @param options `effect`: the smallest change that matters (0.05: 5 %); `anyway`: compare even what is not
 * comparable; `figures`: of parts of the runs, beside those of the whole run (default: the p95 of each request name
 * that all runs have); `percentiles`: also how latency changed at each percentile, which no judgement needs
 */
export function compare(
  baseline: readonly RunStatistics[],
  candidate: readonly RunStatistics[],
  { effect = 0.05, anyway = false, figures = null, percentiles = false }: CompareOptions = {},
): Comparison {
  const [before, after] = [grouped(baseline), grouped(candidate)]
  const names = [...new Set([...before.keys(), ...after.keys()])].sort()
  const groups = names.flatMap((name) => {
    const [a, b] = [before.get(name), after.get(name)]
    return a && b ? [compareGroup(a, b, { effect, anyway, figures, percentiles })] : []
  })
  const unmatched = names.flatMap((name) =>
    before.has(name) && after.has(name)
      ? []
      : [`${name}: only the ${before.has(name) ? 'baseline' : 'candidate'} has it`],
  )
  const unknown = unknownFigures([...baseline, ...candidate], figures ?? [])
  if (unknown !== null) unmatched.push(unknown)
  return {
    effect,
    split: baseline.length,
    groups,
    unmatched,
    judgement: worst(groups.map(({ judgement }) => judgement)),
  }
}

const worst = (judgements: readonly Judgement[]): Judgement =>
  (['worse', 'better', 'cannot tell', 'no difference'] as const).find((each) => judgements.includes(each)) ??
  'cannot tell'

/** How many times the runs of a series are looked at; a label may say anything. */
function looksOf({ run }: RunStatistics): number {
  const looks = Number(run?.labels.looks)
  return looks >= 1 && looks < 1e6 ? Math.floor(looks) : 1
}

/**
 * What runs that are compared with each other have in common: replicas, null where unknown or where it is what the sides
 * differ in, and the other factors of a series without sides.
 */
export function inCommon(run: RunStatistics['run']): Pick<ComparedGroup, 'replicas' | 'factors'> {
  const { replicas: _, ...factors } = run?.labels.side ? {} : (run?.factors ?? {})
  return {
    replicas: 'replicas' in sideLevels(run) ? null : (run?.target.replicas ?? null),
    ...(Object.keys(factors).length > 0 && { factors }),
  }
}

const grouped = (runs: readonly RunStatistics[]): Map<string, RunStatistics[]> =>
  groupedBy(runs, ({ run }) => {
    const { replicas, factors = {} } = inCommon(run)
    const levels = Object.entries(factors).map(([name, level]) => `${name} ${level}`)
    return [
      run?.scenario ?? 'unknown scenario',
      ...(replicas ? [quantity(replicas, 'replica')] : []),
      ...levels,
    ].join(', ')
  })

function compareGroup(
  baseline: readonly RunStatistics[],
  candidate: readonly RunStatistics[],
  { effect, anyway, figures, percentiles }: Required<CompareOptions>,
): ComparedGroup {
  const valid = (runs: readonly RunStatistics[]) => runs.filter(({ verdict }) => verdict.kind !== 'invalid')
  const [a, b] = [valid(baseline), valid(candidate)]
  const { refusals, warnings } = comparability(a, b)
  const interleaved = inTurns(a, b)
  if (!interleaved && a.length > 0 && b.length > 0) {
    const known = [...a, ...b].every(({ run }) => run)
    warnings.push(
      `${known ? 'The sides were not run in turns' : 'Whether the sides were run in turns is unknown'}: a change of the machine between them, such as a busier neighbour, would look like a change of the target, and more repeats would not help.`,
    )
  }
  if (anyway) for (const refusal of refusals) warnings.push(refusal)
  const tagged = taggedFigures([...a, ...b], figures)
  const missing = missingFigures([...a, ...b], figures)
  if (missing !== null) warnings.push(missing)
  const refused = anyway ? [] : refusals
  const pairs = interleaved ? pairsOf(a, b) : null
  const looks = largest([...baseline, ...candidate].map(looksOf))
  const options = { effect, inTurns: pairs !== null, share: 1 / looks, tagged }
  const bad = badSides(baseline, candidate, options.share)
  const metrics =
    refused.length > 0 ? [] : [...bad.compared, ...judged(pairs?.a ?? a, pairs?.b ?? b, options)]
  // A run or two that went wrong on one side leave the answer to the figures, unless they are suspect.
  const telling = metrics.filter(({ metric, judgement }) => metric !== badRuns || judgement !== 'cannot tell')
  const judgement = worst(telling.map(({ judgement }) => judgement))
  const suspect = bad.suspect && judgement !== 'worse'
  return {
    scenario: baseline[0]?.run?.scenario ?? 'unknown scenario',
    ...inCommon(baseline[0]?.run ?? null),
    runs: { baseline: a.length, candidate: b.length },
    invalid: baseline.length + candidate.length - a.length - b.length,
    interleaved,
    pairs: pairs?.a.length ?? null,
    looks,
    suspect,
    refused,
    warnings,
    metrics,
    byPercentile:
      percentiles && refused.length === 0 ? byPercentile(pairs?.a ?? a, pairs?.b ?? b, options) : null,
    judgement: suspect ? 'cannot tell' : judgement,
  }
}
