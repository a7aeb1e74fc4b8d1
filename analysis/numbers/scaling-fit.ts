import { levenbergMarquardt } from 'ml-levenberg-marquardt'
import { mean } from 'simple-statistics'
import { z } from 'zod'
import { largest, smallest } from './extremes.ts'
import { groupedBy } from './group.ts'
import { type Free, type Law, type Observation, throughput } from './scaling-law.ts'

/**
 * α and β for a known γ, by linear regression: γN/X − 1 = α(N−1) + βN(N−1). It overweights small throughputs,
 * so it is only a starting point. Source: Gunther, Guerrilla Capacity Planning, 2007, section 5.2.
 */
export function linearised(runs: readonly Observation[], gamma: number): { alpha: number; beta: number } {
  let [aa, ab, bb, ay, by] = [0, 0, 0, 0, 0]
  for (const { replicas, rate } of runs) {
    const [a, b, y] = [replicas - 1, replicas * (replicas - 1), (gamma * replicas) / rate - 1]
    aa += a * a
    ab += a * b
    bb += b * b
    ay += a * y
    by += b * y
  }
  const determinant = aa * bb - ab * ab
  if (determinant === 0) return { alpha: 0, beta: 0 }
  return { alpha: (ay * bb - by * ab) / determinant, beta: (by * aa - ay * ab) / determinant }
}

/** The mean of `runs` runs; weighted by them, least squares over means equals that over runs. */
export type MeanRate = Observation & { readonly runs: number; readonly rates: readonly number[] }

/** The least-squares γ for a given shape; throughput is proportional to γ. */
function scaled(levels: readonly MeanRate[], shape: { alpha: number; beta: number }): Law {
  let [top, bottom] = [0, 0]
  for (const { replicas, rate, runs } of levels) {
    const unit = throughput({ gamma: 1, ...shape }, replicas)
    top += runs * rate * unit
    bottom += runs * unit * unit
  }
  return { gamma: top / bottom, ...shape }
}

export const rssOf = (runs: readonly (Observation & { readonly runs?: number })[], law: Law): number =>
  runs.reduce((sum, { replicas, rate, runs = 1 }) => sum + runs * (rate - throughput(law, replicas)) ** 2, 0)

/** Least squares with some of α and β free and the others 0; null if the optimum is outside the bounds. */
function fitFree(levels: readonly MeanRate[], free: Free, start: Law): Law | null {
  const law = (parameters: readonly number[]): Law => {
    const shape = { alpha: 0, beta: 0 }
    free.forEach((name, index) => {
      shape[name] = (parameters[index + 1] ?? 0) * unit[name]
    })
    return { gamma: (parameters[0] ?? 0) * unit.gamma, ...shape }
  }
  // The search takes equal steps in all directions, so each parameter is scaled to its expected size.
  const most = largest(levels.map(({ replicas }) => replicas))
  const unit = {
    gamma: start.gamma,
    alpha: Math.max(start.alpha, 0.01),
    beta: Math.max(start.beta, 0.1 / most ** 2),
  }
  const weight = new Map(levels.map(({ replicas, runs }) => [replicas, Math.sqrt(runs) / start.gamma]))
  const weighted = (replicas: number, rate: number) => rate * (weight.get(replicas) ?? 1)
  const { parameterValues } = levenbergMarquardt(
    {
      x: levels.map(({ replicas }) => replicas),
      y: levels.map(({ replicas, rate }) => weighted(replicas, rate)),
    },
    (parameters) => (replicas) => weighted(replicas, throughput(law(parameters), replicas)),
    {
      initialValues: [1, ...free.map((name) => start[name] / unit[name])],
      maxIterations: 60,
      gradientDifference: 1e-6,
      centralDifference: true,
      errorTolerance: 1e-14,
    },
  )
  const found = law(parameterValues)
  return found.alpha >= 0 && found.beta >= 0 && Number.isFinite(found.gamma) ? found : null
}

