import { mean, sampleVariance, sum } from 'simple-statistics'
import { z } from 'zod'
import { upperNormal } from './normal.ts'

/** A standard deviation with its 90 % interval. */
export const Deviation = z.object({ value: z.number(), low: z.number(), high: z.number() })
export type Deviation = z.infer<typeof Deviation>

/**
 * The quantile `q` of χ² with that many degrees of freedom, by bisection of the closed forms for integer
 * degrees: Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 26.4.4 and 26.4.5.
 */
export function chiSquareQuantile(q: number, degrees: number): number {
  let [low, high] = [0, degrees]
  while (above(high, degrees) > 1 - q) high *= 2
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (above(middle, degrees) > 1 - q) low = middle
    else high = middle
  }
  return high
}

function above(value: number, degrees: number): number {
  const odd = degrees % 2 === 1
  let term = odd ? Math.sqrt(value) : 1
  let terms = degrees === 1 ? 0 : term
  for (let divisor = odd ? 3 : 2; divisor <= degrees - 2; divisor += 2) {
    term *= value / divisor
    terms += term
  }
  const density = Math.exp(-value / 2)
  return odd ? 2 * upperNormal(Math.sqrt(value)) + Math.sqrt(2 / Math.PI) * density * terms : density * terms
}

/**
 * How much values differ within groups, and how much the groups' means differ beyond that: a one-way random
 * effects model. `within` is null unless some group has two values, `between` for fewer than two groups. The
 * intervals assume normal distributions; that of `between` is Williams and Tukey's.
 * Source: Searle, Casella and McCulloch, Variance Components, 1992, sections 3.5 and 3.6 (for groups of
 * unequal size the mean size is an approximation).
 */
export function deviations(groups: readonly (readonly number[])[]): {
  readonly within: Deviation | null
  readonly between: Deviation | null
} {
  const degrees = sum(groups.map((group) => group.length - 1))
  if (degrees < 1) return { within: null, between: null }
  const squares = sum(
    groups.map((group) => (group.length > 1 ? sampleVariance([...group]) * (group.length - 1) : 0)),
  )
  const variance = squares / degrees
  const bounds = (value: number, of: number) =>
    [(value * of) / chiSquareQuantile(0.95, of), (value * of) / chiSquareQuantile(0.05, of)] as const
  const [low, high] = bounds(variance, degrees).map(Math.sqrt) as [number, number]
  const within = { value: Math.sqrt(variance), low, high }
  if (groups.length < 2) return { within, between: null }
  const size = mean(groups.map((group) => group.length))
  const observed = size * sampleVariance(groups.map((group) => mean([...group])))
  const beyond = (total: number) => Math.sqrt(Math.max(0, total - variance) / size)
  const [least, most] = bounds(observed, groups.length - 1)
  return { within, between: { value: beyond(observed), low: beyond(least), high: beyond(most) } }
}
