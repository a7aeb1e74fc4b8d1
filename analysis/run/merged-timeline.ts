import type { Period, Timeline } from '../formats/timeline.ts'
import { merge, ofPercentiles, percentile } from '../numbers/distribution.ts'
import { largest, smallest } from '../numbers/extremes.ts'
import type { GeneratorPart } from './merge.ts'

/**
 * The timelines of all generators as one, by the clock. The periods of two generators don't start at the same moment: what
 * was counted in one is spread evenly over it, so the sum over the test is exact. Means are weighted by requests. The
 * percentiles of a period are those of the mixture of the few that each generator has, so they lie between theirs.
 */
export function mergedTimeline(parts: readonly GeneratorPart[]): {
  timeline: Timeline | null
  notes: string[]
} {
  const timelines = parts.flatMap(({ timeline }) => (timeline ? [timeline] : []))
  if (timelines.length === 0) return { timeline: null, notes: [] }
  const without = parts.filter(({ timeline }) => !timeline).map(({ generator: { name } }) => name)
  if (without.length > 0)
    return { timeline: null, notes: [`no timeline: generator ${without.join(', ')} recorded none`] }
  const start = smallest(timelines.map(({ startedAt }) => Date.parse(startedAt)))
  const shifted = timelines.map(({ startedAt, periods }) => {
    const by = Date.parse(startedAt) - start
    return periods.map((period) => ({ ...period, fromMs: period.fromMs + by, toMs: period.toMs + by }))
  })
  const end = largest(shifted.map((periods) => periods.at(-1)?.toMs ?? 0))
  const periodMs = largest(timelines.map((each) => each.periodMs))
  const howMany = Math.ceil(end / periodMs)
  // Long gaps have no periods worth having.
  if (!(howMany <= 2 * largest(shifted.map(({ length }) => length)) + 2))
    return { timeline: null, notes: ['no timeline: the generators ran at different times'] }
  const [first] = timelines as [Timeline]
  const sameBuckets = timelines.every(
    ({ bucketsMs }) => bucketsMs && JSON.stringify(bucketsMs) === JSON.stringify(first.bucketsMs),
  )
  const counted = new Map<string, number>()
  const periods = Array.from({ length: howMany }, (_, index) =>
    periodOf(shifted, index * periodMs, Math.min(end, (index + 1) * periodMs), sameBuckets, counted),
  )
  return {
    timeline: {
      schema: 1,
      startedAt: new Date(start).toISOString(),
      periodMs,
      ...(sameBuckets && first.bucketsMs && { bucketsMs: first.bucketsMs }),
      periods,
    },
    notes: [
      'over time, counts are sums of the generators; the percentiles of a period lie between theirs, and are not exact',
    ],
  }
}

/** How much of a period of one generator lies in a merged one. */
type Slice = { readonly period: Period; readonly share: number; readonly generator: number }

