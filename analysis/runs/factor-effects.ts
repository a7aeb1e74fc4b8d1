import { z } from 'zod'
import { benjaminiHochberg } from '../numbers/false-discovery.ts'
import { groupedBy } from '../numbers/group.ts'
import { Interval } from '../numbers/hodges-lehmann.ts'
import { mainEffects } from '../numbers/main-effects.ts'
import { signedRank } from '../numbers/signed-rank.ts'

/** A factor and its levels, ascending. */
export type Factor = { readonly name: string; readonly levels: readonly string[] }

/** One run: the level of each factor, the repeat that it belongs to, and a figure above 0. */
export type FactorRun = {
  readonly levels: Readonly<Record<string, string>>
  readonly block: string
  readonly value: number
}

const ratio = z.object({
  ratio: z.number(),
  interval: Interval.nullable().describe(
    'null for fewer than six differences, or where no run is left over to know the noise from',
  ),
  differences: z
    .number()
    .describe('between runs of one repeat that it was estimated from; of least squares the runs'),
})

/** By which ratio a level changes a figure, against the first level of its factor. */
export const Effect = ratio.extend({ factor: z.string(), from: z.string(), to: z.string() })
export type Effect = z.infer<typeof Effect>

/** By which ratio the effect of one factor is greater at one level of another factor than at its first. */
export const Interaction = ratio.extend({
  factor: z.string(),
  from: z.string(),
  to: z.string(),
  on: z.string().describe('the other factor'),
  at: z
    .array(ratio.extend({ level: z.string() }))
    .describe('the effect at the two levels of the other factor'),
  p: z.number().describe('that it is chance, adjusted for the number of interactions'),
})
export type Interaction = z.infer<typeof Interaction>

const ratioOf = (differences: readonly number[]): z.infer<typeof ratio> & { p: number } => {
  const { centre, interval, p } = signedRank(differences)
  const back = interval && { ...interval, low: Math.exp(interval.low), high: Math.exp(interval.high) }
  return { ratio: Math.exp(centre), interval: back, differences: differences.length, p }
}

/** The differences of logarithms from one level to another, between runs that are equal in all else. */
function differences(
  runs: readonly FactorRun[],
  { factor, from, to }: { readonly factor: string; readonly from: string; readonly to: string },
): { readonly run: FactorRun; readonly by: number }[] {
  const alike = groupedBy(runs, ({ levels, block }) => JSON.stringify([block, { ...levels, [factor]: '' }]))
  return [...alike.values()].flatMap((these) => {
    const [a, b] = [from, to].map((level) => these.find(({ levels }) => levels[factor] === level))
    return a && b ? [{ run: a, by: Math.log(b.value / a.value) }] : []
  })
}

const contrasts = ({ name, levels: [from = '', ...others] }: Factor) =>
  others.map((to) => ({ factor: name, from, to }))

/**
 * The effect of each factor over otherwise equal cells, within repeats: what a repeat has in common does not widen the
 * interval. Each run is in one difference only.
 */
export const pairedEffects = (runs: readonly FactorRun[], factors: readonly Factor[]): Effect[] =>
  factors.flatMap(contrasts).flatMap((contrast) => {
    const found = differences(runs, contrast).map(({ by }) => by)
    if (found.length === 0) return []
    const { p: _, ...effect } = ratioOf(found)
    return [{ ...contrast, ...effect }]
  })

/** The same by least squares, for cells that are not all combinations; null where they do not tell the effects apart. */
export function fittedEffects(runs: readonly FactorRun[], factors: readonly Factor[]): Effect[] | null {
  const blocks = [...new Set(runs.map(({ block }) => block))]
  const found = mainEffects(
    runs.map(({ levels, block, value }) => ({
      levels: factors.map(({ name, levels: all }) => all.indexOf(levels[name] ?? '')),
      block: blocks.indexOf(block),
      value: Math.log(value),
    })),
    factors.map(({ levels }) => levels.length),
  )
  return (
    found?.map(({ factor, level, estimate, interval }) => ({
      factor: factors[factor]?.name ?? '',
      from: factors[factor]?.levels[0] ?? '',
      to: factors[factor]?.levels[level] ?? '',
      ratio: Math.exp(estimate),
      interval: interval && { ...interval, low: Math.exp(interval.low), high: Math.exp(interval.high) },
      differences: runs.length,
    })) ?? null
  )
}

/**
 * Whether the effect of one factor depends on another, for every two: differences of differences within repeats and
 * otherwise equal cells, each run in one of them only.
 */
export function interactions(runs: readonly FactorRun[], factors: readonly Factor[]): Interaction[] {
  const pairs = factors.flatMap((one, index) =>
    factors.slice(index + 1).map((other) => [one, other] as const),
  )
  const found = pairs.flatMap(([one, other]) =>
    contrasts(one).flatMap((contrast) => {
      const each = differences(runs, contrast)
      return contrasts(other).flatMap(({ factor: on, from, to }) => {
        const at = (level: string) => each.filter(({ run }) => run.levels[on] === level)
        const [first, second] = [at(from), at(to)]
        const rest = ({ levels, block }: FactorRun) => JSON.stringify([block, { ...levels, [on]: '' }])
        const byRest = new Map(first.map(({ run, by }) => [rest(run), by]))
        const twice = second.flatMap(({ run, by }) => {
          const before = byRest.get(rest(run))
          return before === undefined ? [] : [by - before]
        })
        if (twice.length === 0) return []
        const effectAt = (level: string, of: typeof each) => {
          const { p: _, ...effect } = ratioOf(of.map(({ by }) => by))
          return { level, ...effect }
        }
        return [{ ...contrast, on, ...ratioOf(twice), at: [effectAt(from, first), effectAt(to, second)] }]
      })
    }),
  )
  const adjusted = benjaminiHochberg(found.map(({ p }) => p))
  return found.map((each, index) => ({ ...each, p: adjusted[index] ?? 1 }))
}
