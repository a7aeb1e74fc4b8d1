/** Uniform numbers in (0, 1], the same for the same seed. Source: Steele et al., SplitMix (OOPSLA 2014), in 32 bits. */
export function uniformsFrom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return (((mixed ^ (mixed >>> 16)) >>> 0) + 1) / 2 ** 32
  }
}

/** How many requests a window has at that rate, at least one. */
export const arrivalCount = (rate: number, windowMs: number): number =>
  Math.max(1, Math.round((rate * windowMs) / 1000))

/**
 * When the requests of a Poisson process start, in ms from the beginning of a window, ascending: a Poisson process that
 * is known to have `count` arrivals in the window. So the offered rate is exact, which a free count would miss by one in
 * √count, and seeds differ only in when requests come. Sums of exponential gaps, divided by the sum of one more, are
 * distributed as sorted uniform numbers, and these as the arrivals. Sources: Devroye, "Non-Uniform Random Variate
 * Generation", 1986, V.3.2; Ross, "Stochastic Processes", 1996, theorem 2.3.1.
 */
export function poissonTimes(count: number, windowMs: number, uniform: () => number): number[] {
  let sum = 0
  const sums = Array.from({ length: count + 1 }, () => (sum -= Math.log(uniform())))
  return sums.slice(0, count).map((at) => (at / sum) * windowMs)
}