/** Least squares within α ≥ 0, β ≥ 0: the optimum is either inside or on a bound, where a parameter is 0. */
export function leastSquares(levels: readonly MeanRate[], most: Free, near?: Law): Law {
  const guess = near ?? startFor(levels)
  const sets: Free[] = [['alpha', 'beta'], ['alpha'], ['beta'], []]
  const allowed = sets.filter((free) => free.every((name) => most.includes(name)))
  const laws = allowed.map((free) =>
    free.length === 0
      ? scaled(levels, { alpha: 0, beta: 0 })
      : fitFree(levels, free, {
          gamma: guess.gamma,
          alpha: free.includes('alpha') ? guess.alpha : 0,
          beta: free.includes('beta') ? guess.beta : 0,
        }),
  )
  return laws.filter((law) => law !== null).reduce((a, b) => (rssOf(levels, b) < rssOf(levels, a) ? b : a))
}

function startFor(runs: readonly Observation[]): Law {
  const gamma = largest(runs.map(({ replicas, rate }) => rate / replicas))
  const { alpha, beta } = linearised(runs, gamma)
  return { gamma, alpha: Math.min(Math.max(alpha, 0.001), 1), beta: Math.max(beta, 1e-6) }
}

export const levelsOf = (runs: readonly Observation[]): MeanRate[] =>
  [...groupedBy(runs, ({ replicas }) => replicas)].map(([replicas, these]) => {
    const rates = these.map(({ rate }) => rate)
    return { replicas, rate: mean(rates), runs: rates.length, rates }
  })

/** One of the three models, fitted. */
export const Fit = z.object({
  model: z.enum(['linear', 'amdahl', 'usl']),
  gamma: z.number().describe('γ: requests per second of one replica'),
  alpha: z.number().describe('α: contention, the share that cannot run in parallel'),
  beta: z.number().describe('β: coherency, the cost of replicas to each other'),
  rss: z.number().describe('sum of squared residuals over all runs'),
  aicc: z
    .number()
    .nullable()
    .describe('corrected Akaike information criterion; null for too few runs for the model'),
  weight: z.number().describe('Akaike weight among the three models'),
})
export type Fit = z.infer<typeof Fit>

const models: readonly { model: Fit['model']; free: Free }[] = [
  { model: 'linear', free: [] },
  { model: 'amdahl', free: ['alpha'] },
  { model: 'usl', free: ['alpha', 'beta'] },
]

/**
 * The three models by least squares over all runs. AICc = n ln(RSS/n) + 2K + 2K(K+1)/(n−K−1), where K
 * includes the residual variance. Source: Burnham and Anderson, Model Selection and Multimodel Inference,
 * 2002, section 2.4.
 */
export function fitModels(runs: readonly Observation[]): Fit[] {
  const n = runs.length
  const levels = levelsOf(runs)
  const fits = models.map(({ model, free }) => {
    const law = leastSquares(levels, free)
    const rss = rssOf(runs, law)
    const k = free.length + 2
    // Rounded throughputs fit no better than this, and the logarithm of 0 would outweigh everything.
    const floor = runs.reduce((sum, { rate }) => sum + rate ** 2, 0) * 1e-14
    const aicc =
      n - k - 1 > 0 ? n * Math.log(Math.max(rss, floor) / n) + 2 * k + (2 * k * (k + 1)) / (n - k - 1) : null
    return { model, ...law, rss, aicc, weight: 0 }
  })
  const best = smallest(fits.map(({ aicc }) => aicc ?? Infinity))
  const weights = fits.map(({ aicc }) => (aicc === null ? 0 : Math.exp((best - aicc) / 2)))
  const all = weights.reduce((a, b) => a + b, 0)
  return fits.map((fit, index) => ({ ...fit, weight: (weights[index] ?? 0) / all }))
}

/** Which of α and β the model of a fit leaves free. */
export const freeOf = (fit: Fit): Free => models.find(({ model }) => model === fit.model)?.free ?? []
