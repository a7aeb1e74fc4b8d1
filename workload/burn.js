/**
 * The fixed quantity of CPU that everything here is made of: one unit is 1,000 rounds of a multiplicative
 * xorshift in 32-bit integers. Each round needs the one before, nothing is allocated and no memory is read, so
 * that the cost of a unit varies as little as a CPU allows.
 * @param {number} units
 * @returns {number} the last state, which keeps the compiler from leaving the loop out
 */
export function burn(units) {
  let x = 0x9e3779b9 | 0
  for (let round = Math.round(units) * 1000; round > 0; round--) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    x = Math.imul(x, 0x2545f491) | 1
  }
  return x
}

/** Runs the loop until the compiler has optimised it; before that a unit costs many times as much. */
export function warmUp() {
  burn(20_000)
}

/**
 * How many units this machine burns in a millisecond. The fastest of many short samples counts: whatever else
 * runs here can only make one slower, and each is short enough to fit between two interruptions.
 * @returns {number}
 */
export function calibrate(samples = 40) {
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
