import { levenbergMarquardt } from 'ml-levenberg-marquardt'
import { inverse, Matrix } from 'ml-matrix'
import { mean, sampleWithReplacement } from 'simple-statistics'
import { z } from 'zod'
import { bca } from './bootstrap.ts'
import { groupedBy } from './group.ts'
import { normalBelow, studentQuantile } from './inference.ts'
import { randomFrom } from './random.ts'

/** One run: throughput with that many replicas. */
export type Observation = { readonly replicas: number; readonly rate: number }

const Bounds = z.object({ low: z.number(), high: z.number() }).nullable()

const Fit = z.object({
  model: z.enum(['linear', 'amdahl', 'usl']),
  gamma: z.number().describe('γ: requests per second of one replica'),
  alpha: z.number().describe('α: contention, the share that cannot be done side by side'),
  beta: z.number().describe('β: coherency, what replicas cost each other'),
  rss: z.number().describe('sum of squared residuals over all runs'),
  aicc: z.number().nullable().describe('corrected Akaike criterion; null with too few runs for the model'),
  weight: z.number().describe('Akaike weight among the three'),
})
export type Fit = z.infer<typeof Fit>

export const Scaling = z.object({
  chosen: Fit.shape.model.describe('of least AICc'),
  fits: z.array(Fit),
  intervals: z
    .object({ gamma: Bounds, alpha: Bounds, beta: Bounds, peak: Bounds })
    .nullable()
    .describe('95 %, of the chosen model: by bootstrap over repeats, else from the residuals'),
  peak: z
    .number()
    .nullable()
    .describe('replicas beyond which throughput falls; null unless the interval of β is above 0'),
  ceiling: z
    .number()
    .nullable()
    .describe('requests per second that no number of replicas passes; null unless α is above 0 and β is not'),
  residuals: z.array(z.object({ replicas: z.number(), rate: z.number(), residual: z.number() })),
})
export type Scaling = z.infer<typeof Scaling>

/**
 * Throughput of that many replicas: X(N) = γN ÷ (1 + α(N−1) + βN(N−1)). With β = 0 it is Amdahl's law, with α = 0 too
 * it is linear. Source: Gunther, Guerrilla Capacity Planning, 2007, chapter 4 (the Universal Scalability Law).
 */
export const throughput = (
  { gamma, alpha, beta }: Pick<Fit, 'gamma' | 'alpha' | 'beta'>,
  replicas: number,
): number => (gamma * replicas) / (1 + alpha * (replicas - 1) + beta * replicas * (replicas - 1))

/** The fit of the model that was chosen. */
export const chosenFit = (scaling: Scaling | null): Fit | null =>
  scaling?.fits.find(({ model }) => model === scaling.chosen) ?? null

/** Replicas of the greatest throughput: √((1−α)/β); infinite where nothing bends the curve down. */
export const peakOf = ({ alpha, beta }: Pick<Fit, 'alpha' | 'beta'>): number =>
  beta > 0 ? Math.sqrt(Math.max(0, 1 - alpha) / beta) : Infinity

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

type Law = Pick<Fit, 'gamma' | 'alpha' | 'beta'>
type Free = readonly ('alpha' | 'beta')[]
/** The mean of all runs with one number of replicas: least squares over these, weighed, is that over the runs. */
type Level = Observation & { readonly runs: number }

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

