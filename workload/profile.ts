export const profiles = ['constant', 'ramp', 'sine', 'square'] as const

/** A load whose peak is `load` per cent of `cores` cores. */
export type Demand = {
  readonly seconds: number
  readonly cores: number
  readonly load: number
  readonly profile: (typeof profiles)[number]
  readonly periodSeconds: number
}

/** Integral of each profile from 0 to t, for a peak of 1. */
const integrals: Record<Demand['profile'], (t: number, demand: Demand) => number> = {
  constant: (t) => t,
  // Rises in a straight line and peaks at the end.
  ramp: (t, { seconds }) => (t * t) / (2 * seconds),
  // (1 − cos) ÷ 2: starts at zero and peaks in the middle of each period.
  sine: (t, { periodSeconds: p }) => t / 2 - (p / (4 * Math.PI)) * Math.sin((2 * Math.PI * t) / p),
  // At its peak in the first half of each period, idle in the second.
  square: (t, { periodSeconds: p }) => Math.floor(t / p) * (p / 2) + Math.min(t % p, p / 2),
}

/**
 * CPU seconds that a load asks for in its first `elapsed` seconds; 0 before the start, constant after the
 * end. It is the exact integral of the profile, so a controller that follows it does not drift, however often
 * it looks.
 */
export function askedCpuSeconds(demand: Demand, elapsed: number): number {
  const t = Math.min(Math.max(elapsed, 0), demand.seconds)
  return ((demand.cores * demand.load) / 100) * integrals[demand.profile](t, demand)
}
