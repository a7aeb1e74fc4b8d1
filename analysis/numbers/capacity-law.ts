import { levenbergMarquardt } from 'ml-levenberg-marquardt'
import { inverse, Matrix } from 'ml-matrix'
import { z } from 'zod'
import { largest, smallest } from './extremes.ts'
import { studentQuantile } from './student.ts'

/** What one search found: the highest rate that held with that many replicas of so many cores each. */
export type Searched = {
  readonly replicas: number
  /** CPU limit of one replica. */
  readonly cores: number
  readonly rate: number
  /** Lowest rate that broke ÷ `rate`; 1 where none broke. */
  readonly apart: number
}
type Size = Pick<Searched, 'replicas' | 'cores'>

/** One of the laws, fitted to the logarithms of all searches. */
export const CapacityLaw = z.object({
  growth: z.enum(['linear', 'amdahl', 'usl']).describe('with replicas'),
  rate: z.number().describe('requests per second of one replica of one core'),
  exponent: z.number().describe('by which a replica’s rate grows with its cores; 1 is in proportion'),
  exponentFree: z.boolean().describe('whether the exponent was fitted; else it is 1'),
  alpha: z.number().describe('α: contention'),
  beta: z.number().describe('β: coherency'),
  rss: z.number().describe('sum of squared residuals of the logarithms'),
  aicc: z.number(),
  weight: z.number().describe('Akaike weight'),
})
export type CapacityLaw = z.infer<typeof CapacityLaw>

export const CapacityLaws = z.object({
  laws: z.array(CapacityLaw).describe('the best first'),
  alike: z
    .number()
    .describe('how many of the first explain the searches about as well: AICc at most 4 higher'),
})
export type CapacityLaws = z.infer<typeof CapacityLaws>

/**
 * Capacity of N replicas of L cores: X = c·Lᵇ·N ÷ (1 + α(N−1) + βN(N−1)): the Universal Scalability Law over replicas
 * whose γ grows with a power of their cores. Source of the law: Gunther, Guerrilla Capacity Planning, 2007, chapter 4.
 */
export const capacityOf = (
  { rate, exponent, alpha, beta }: Pick<CapacityLaw, 'rate' | 'exponent' | 'alpha' | 'beta'>,
  { replicas: n, cores }: Size,
): number => (rate * cores ** exponent * n) / (1 + alpha * (n - 1) + beta * n * (n - 1))

type Free = 'exponent' | 'alpha' | 'beta'
const models = [
  { growth: 'linear', bounded: [] },
  { growth: 'amdahl', bounded: ['alpha'] },
  { growth: 'usl', bounded: ['alpha', 'beta'] },
] as const

/** Burnham and Anderson, Model Selection and Multimodel Inference, 2002, section 2.6. */
const mostApart = 4

/** Fewer numbers of replicas and limits together do not show how capacity grows. */
const fewestCells = 4

/**
 * Fits every law that the cells can tell apart to the logarithms of the searches (the noise of a rate is a share of it),
 * within α, β ≥ 0, and compares them by AICc. Null for fewer than four different cells, or too few searches for the AICc
 * of all laws: otherwise the one with the fewest parameters would win.
 */
export function capacityLaws(searches: readonly Searched[]): CapacityLaws | null {
  const different = (of: (search: Searched) => unknown) => new Set(searches.map(of)).size
  const [sizes, limits] = [different(({ replicas }) => replicas), different(({ cores }) => cores)]
  const cells = different(({ replicas, cores }) => `${replicas} ${cores}`)
  if (cells < fewestCells) return null
  const candidates = models
    .filter(({ bounded }) => bounded.length < sizes && bounded.length + 1 < cells)
    .flatMap((model) =>
      (limits > 1 ? [false, true] : [false])
        .filter((exponentFree) => model.bounded.length + Number(exponentFree) + 1 < cells)
        .map((exponentFree) => ({ ...model, exponentFree })),
    )
  const n = searches.length
  const parameters = largest(
    candidates.map(({ bounded, exponentFree }) => bounded.length + Number(exponentFree) + 1),
  )
  if (n - (parameters + 1) - 1 <= 0) return null
  // Where searches agree to the last digit, their brackets are what is known.
  const floor = searches.reduce((sum, search) => sum + bracketVariance(search), 0)
  const fits = candidates.map(({ growth, bounded, exponentFree }) => {
    const fit = leastSquares(searches, bounded, exponentFree)
    const k = bounded.length + Number(exponentFree) + 2
    const aicc =
      n * Math.log(Math.max(fit.rss, floor, n * 1e-14) / n) + 2 * k + (2 * k * (k + 1)) / (n - k - 1)
    return { growth, exponentFree, ...fit, aicc, weight: 0 }
  })
  const best = smallest(fits.map(({ aicc }) => aicc))
  const all = fits.reduce((sum, { aicc }) => sum + Math.exp((best - aicc) / 2), 0)
  const laws = fits
    .map((fit) => ({ ...fit, weight: Math.exp((best - fit.aicc) / 2) / all }))
    .sort((a, b) => a.aicc - b.aicc)
  return { laws, alike: laws.filter(({ aicc }) => aicc <= best + mostApart).length }
}

