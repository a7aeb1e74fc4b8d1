import { z } from 'zod'
import { numberOrNull } from '../formats/json.ts'
import { largest } from './extremes.ts'
import { Fit, fitModels, levelsOf } from './scaling-fit.ts'
import { bootstrap, fromResiduals, Intervals } from './scaling-intervals.ts'
import { type Observation, peakOf, throughput } from './scaling-law.ts'

/** The fitted laws, and what follows from the best one. */
export const Scaling = z.object({
  chosen: Fit.shape.model.describe('the model with the lowest AICc'),
  alike: z
    .array(Fit.shape.model)
    .describe('the models that explain the runs about as well, and the chosen one: AICc at most 4 higher'),
  fits: z.array(Fit),
  intervals: Intervals.describe(
    '95 %, of the chosen model: by bootstrap over repeats, or from the residuals without repeats',
  ),
  peak: numberOrNull.describe(
    'replicas beyond which throughput falls; null unless the interval of β is above 0 and all models alike have a peak',
  ),
  ceiling: numberOrNull.describe(
    'requests per second that no number of replicas exceeds; null unless α is above 0 and β is not, the runs came near it, and all models alike agree on it',
  ),
  residuals: z.array(z.object({ replicas: z.number(), rate: z.number(), residual: z.number() })),
})
export type Scaling = z.infer<typeof Scaling>

/** The fit of the chosen model. */
export const chosenFit = (scaling: Scaling | null): Fit | null =>
  scaling?.fits.find(({ model }) => model === scaling.chosen) ?? null

/**
 * The fits to extrapolate by: of all models that explain the runs alike. None where throughput no longer grew
 * with the most replicas, since a law that goes on to rise contradicts the last thing measured.
 */
export function extrapolations(scaling: Scaling | null): Fit[] {
  if (!scaling) return []
  const [last, before] = levelsOf(scaling.residuals).sort((a, b) => b.replicas - a.replicas)
  if (!last || !before || last.rate <= before.rate) return []
  return scaling.fits.filter(({ model }) => scaling.alike.includes(model))
}

/** Fewer numbers of replicas cannot distinguish the models. */
const fewestLevels = 4

/**
 * The difference in AICc up to which a model cannot be ruled out. Source: Burnham and Anderson, Model
 * Selection and Multimodel Inference, 2002, section 2.6.
 */
const mostApart = 4

/** A ceiling of which less than this share was measured is a guess. */
const leastReached = 0.6
/** How far the models alike may differ in the greatest throughput. */
const agreeWithin = 0.1

/**
 * How throughput scales with replicas; null for fewer than four different numbers of replicas, and for fewer
 * than six runs: the AICc of the three models must exist, or the one with the fewest parameters wins.
 */
export function scaling(runs: readonly Observation[], resamples = 1000): Scaling | null {
  const levels = levelsOf(runs)
  if (levels.length < fewestLevels) return null
  const fits = fitModels(runs)
  if (fits.some(({ aicc }) => aicc === null)) return null
  const chosen = fits.reduce((a, b) => ((b.aicc ?? Infinity) < (a.aicc ?? Infinity) ? b : a))
  const alike = fits.filter(({ aicc }) => (aicc ?? Infinity) <= (chosen.aicc ?? 0) + mostApart)
  const repeats = levels.every(({ runs }) => runs > 1)
  const intervals = repeats ? bootstrap(runs, chosen, resamples) : fromResiduals(runs, chosen)
  return {
    chosen: chosen.model,
    alike: alike.map(({ model }) => model),
    fits,
    intervals,
    peak:
      intervals?.beta && intervals.beta.low > 0 && alike.every(({ beta }) => beta > 0)
        ? peakOf(chosen)
        : null,
    ceiling:
      chosen.model === 'amdahl' && intervals?.alpha && intervals.alpha.low > 0
        ? agreedCeiling(chosen, alike, largest(levels.map(({ rate }) => rate)))
        : null,
    residuals: runs.map(({ replicas, rate }) => ({
      replicas,
      rate,
      residual: rate - throughput(chosen, replicas),
    })),
  }
}

/** Throughput at the peak, or what it approaches; infinite without contention. */
const greatest = (law: Fit): number =>
  law.beta > 0 ? throughput(law, Math.max(1, peakOf(law))) : law.alpha > 0 ? law.gamma / law.alpha : Infinity

function agreedCeiling(chosen: Fit, alike: readonly Fit[], measured: number): number | null {
  const ceiling = greatest(chosen)
  const agreed = alike.every((law) => Math.abs(greatest(law) / ceiling - 1) <= agreeWithin)
  return agreed && measured >= leastReached * ceiling ? ceiling : null
}
