import { z } from 'zod'
import { numberOrNull } from '../formats/json.ts'
import { Fit, fitModels, levelsOf } from './scaling-fit.ts'
import { bootstrap, fromResiduals, Intervals } from './scaling-intervals.ts'
import { type Observation, peakOf, throughput } from './scaling-law.ts'

/** The fitted laws, and what follows from the best one. */
export const Scaling = z.object({
  chosen: Fit.shape.model.describe('the model with the lowest AICc'),
  fits: z.array(Fit),
  intervals: Intervals.describe(
    '95 %, of the chosen model: by bootstrap over repeats, or from the residuals without repeats',
  ),
  peak: numberOrNull.describe(
    'replicas beyond which throughput falls; null unless the interval of β is above 0',
  ),
  ceiling: numberOrNull.describe(
    'requests per second that no number of replicas exceeds; null unless α is above 0 and β is not',
  ),
  residuals: z.array(z.object({ replicas: z.number(), rate: z.number(), residual: z.number() })),
})
export type Scaling = z.infer<typeof Scaling>

/** The fit of the chosen model. */
export const chosenFit = (scaling: Scaling | null): Fit | null =>
  scaling?.fits.find(({ model }) => model === scaling.chosen) ?? null

/** Fewer numbers of replicas cannot distinguish the models. */
const fewestLevels = 4

/** How throughput scales with replicas; null for fewer than four different numbers of replicas. */
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
