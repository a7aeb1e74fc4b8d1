import { z } from 'zod'

const Metric = z.object({
  name: z.string(),
  type: z.unknown().optional(),
  contains: z.unknown().optional(),
  values: z.unknown(),
})

const MachineReadable = z.object({
  config: z.object({ duration: z.number().nonnegative() }).optional(),
  results: z.object({
    checks: z.object({ metrics: z.array(Metric).optional(), results: z.unknown().optional() }).optional(),
    metrics: z.array(Metric),
  }),
})

/** Whether a file is what `k6 run --new-machine-readable-summary` writes. */
export const isMachineReadable = (json: object): boolean => 'results' in json && 'metadata' in json

/**
 * That summary in the shape of `handleSummary`'s data, to be checked like it; a zod error where it is damaged. It has
 * no thresholds, no groups and no percentile but p90 and p95. Source: k6 2.2.0, internal/lib/summary/machine_readable.go.
 */
export function fromMachineReadable(json: object): z.ZodError | object {
  const parsed = MachineReadable.safeParse(json)
  if (!parsed.success) return parsed.error
  const { config, results } = parsed.data
  const all = results.checks?.metrics?.find(({ name }) => name === 'checks_succeeded')
  const metrics = [...results.metrics, ...(all ? [{ ...all, name: 'checks' }] : [])]
  return {
    ...(config && { state: { testRunDurationMs: config.duration * 1000 } }),
    root_group: { checks: results.checks?.results },
    metrics: Object.fromEntries(
      metrics.map(({ name, ...metric }) => [
        name,
        { ...metric, values: valuesOf(metric.type, metric.values, config?.duration ?? 0) },
      ]),
    ),
  }
}

/** By the names of the older format; what cannot be read stays as it is, to be refused. */
function valuesOf(type: unknown, values: unknown, seconds: number): unknown {
  if (typeof values !== 'object' || values === null) return values
  const { matches, total, count } = values as Record<string, unknown>
  if (type === 'rate' && typeof matches === 'number' && typeof total === 'number')
    return { ...values, matches: null, total: null, passes: matches, fails: total - matches }
  if (type === 'counter' && typeof count === 'number' && seconds > 0)
    return { ...values, rate: count / seconds }
  const renamed = Object.entries(values).map(([name, value]) => [name.replace(/^p([\d.]+)$/, 'p($1)'), value])
  return type === 'trend' ? Object.fromEntries(renamed) : values
}
