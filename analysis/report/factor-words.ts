import { number } from '../formats/words.ts'
import { largest } from '../numbers/extremes.ts'
import { groupedBy } from '../numbers/group.ts'
import type { Effect, Interaction } from '../runs/factor-effects.ts'
import type { Factors } from '../runs/factors.ts'

const timesRange = ({ interval }: Pick<Effect, 'interval'>): string =>
  interval ? ` (${number(interval.low)} to ${number(interval.high)})` : ''

/** Whether an effect is shown: its interval does not include no change. */
const isShown = ({ interval }: Effect): boolean =>
  interval !== null && (interval.low > 1 || interval.high < 1)

/** Fewer differences have no interval (95 % by the signed-rank test). */
const fewest = 6

/** p below which an interaction is shown, which nobody asked for: adjusted for their number. */
const significance = 0.05

const size = (ratio: number): number => Math.abs(Math.log(ratio))

/** The sentence that a report begins with, and those that belong to it. */
export function findingOf({ rate, p95, method }: Factors): {
  text: string
  reasons: string[]
  shown: boolean
} {
  const { effects } = rate
  if (effects === null || effects.length === 0)
    return {
      text: 'What each factor changes cannot be told.',
      reasons: ['The cells with valid runs do not tell the effects of the factors apart.'],
      shown: false,
    }
  const byFactor = groupedBy(
    effects.filter(isShown).sort((a, b) => size(b.ratio) - size(a.ratio)),
    ({ factor }) => factor,
  )
  // The table has the other levels.
  const shown = [...byFactor.values()].flatMap(([most]) => most ?? [])
  const depends = [...rate.interactions, ...p95.interactions].some(({ p }) => p < significance)
  const [first, ...others] = shown
  const reasons = [
    ...rate.interactions.filter(({ p }) => p < significance).map((each) => dependence(each, 'requests/s')),
    ...p95.interactions.filter(({ p }) => p < significance).map((each) => dependence(each, 'p95')),
    ...others.map((each) => `${effectWords(each)}.`),
    ...unshown(effects),
    ...(method === 'least squares'
      ? [
          'Not all combinations were run: each effect is what it would be if no factor’s effect depended on another factor. Where one does, these figures mix the two.',
        ]
      : []),
  ]
  if (!first)
    return {
      text: effects.every(({ interval }) => interval === null)
        ? 'Too few runs to tell what each factor changes.'
        : 'No factor is shown to change the requests/s.',
      reasons,
      shown: false,
    }
  return {
    text: `${effectWords(first)}${others.length > 0 ? `, the largest effect` : ''}${depends ? ', on average' : ''}.`,
    reasons,
    shown: true,
  }
}

/** `cpu 500m does 2.41 times the requests/s of 200m (2.30 to 2.52)` */
const effectWords = (effect: Effect): string =>
  `${effect.factor} ${effect.to} does ${number(effect.ratio)} times the requests/s of ${effect.from}${timesRange(effect)}`

function unshown(effects: readonly Effect[]): string[] {
  const known = effects.filter((each) => each.interval !== null && !isShown(each))
  const few = effects.filter(({ interval }) => interval === null)
  const most = largest(few.map(({ differences }) => differences))
  return [
    ...known.map(
      (each) =>
        `${each.factor} ${each.to} is not shown to differ from ${each.from}: ${number(each.interval?.low ?? 1)} to ${number(each.interval?.high ?? 1)} times its requests/s.`,
    ),
    ...(few.length > 0
      ? [
          `Of ${[...new Set(few.map(({ factor }) => factor))].join(', ')} there ${most === 1 ? 'is 1 difference' : `are ${most} differences`} between otherwise equal runs, and an interval takes ${fewest}: more repeats give it.`,
        ]
      : []),
  ]
}

/** `The effect of cpu on requests/s depends on replicas: 500m does 2.4 times what 200m does with 1, 1.3 times with 4.` */
const dependence = ({ factor, from, to, on, at: [one, two] }: Interaction, figure: string): string =>
  `The effect of ${factor} on ${figure} depends on ${on}: ${to} has ${number(one?.ratio ?? 1)} times that of ${from} with ${on} ${one?.level}, ${number(two?.ratio ?? 1)} times with ${two?.level}.`

/** Whether effects depend on each other, where that is not shown. */
export function dependenceWords({ rate, p95, method }: Factors): string[] {
  const all = [...rate.interactions, ...p95.interactions]
  if (method === 'least squares' || all.length === 0) return []
  if (all.some(({ p }) => p < significance)) return []
  return [
    largest(all.map(({ differences }) => differences)) < fewest
      ? 'Whether the effect of one factor depends on another cannot be told: that takes more repeats.'
      : 'No factor’s effect is shown to depend on another factor.',
  ]
}
