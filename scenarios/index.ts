import { sleep } from 'k6'
import type { Options } from 'k6/options'
// `.js`, because the TypeScript of a project that imports this may refuse `.ts`.
import { evenArrivals, inTurn, milliseconds, positive, vusFor, wholeNumber } from './lib/stages.js'

/** For scripts of your own: `import { plateaus } from 'load-and-stress/scenarios'`. Bad values throw before any load. */

export { framedSummary } from './lib/framed.js'
export { summaryTrendStats } from './lib/percentiles.js'
export { type DataRows, dataRows } from './lib/rows.js'

// k6's timeout of a request and a second more: what is in flight when a stage ends is still counted.
const graceMs = 61_000

const stageTimes = (name: string, sizes: readonly number[], duration: string) => {
  if (sizes.length === 0) throw new Error(`${name}: no stage`)
  return { lengthMs: Math.floor(milliseconds(`${name}: duration`, duration) / sizes.length), graceMs }
}

/**
 * Options of a closed model: virtual users who wait for each answer before they ask again. One plateau for each number in
 * `vus`, as k6 scenarios `plateau_1`, `plateau_2` …, all equally long, `duration` together: '30s', '5m', '1m30s'.
 */
export function plateaus({ vus, duration }: { vus: readonly number[]; duration: string }): Options {
  // k6 reads options only before the first VU, and every VU would keep its own.
  if (__VU > 0) return {}
  for (const each of vus) wholeNumber('plateaus: vus', String(each))
  const stages = inTurn('plateau', vus, stageTimes('plateaus', vus, duration), (size, common) => ({
    ...common,
    executor: 'constant-vus',
    vus: size,
  }))
  return { scenarios: Object.fromEntries(stages) }
}

/**
 * Options of an open model: iterations start at a rate, whether or not earlier ones have finished, as users do who know
 * nothing of each other. One stage for each of `rates`, in iterations per second, as k6 scenarios `arrivals_1` …, all
 * equally long, `duration` together. An iteration that finds no free VU is dropped, and the run invalid: `maxVus` must be
 * at least the rate times the seconds of an iteration, think time included. Default: 1.5 × rate, fewer above 240/s.
 */
export function arrivals({
  rates,
  duration,
  maxVus,
}: {
  rates: readonly number[]
  duration: string
  maxVus?: number
}): Options {
  if (__VU > 0) return {}
  for (const each of rates) positive('arrivals: rates', String(each))
  if (maxVus !== undefined) wholeNumber('arrivals: maxVus', String(maxVus))
  const stages = inTurn('arrivals', rates, stageTimes('arrivals', rates, duration), (rate, common) =>
    evenArrivals(rate, maxVus ?? vusFor(rate, 0), common),
  )
  return { scenarios: Object.fromEntries(stages) }
}

/**
 * What `make` gives, made in each VU's first iteration and kept for its later ones: a login. Where it throws, or its
 * promise is rejected, the next iteration tries again. k6 forgets cookies after each iteration unless the options say
 * `noCookiesReset: true`.
 */
export function oncePerVu<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null
  return () => {
    if (made) return made.value
    const value = make()
    made = { value }
    if (value instanceof Promise)
      value.catch(() => {
        made = null
      })
    return value
  }
}

/**
 * Waits as a user does between two requests: a random time with that mean. Exponential, as of users who act independently
 * of each other, and at most ten times the mean (TPC-C 5.11, clause 5.2.5.4); or uniform, from half to one and a half of
 * the mean. k6's `randomSeed(__VU)` makes it the same in every run.
 */
export function thinkTime(meanSeconds: number, spread: 'exponential' | 'uniform' = 'exponential'): void {
  const random = Math.random()
  sleep(meanSeconds * (spread === 'uniform' ? 0.5 + random : Math.min(10, -Math.log(1 - random))))
}
