/**
 * @typedef {{
 *   seconds: number,
 *   cores: number,
 *   load: number,
 *   profile: 'constant' | 'ramp' | 'sine' | 'square',
 *   periodSeconds: number,
 * }} Demand A load: at its height `load` per cent of `cores` cores.
 */

/** @type {Record<Demand['profile'], (t: number, demand: Demand) => number>} */
const shapes = {
  constant: (t) => t,
  // Rises in a straight line and is at its height at the end.
  ramp: (t, { seconds }) => (t * t) / (2 * seconds),
  // (1 − cos) ÷ 2: begins at nothing, at its height in the middle of every period.
  sine: (t, { periodSeconds: p }) => t / 2 - (p / (4 * Math.PI)) * Math.sin((2 * Math.PI * t) / p),
  // The first half of every period at its height, the second at rest.
  square: (t, { periodSeconds: p }) => Math.floor(t / p) * (p / 2) + Math.min(t % p, p / 2),
}

/**
 * CPU seconds that a load asks for in its first `elapsed` seconds: the integral of its profile, exact, so that
 * whoever follows it can neither drift nor depend on how often it looks.
 * @param {Demand} demand
 * @param {number} elapsed seconds; before the start nothing, after the end no more
 */
export function askedCpuSeconds(demand, elapsed) {
  const t = Math.min(Math.max(elapsed, 0), demand.seconds)
  return ((demand.cores * demand.load) / 100) * shapes[demand.profile](t, demand)
}
