import { hasFigure, type Slo, sloPercentile } from '../formats/slo.ts'
import { findMetric, type Metric, type Summary } from '../formats/summary.ts'
import { durations, type Figures, figures, percentile, samplesNeeded, type Tags } from './figures.ts'
import { measureOf } from './metrics.ts'

type Found = { readonly value: number | null; readonly samples: number | null; readonly needs?: number }
const unknown: Found = { value: null, samples: null }

/**
 * The figure that an SLO limits; null where unknown, with `needs` where more requests than the `samples` that there
 * were would give it. `whole` are the figures of the requests with `tags`.
 */
export function sloFigure(
  { figure, tags: own }: Slo,
  summary: Summary,
  whole: Figures,
  tags: Tags = {},
): Found {
  const selected = { ...tags, ...own }
  if (own?.check !== undefined) {
    const { passes = 0, fails = 0 } = findMetric(summary, 'checks', selected)?.values ?? {}
    return { value: passes + fails > 0 ? passes / (passes + fails) : null, samples: passes + fails }
  }
  if (own?.metric !== undefined)
    // k6 has it of the whole run only.
    return Object.keys(tags).length > 0 ? unknown : ofCustom(figure, findMetric(summary, own.metric), whole)
  const total = own ? figures(summary, selected, durationMs(whole)) : whole
  const { samples } = total
  // A rate of 0 would be a figure of what nobody counted.
  if (own && total.requests === 0) return { value: null, samples }
  const p = sloPercentile(figure)
  if (p !== undefined) return atPercentile(durations(summary, selected).metric, samples, p)
  const named: Record<string, number | null> = {
    errors: total.errors,
    rate: total.rate,
    mean: total.meanMs,
    max: total.maxMs,
  }
  return { value: Object.hasOwn(named, figure) ? (named[figure] ?? null) : null, samples }
}

function atPercentile(metric: Metric | undefined, samples: number | null, p: number): Found {
  const value = metric ? percentile(metric, samples, p) : null
  return (samples ?? Infinity) < samplesNeeded(p)
    ? { value, samples, needs: samplesNeeded(p) }
    : { value, samples }
}

/** Of a Trend its percentiles, mean and max; of a Rate its share, which `errors` limits from above; of a Counter its rate. */
function ofCustom(figure: string, metric: Metric | undefined, whole: Figures): Found {
  const measure = metric && measureOf(metric, durationMs(whole))
  if (!metric || !measure || !hasFigure(measure.type, figure)) return unknown
  switch (measure.type) {
    case 'trend': {
      const { count: samples, mean, max } = measure
      const p = sloPercentile(figure)
      return p === undefined
        ? { value: figure === 'mean' ? mean : max, samples }
        : atPercentile(metric, samples, p)
    }
    case 'rate':
      return { value: measure.share, samples: null }
    case 'counter':
      return { value: measure.rate, samples: null }
    case 'gauge':
      return { value: measure.max, samples: null }
  }
}

/** The time that a rate is over. */
const durationMs = ({ requests, rate }: Figures): number | null =>
  rate && requests !== null ? (requests * 1000) / rate : null

/** Whether a figure is within its limit: a minimum for a rate, a maximum for everything else. */
export const holds = ({ figure, limit }: Slo, value: number): boolean =>
  figure === 'rate' ? value >= limit : value <= limit
