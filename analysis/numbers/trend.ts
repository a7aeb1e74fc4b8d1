import { median } from 'simple-statistics'
import { upperNormal } from './normal.ts'

/**
 * The Mann–Kendall test for a monotone trend in evenly spaced values: `s` is the number of pairs that rise
 * minus those that fall, `p` is two-sided, by the normal approximation with corrections for ties and
 * continuity (good from ten values; 1 where all are equal). Values that depend on their neighbours make p too
 * small. Source: Mann, "Nonparametric Tests Against Trend", Econometrica 13, 1945; Kendall, Rank Correlation
 * Methods, 4th edition, 1975.
 */
export function mannKendall(values: readonly number[]): { s: number; p: number } {
  const n = values.length
  let s = 0
  for (let j = 1; j < n; j++)
    for (let i = 0; i < j; i++) s += Math.sign((values[j] as number) - (values[i] as number))
  const ties = new Map<number, number>()
  for (const value of values) ties.set(value, (ties.get(value) ?? 0) + 1)
  const term = (t: number) => t * (t - 1) * (2 * t + 5)
  const variance = ([...ties.values()].reduce((sum, t) => sum - term(t), term(n)) as number) / 18
  const z = s === 0 ? 0 : (Math.abs(s) - 1) / Math.sqrt(variance)
  return { s, p: Math.min(1, 2 * upperNormal(z)) }
}

/**
 * The Theil–Sen line through evenly spaced values, x = 0, 1, 2 …: the slope is the median of the slopes of
 * all pairs, so that up to 29 % of outliers cannot break it; the intercept is the median of y less slope
 * times the median of x. NaN for fewer than two values.
 * Source: Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau", Journal of the American
 * Statistical Association 63, 1968; the intercept: Conover, Practical Nonparametric Statistics, 1980.
 */
export function theilSen(values: readonly number[]): { slope: number; intercept: number } {
  const n = values.length
  if (n < 2) return { slope: Number.NaN, intercept: Number.NaN }
  const slopes: number[] = []
  for (let j = 1; j < n; j++)
    for (let i = 0; i < j; i++) slopes.push(((values[j] as number) - (values[i] as number)) / (j - i))
  const slope = median(slopes)
  return { slope, intercept: median([...values]) - (slope * (n - 1)) / 2 }
}
