/**
 * Burns a fixed quantity of CPU. One unit is 1,000 rounds of a multiplicative xorshift in 32-bit integers.
 * Each round depends on the one before, allocates nothing and reads no memory, so the cost of a unit varies
 * as little as the CPU allows. Returns the last state, so that the compiler cannot remove the loop.
 */
export function burn(units: number): number {
  let x = 0x9e3779b9 | 0
  for (let round = Math.round(units) * 1000; round > 0; round--) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    x = Math.imul(x, 0x2545f491) | 1
  }
  return x
}

/** Runs the loop until the compiler has optimised it: before that a unit costs many times as much. */
export function warmUp(): void {
  burn(20_000)
}

/**
 * Units that this machine burns per millisecond. The fastest of many short samples counts: other processes
 * can only slow a sample down, and each one is short enough to fit between two interruptions.
 */
export function calibrate(samples = 40): number {
  const unitsPerSample = 250
  warmUp()
  let fastestMs = Infinity
  for (let sample = 0; sample < samples; sample++) {
    const start = performance.now()
    burn(unitsPerSample)
    fastestMs = Math.min(fastestMs, performance.now() - start)
  }
  return unitsPerSample / fastestMs
}