/** Of the logarithm of a rate that is anywhere between the two of a bracket: a uniform distribution’s. */
const bracketVariance = ({ apart }: Searched): number => Math.log(apart) ** 2 / 12

type Fitted = Pick<CapacityLaw, 'rate' | 'exponent' | 'alpha' | 'beta' | 'rss'>

const residuals = (searches: readonly Searched[], law: Omit<Fitted, 'rss'>): number[] =>
  searches.map((search) => Math.log(search.rate / capacityOf(law, search)))

/** The optimum within α, β ≥ 0 is inside, or on a bound, where a parameter is 0: each set of free ones is tried. */
function leastSquares(
  searches: readonly Searched[],
  bounded: readonly ('alpha' | 'beta')[],
  exponentFree: boolean,
): Fitted {
  const always: Free[] = exponentFree ? ['exponent'] : []
  const sets: Free[][] = [[], ['alpha'], ['beta'], ['alpha', 'beta']]
  const subsets = sets
    .filter((set) => set.every((name) => (bounded as readonly Free[]).includes(name)))
    .map((set) => [...always, ...set])
  const fits = subsets.map((free) => {
    const law = searchFrom(searches, free)
    return { ...law, rss: residuals(searches, law).reduce((sum, each) => sum + each ** 2, 0) }
  })
  const allowed = fits.filter(({ alpha, beta, rss }) => alpha >= 0 && beta >= 0 && Number.isFinite(rss))
  return allowed.reduce((a, b) => (b.rss < a.rss ? b : a))
}

function searchFrom(searches: readonly Searched[], free: readonly Free[]): Omit<Fitted, 'rss'> {
  // The search takes equal steps in all directions, so each parameter is scaled to its expected size.
  const most = largest(searches.map(({ replicas }) => replicas))
  const unit = { exponent: 1, alpha: 0.05, beta: 0.1 / most ** 2 }
  const law = ([logarithm = 0, ...values]: readonly number[]) => {
    const shape = { exponent: 1, alpha: 0, beta: 0 }
    free.forEach((name, index) => {
      shape[name] = (values[index] ?? 0) * unit[name]
    })
    return { rate: Math.exp(logarithm), ...shape }
  }
  const scaleOf = (shape: Omit<Fitted, 'rss'>) =>
    residuals(searches, { ...shape, rate: 1 }).reduce((sum, each) => sum + each, 0) / searches.length
  const start = scaleOf(law([0, ...free.map(() => 1)]))
  if (free.length === 0) return law([start])
  const { parameterValues } = levenbergMarquardt(
    { x: searches.map((_, index) => index), y: searches.map(({ rate }) => Math.log(rate)) },
    (parameters) => (index) => {
      const { replicas: n, cores } = searches[index] as Searched
      const { rate, exponent, alpha, beta } = law(parameters)
      const divisor = 1 + alpha * (n - 1) + beta * n * (n - 1)
      return Math.log(rate) + exponent * Math.log(cores) + Math.log(n) - Math.log(Math.max(divisor, 1e-9))
    },
    {
      initialValues: [start, ...free.map(() => 1)],
      maxIterations: 40,
      gradientDifference: 1e-6,
      centralDifference: true,
      errorTolerance: 1e-14,
    },
  )
  const found = law(parameterValues)
  return { ...found, rate: Math.exp(scaleOf(found)) }
}

/**
 * What a law expects of that size, and the 95 % prediction interval of one more search there: Student’s on the
 * logarithm, from the derivatives at the fit. The noise is taken to be no less than what the brackets leave open. Null
 * where no search is left over to know the noise from.
 * Source: Bates and Watts, Nonlinear Regression Analysis, 1988, section 2.3.
 */
export function predicted(
  searches: readonly Searched[],
  law: CapacityLaw,
  size: Size,
): { readonly rate: number; readonly low: number; readonly high: number } | null {
  const free: Free[] = [
    ...(law.exponentFree ? (['exponent'] as const) : []),
    ...(['alpha', 'beta'] as const).filter((name) => law[name] > 0),
  ]
  const degrees = searches.length - free.length - 1
  if (degrees < 1) return null
  const slopes = ({ replicas: n, cores }: Size) => {
    const divisor = 1 + law.alpha * (n - 1) + law.beta * n * (n - 1)
    const of = { exponent: Math.log(cores), alpha: (1 - n) / divisor, beta: (-n * (n - 1)) / divisor }
    return [1, ...free.map((name) => of[name])]
  }
  const jacobian = new Matrix(searches.map(slopes))
  const covariance = inverse(jacobian.transpose().mmul(jacobian))
  const at = new Matrix([slopes(size)])
  const brackets = searches.reduce((sum, search) => sum + bracketVariance(search), 0) / searches.length
  const variance = Math.max(law.rss / degrees, brackets)
  const spread = variance * (1 + at.mmul(covariance).mmul(at.transpose()).get(0, 0))
  const half = studentQuantile(0.975, degrees) * Math.sqrt(spread)
  const rate = capacityOf(law, size)
  return { rate, low: rate * Math.exp(-half), high: rate * Math.exp(half) }
}