function periodOf(
  generators: readonly (readonly Period[])[],
  fromMs: number,
  toMs: number,
  buckets: boolean,
  before: Map<string, number>,
): Period {
  const slices = generators.flatMap((periods, generator) =>
    periods.flatMap((period): Slice[] => {
      const overlap = Math.min(toMs, period.toMs) - Math.max(fromMs, period.fromMs)
      return overlap > 0 ? [{ period, share: overlap / (period.toMs - period.fromMs), generator }] : []
    }),
  )
  // Cumulated and rounded, so that all periods together have exactly what was counted.
  const counted = (what: string, of: (period: Period) => number | null | undefined): number | null => {
    const known = slices.filter(({ period }) => of(period) !== null && of(period) !== undefined)
    if (known.length === 0) return null
    const from = before.get(what) ?? 0
    const to = known.reduce((sum, { period, share }) => sum + (of(period) ?? 0) * share, from)
    before.set(what, to)
    return Math.round(to) - Math.round(from)
  }
  const weighted = (of: (period: Period) => number | null, by: (period: Period) => number | null) => {
    let [sum, weight] = [0, 0]
    for (const { period, share } of slices) {
      const [value, own] = [of(period), (by(period) ?? 0) * share]
      if (value === null) continue
      sum += value * own
      weight += own
    }
    return weight > 0 ? sum / weight : null
  }
  /** The sum over the generators of what each has on average. */
  const summed = (of: (period: Period) => number | null): number | null => {
    const each = generators.flatMap((_, generator) => {
      const own = slices.filter((slice) => slice.generator === generator && of(slice.period) !== null)
      const shareOf = ({ period, share }: Slice) => share * (period.toMs - period.fromMs)
      const length = own.reduce((sum, slice) => sum + shareOf(slice), 0)
      if (length === 0) return []
      return [own.reduce((sum, slice) => sum + (of(slice.period) ?? 0) * shareOf(slice), 0) / length]
    })
    return each.length > 0 ? each.reduce((sum, value) => sum + value, 0) : null
  }
  const ofRequests = (of: (period: Period) => number | null) => weighted(of, ({ requests }) => requests)
  const vus = summed((period) => period.vus)
  const known = slices.flatMap(({ period }) => period.targetMemoryMiB ?? [])
  return {
    fromMs,
    toMs,
    vus: vus === null ? null : Math.round(vus),
    requests: counted('requests', ({ requests }) => requests),
    failed: ofRequests(({ failed }) => failed),
    iterations: counted('iterations', ({ iterations }) => iterations),
    dropped: counted('dropped', ({ dropped }) => dropped),
    checks: weighted(
      ({ checks }) => checks,
      ({ iterations }) => iterations,
    ),
    durationMs: trendOf(slices),
    phasesMs: slices.some(({ period }) => period.phasesMs) ? phasesOf(ofRequests) : null,
    generatorCores: summed(({ generatorCores }) => generatorCores),
    // All generators load the same target.
    targetCores: weighted(
      ({ targetCores }) => targetCores,
      ({ fromMs, toMs }) => toMs - fromMs,
    ),
    targetMemoryMiB: known.length > 0 ? largest(known) : null,
    ...(buckets && {
      counts: (slices[0]?.period.counts ?? []).map(
        (_, bucket) => counted(`counts ${bucket}`, ({ counts }) => counts?.[bucket]) ?? 0,
      ),
    }),
  }
}

const phases = ['blocked', 'connecting', 'tls', 'sending', 'waiting', 'receiving'] as const

function phasesOf(mean: (of: (period: Period) => number | null) => number | null): Period['phasesMs'] {
  const found = phases.map((phase) => [phase, mean(({ phasesMs }) => phasesMs?.[phase] ?? null)] as const)
  return found.every(([, value]) => value !== null)
    ? (Object.fromEntries(found) as NonNullable<Period['phasesMs']>)
    : null
}

/** Null where the times of more than half of the requests are unknown. */
function trendOf(slices: readonly Slice[]): Period['durationMs'] {
  let [all, timed] = [0, 0]
  const parts = slices.flatMap(({ period: { durationMs, requests }, share }) => {
    const count = Math.round((requests ?? 0) * share)
    all += count
    if (!durationMs || count === 0) return []
    timed += count
    const { avg, min, p50, p90, p95, p99, max } = durationMs
    const points = [
      [0, min],
      [50, p50],
      [90, p90],
      [95, p95],
      [99, p99],
      [100, max],
    ] as const
    return [{ durationMs, count, of: ofPercentiles(count, avg, points) }]
  })
  if (parts.length === 0 || timed * 2 < all) return null
  const merged = merge(parts.map(({ of }) => of))
  const between = (name: 'p50' | 'p90' | 'p95' | 'p99'): number => {
    const each = parts.map(({ durationMs }) => durationMs[name])
    const { value } = percentile(merged, Number(name.slice(1)))
    return Math.min(largest(each), Math.max(smallest(each), value))
  }
  return {
    avg: parts.reduce((sum, { count, durationMs }) => sum + count * durationMs.avg, 0) / timed,
    min: smallest(parts.map(({ durationMs }) => durationMs.min)),
    p50: between('p50'),
    p90: between('p90'),
    p95: between('p95'),
    p99: between('p99'),
    max: largest(parts.map(({ durationMs }) => durationMs.max)),
  }
}