const rssOf = (runs: readonly (Observation & { readonly runs?: number })[], law: Law): number =>
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
function leastSquares(levels: readonly Level[], most: Free, near?: Law): Law {
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

/** Fewer numbers of replicas than this cannot tell the models apart. */
export const fewestLevels = 4

/** The scaling of throughput with replicas; null with three levels or fewer, where only speed-up can be told. */
export function scaling(runs: readonly Observation[], resamples = 1000): Scaling | null {
  const levels = levelsOf(runs)
  if (levels.length < fewestLevels) return null
  const fits = fitModels(runs)
  const chosen = fits.reduce((a, b) => ((b.aicc ?? Infinity) < (a.aicc ?? Infinity) ? b : a))
  const repeats = levels.every(({ runs }) => runs > 1)
  const intervals = repeats ? bootstrap(runs, chosen, resamples) : fromResiduals(runs, chosen)
  return {
    chosen: chosen.model,
    fits,
    intervals,
    peak: intervals?.beta && intervals.beta.low > 0 ? peakOf(chosen) : null,
    ceiling:
      chosen.model === 'amdahl' && intervals?.alpha && intervals.alpha.low > 0
        ? chosen.gamma / chosen.alpha
        : null,
    residuals: runs.map(({ replicas, rate }) => ({
      replicas,
      rate,
      residual: rate - throughput(chosen, replicas),
    })),
  }
}

const ratesByReplicas = (runs: readonly Observation[]): [replicas: number, rates: number[]][] =>
  [...groupedBy(runs, ({ replicas }) => replicas)].map(([replicas, these]) => [
    replicas,
    these.map(({ rate }) => rate),
  ])

const levelsOf = (runs: readonly Observation[]): Level[] =>
  ratesByReplicas(runs).map(([replicas, rates]) => ({ replicas, rate: mean(rates), runs: rates.length }))

/**
 * 95 % intervals by resampling runs within their level. Deviations are stretched by √(n/(n−1)), and the tails are
 * those that make a normal interval as wide as Student's, since few runs vary less than their system.
 * Source: Hesterberg, "What Teachers Should Know About the Bootstrap", The American Statistician 69, 2015, section 4.
 */
function bootstrap(runs: readonly Observation[], chosen: Fit, resamples: number): Scaling['intervals'] {
  const rates = ratesByReplicas(runs)
  const levels = levelsOf(runs)
  const random = randomFrom(1)
  const free = freeOf(chosen)
  const refit = (means: readonly number[]) =>
    leastSquares(
      levels.map((level, index) => ({ ...level, rate: means[index] ?? level.rate })),
      free,
      chosen,
    )
  const laws = Array.from({ length: resamples }, () =>
    refit(
      rates.map(([, values], index) => {
        const { rate, runs } = levels[index] as Level
        const drawn = mean(sampleWithReplacement(values, values.length, random))
        return rate + (drawn - rate) * Math.sqrt(runs / (runs - 1))
      }),
    ),
  )
  const left = rates.map(([, values], index) =>
    values.map((value) => {
      const { rate, runs } = levels[index] as Level
      return refit(levels.map((each, at) => (at === index ? (rate * runs - value) / (runs - 1) : each.rate)))
    }),
  )
  const between = (of: (law: Law) => number) => {
    const finite = (law: Law) => Math.min(of(law), Number.MAX_SAFE_INTEGER)
    const without = left.map((each) => each.map(finite))
    const tail = normalBelow(studentQuantile(0.025, degreesOf(without)))
    return bca(finite(chosen), laws.map(finite), without, tail)
  }
  return {
    gamma: between(({ gamma }) => gamma),
    alpha: free.includes('alpha') ? between(({ alpha }) => alpha) : null,
    beta: free.includes('beta') ? between(({ beta }) => beta) : null,
    peak: free.includes('beta') ? between(peakOf) : null,
  }
}

/**
 * Degrees of freedom of an estimate that levels contribute to unequally, by the variance that leaving out their runs one
 * by one shows. Source: Satterthwaite, "An Approximate Distribution of Estimates of Variance Components", Biometrics
 * Bulletin 2, 1946.
 */
function degreesOf(left: readonly (readonly number[])[]): number {
  const parts = left.map((values) => {
    const middle = mean([...values])
    const spread = values.reduce((sum, value) => sum + (value - middle) ** 2, 0)
    return { variance: spread * (1 - 1 / values.length), degrees: values.length - 1 }
  })
  const all = parts.reduce((sum, { variance }) => sum + variance, 0)
  const squares = parts.reduce((sum, { variance, degrees }) => sum + variance ** 2 / degrees, 0)
  return squares > 0 ? Math.max(1, Math.floor(all ** 2 / squares)) : 1
}

const freeOf = (fit: Fit): Free => models.find(({ model }) => model === fit.model)?.free ?? []

/**
 * Standard errors of γ and of those of α and β that are free, from the residuals: what one run a level can give.
 * s² (JᵀJ)⁻¹, J the derivatives at the fit. Source: Bates and Watts, Nonlinear Regression Analysis, 1988, section 2.3.
 */
export function standardErrors(runs: readonly Observation[], law: Law, free: Free): number[] {
  const derivatives = runs.map(({ replicas: n }) => {
    const divisor = 1 + law.alpha * (n - 1) + law.beta * n * (n - 1)
    const slope = (-law.gamma * n * (n - 1)) / divisor ** 2
    return [n / divisor, ...free.map((name) => (name === 'alpha' ? slope : slope * n))]
  })
  // In units of their own size, since β is many orders smaller than γ.
  const units = [0, ...free].map((_, column) => Math.hypot(...derivatives.map((row) => row[column] ?? 0)))
  const jacobian = new Matrix(
    derivatives.map((row) => row.map((value, column) => value / (units[column] ?? 1))),
  )
  const covariance = inverse(jacobian.transpose().mmul(jacobian))
  const variance = rssOf(runs, law) / (runs.length - units.length)
  return units.map((unit, index) => Math.sqrt(variance * covariance.get(index, index)) / unit)
}

function fromResiduals(runs: readonly Observation[], chosen: Fit): Scaling['intervals'] {
  const free = freeOf(chosen)
  const degrees = runs.length - free.length - 1
  if (degrees < 1) return null
  const errors = standardErrors(runs, chosen, free)
  const factor = studentQuantile(0.975, degrees)
  const around = (name: keyof Law) => {
    const place = name === 'gamma' ? 0 : free.indexOf(name) + 1
    const half = factor * (errors[place] ?? 0)
    return { low: Math.max(0, chosen[name] - half), high: chosen[name] + half }
  }
  const beta = free.includes('beta') ? around('beta') : null
  return {
    gamma: around('gamma'),
    alpha: free.includes('alpha') ? around('alpha') : null,
    beta,
    // A function of two estimates that depend on each other: not without repeats.
    peak: null,
  }
}
