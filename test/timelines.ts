import type { Period, Timeline } from '../analysis/formats/timeline.ts'
import { normalFrom } from '../analysis/numbers/random.ts'

/** What noise a period has in common with the one before it: its standard deviation (of logarithms) and correlation. */
export type Jitter = { readonly deviation: number; readonly correlation: number }

/** A series of lognormal factors around 1, each correlated with the one before. */
export function factors({ deviation, correlation }: Jitter, random: () => number): () => number {
  let level = normalFrom(random)
  return () => {
    level = correlation * level + Math.sqrt(1 - correlation ** 2) * normalFrom(random)
    return Math.exp(deviation * level)
  }
}

/** A period with nothing known but its time. */
export const emptyPeriod = (fromMs: number, toMs: number): Period => ({
  fromMs,
  toMs,
  vus: null,
  requests: null,
  failed: null,
  iterations: null,
  dropped: null,
  checks: null,
  durationMs: null,
  phasesMs: null,
  generatorCores: null,
  targetCores: null,
  targetMemoryMiB: null,
})

/** Latencies with that p50 and a tail: p95 is half as high again, p99 twice. */
export const latencies = (p50: number, tail = 1): NonNullable<Period['durationMs']> => ({
  avg: p50 * 1.05,
  min: p50 * 0.8,
  p50,
  p90: p50 * (1 + 0.3 * tail),
  p95: p50 * (1 + 0.5 * tail),
  p99: p50 * (1 + tail),
  max: p50 * (1 + 1.5 * tail),
})

export const timelineOf = (periods: readonly Period[], periodMs = 1000): Timeline => ({
  schema: 1,
  startedAt: '2026-01-02T03:04:05.000Z',
  periodMs,
  periods: [...periods],
})

/** One period after another of that many, each as `make` changes an empty one. */
export const periodsOf = (
  count: number,
  make: (index: number) => Partial<Period>,
  periodMs = 1000,
): Period[] =>
  Array.from({ length: count }, (_, index) => ({
    ...emptyPeriod(index * periodMs, (index + 1) * periodMs),
    ...make(index),
  }))

/** A steady load with noise: of requests, and of latencies and their tail, each of its own. */
export function steady(
  count: number,
  random: () => number,
  { rate = 50, p50 = 5, jitter = { deviation: 0.1, correlation: 0.5 }, poisson = false } = {},
): Timeline {
  const [of, body, tail] = [
    factors({ ...jitter, deviation: jitter.deviation / 3 }, random),
    factors(jitter, random),
    factors({ ...jitter, deviation: jitter.deviation * 2 }, random),
  ]
  return timelineOf(
    periodsOf(count, () => {
      const mean = rate * of()
      return {
        vus: 8,
        requests: poisson ? poissonFrom(mean, random) : Math.round(mean),
        failed: 0,
        durationMs: latencies(p50 * body(), tail()),
      }
    }),
  )
}

/** How many arrive, by the time that each takes to come. */
function poissonFrom(mean: number, random: () => number): number {
  let count = -1
  for (let time = 0; time < mean; count++) time -= Math.log(1 - random())
  return count
}

/** Makes the factors of a run's periods, by their index. */
export type Noise = (random: () => number) => (index: number) => number

/** A soak whose latency grows by that share over the run; each figure has noise of its own. */
export function soak(count: number, random: () => number, noise: Noise, grows: number): Timeline {
  const [p50, p95, memory, cpu] = Array.from({ length: 4 }, () => noise(random))
  return timelineOf(
    periodsOf(count, (index) => {
      const by = 1 + (grows * index) / count
      return {
        requests: 20,
        failed: 0,
        durationMs: { ...latencies(5 * by * (p50?.(index) ?? 1)), p95: 8 * by * (p95?.(index) ?? 1) },
        targetMemoryMiB: 100 * (memory?.(index) ?? 1),
        targetCores: 0.5 * (cpu?.(index) ?? 1),
      }
    }),
  )
}
