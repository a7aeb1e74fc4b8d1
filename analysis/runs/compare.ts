import { z } from 'zod'
import { groupedBy } from '../numbers/group.ts'
import type { RunStatistics } from '../run/statistics.ts'
import { comparability, inTurns } from './comparability.ts'
import { Compared, Judgement, judged } from './judgement.ts'

const Group = z.object({
  scenario: z.string(),
  replicas: z.number().nullable(),
  runs: z.object({ baseline: z.number(), candidate: z.number() }),
  invalid: z.number().describe('runs of both sides that prove nothing and were left out'),
  interleaved: z
    .boolean()
    .describe('whether the sides were run in turns, so that a change of the machine met both'),
  refused: z
    .array(z.string())
    .describe('why the two cannot be compared; empty where they can, or were told to be'),
  warnings: z.array(z.string()),
  metrics: z.array(Compared),
  judgement: Judgement,
})

export type Group = z.infer<typeof Group>

export const Comparison = z.object({
  effect: z.number().describe('the least change that matters, as a share'),
  split: z.number().describe('how many of the runs, from the first, are the baseline’s'),
  groups: z.array(Group),
  unmatched: z.array(z.string()).describe('what only one side has'),
  judgement: Judgement,
})

export type Comparison = z.infer<typeof Comparison>

/**
 * Whether the candidate's runs differ from the baseline's, for each scenario and number of replicas that both have.
 * `effect` is the least change that matters (0.05: 5 %). *Worse* or *better* needs all of: adjusted p below 0.032, a
 * change beyond `effect`, an interval clear of none by two fifths of it. *No difference* needs an interval that lies within ± `effect`. All
 * else is *cannot tell*. `anyway` compares even what is not comparable.
 */
export function compare(
  baseline: readonly RunStatistics[],
  candidate: readonly RunStatistics[],
  { effect = 0.05, anyway = false } = {},
): Comparison {
  const [before, after] = [grouped(baseline), grouped(candidate)]
  const names = [...new Set([...before.keys(), ...after.keys()])].sort()
  const groups = names.flatMap((name) => {
    const [a, b] = [before.get(name), after.get(name)]
    return a && b ? [compareGroup(a, b, effect, anyway)] : []
  })
  const unmatched = names.flatMap((name) =>
    before.has(name) && after.has(name)
      ? []
      : [`${name}: only the ${before.has(name) ? 'baseline' : 'candidate'} has it`],
  )
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

const grouped = (runs: readonly RunStatistics[]): Map<string, RunStatistics[]> =>
  groupedBy(runs, ({ run }) => {
    const replicas = run?.target.replicas ?? null
    return `${run?.scenario ?? 'unknown scenario'}${replicas ? `, ${replicas} replicas` : ''}`
  })

function compareGroup(
  all: readonly RunStatistics[],
  others: readonly RunStatistics[],
  effect: number,
  anyway: boolean,
): Group {
  const valid = (runs: readonly RunStatistics[]) => runs.filter(({ verdict }) => verdict.kind !== 'invalid')
  const [a, b] = [valid(all), valid(others)]
  const { refusals, warnings } = comparability([...a, ...b], a.length)
  const interleaved = inTurns(a, b)
  if (!interleaved && a.length > 0 && b.length > 0) {
    warnings.push(
      'The sides were not run in turns: a machine that was warmer, or a neighbour that was busier, for one of them looks like a change, and more repeats do not help. npm run ab runs them in turns.',
    )
  }
  if (anyway) warnings.push(...refusals)
  const refused = anyway ? [] : refusals
  const compared = refused.length === 0 ? judged(a, b, effect) : []
  return {
    scenario: all[0]?.run?.scenario ?? 'unknown scenario',
    replicas: all[0]?.run?.target.replicas ?? null,
    runs: { baseline: a.length, candidate: b.length },
    invalid: all.length + others.length - a.length - b.length,
    interleaved,
    refused,
    warnings,
    metrics: compared,
    judgement: worst(compared.map(({ judgement }) => judgement)),
  }
}
