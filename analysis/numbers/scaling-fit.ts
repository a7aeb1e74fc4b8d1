import { levenbergMarquardt } from 'ml-levenberg-marquardt'
import { mean } from 'simple-statistics'
import { z } from 'zod'
import { groupedBy } from './group.ts'
import { type Free, type Law, type Observation, throughput } from './scaling-law.ts'
/**
 * α and β for a known γ, by linear regression: γN/X − 1 = α(N−1) + βN(N−1). Gives too much weight to small throughputs;
 * where to start from. Source: Gunther 2007, section 5.2.
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

/** The mean of all runs with one number of replicas: least squares over these, weighed, is that over the runs. */
export type Level = Observation & { readonly runs: number }

/** γ of least squares for a given shape: throughput is proportional to it. */
function scaled(levels: readonly Level[], shape: { alpha: number; beta: number }): Law {
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

/** Least squares with some of α and β free and the others 0; null where the best lies outside the bounds. */
function fitFree(levels: readonly Level[], free: Free, start: Law): Law | null {
  const law = (parameters: readonly number[]): Law => {
    const shape = { alpha: 0, beta: 0 }
    free.forEach((name, index) => {
      shape[name] = (parameters[index + 1] ?? 0) * unit[name]
    })
    return { gamma: (parameters[0] ?? 0) * unit.gamma, ...shape }
  }
  // The search steps alike in all directions, so each parameter is measured in units of its own size.
  const most = Math.max(...levels.map(({ replicas }) => replicas))
  const unit = {
    gamma: start.gamma,
    alpha: Math.max(start.alpha, 0.01),
    beta: Math.max(start.beta, 0.1 / most ** 2),
  }
  const weight = new Map(levels.map(({ replicas, runs }) => [replicas, Math.sqrt(runs) / start.gamma]))
  const weighed = (replicas: number, rate: number) => rate * (weight.get(replicas) ?? 1)
  const { parameterValues } = levenbergMarquardt(
    {
      x: levels.map(({ replicas }) => replicas),
      y: levels.map(({ replicas, rate }) => weighed(replicas, rate)),
    },
    (parameters) => (replicas) => weighed(replicas, throughput(law(parameters), replicas)),
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

/** Least squares within α ≥ 0, β ≥ 0: the best is either inside, or on a bound, where one parameter less is free. */
export function leastSquares(levels: readonly Level[], most: Free, near?: Law): Law {
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
  const gamma = Math.max(...runs.map(({ replicas, rate }) => rate / replicas))
  const { alpha, beta } = linearised(runs, gamma)
  return { gamma, alpha: Math.min(Math.max(alpha, 0.001), 1), beta: Math.max(beta, 1e-6) }
}

export const ratesByReplicas = (runs: readonly Observation[]): [replicas: number, rates: number[]][] =>
  [...groupedBy(runs, ({ replicas }) => replicas)].map(([replicas, these]) => [
    replicas,
    these.map(({ rate }) => rate),
  ])

export const levelsOf = (runs: readonly Observation[]): Level[] =>
  ratesByReplicas(runs).map(([replicas, rates]) => ({ replicas, rate: mean(rates), runs: rates.length }))

export const Fit = z.object({
  model: z.enum(['linear', 'amdahl', 'usl']),
  gamma: z.number().describe('γ: requests per second of one replica'),
  alpha: z.number().describe('α: contention, the share that cannot be done side by side'),
  beta: z.number().describe('β: coherency, what replicas cost each other'),
  rss: z.number().describe('sum of squared residuals over all runs'),
  aicc: z.number().nullable().describe('corrected Akaike criterion; null with too few runs for the model'),
  weight: z.number().describe('Akaike weight among the three'),
})

export type Fit = z.infer<typeof Fit>

const models: readonly { model: Fit['model']; free: Free }[] = [
  { model: 'linear', free: [] },
  { model: 'amdahl', free: ['alpha'] },
  { model: 'usl', free: ['alpha', 'beta'] },
]

/**
 * The three models by least squares over all runs. AICc = n ln(RSS/n) + 2K + 2K(K+1)/(n−K−1), K counting the residual
 * variance too. Source: Burnham and Anderson, Model Selection and Multimodel Inference, 2002, section 2.4.
 */
export function fitModels(runs: readonly Observation[]): Fit[] {
  const n = runs.length
  const levels = levelsOf(runs)
  const fits = models.map(({ model, free }) => {
    const law = leastSquares(levels, free)
    const rss = rssOf(runs, law)
    const k = free.length + 2
    // Rounded throughputs fit no better than this, and the logarithm of nothing would decide everything.
    const floor = runs.reduce((sum, { rate }) => sum + rate ** 2, 0) * 1e-14
    const aicc =
      n - k - 1 > 0 ? n * Math.log(Math.max(rss, floor) / n) + 2 * k + (2 * k * (k + 1)) / (n - k - 1) : null
    return { model, ...law, rss, aicc, weight: 0 }
  })
  const best = Math.min(...fits.map(({ aicc }) => aicc ?? Infinity))
  const weights = fits.map(({ aicc }) => (aicc === null ? 0 : Math.exp((best - aicc) / 2)))
  const all = weights.reduce((a, b) => a + b, 0)
  return fits.map((fit, index) => ({ ...fit, weight: (weights[index] ?? 0) / all }))
}

export const freeOf = (fit: Fit): Free => models.find(({ model }) => model === fit.model)?.free ?? []
