/**
 * Uniform numbers in [0, 1), the same for the same seed on every machine, so that resampling is reproducible.
 * Source: Vigna's SplitMix64 in its 32-bit form with the finaliser of MurmurHash3 (Steele, Lea and Flood,
 * "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
 */
export function randomFrom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
  }
}

/**
 * A random value of the standard normal distribution. Source: Box and Muller, Annals of Mathematical
 * Statistics 29, 1958.
 */
export const normalFrom = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
