import type { ConstantArrivalRateScenario, ConstantVUsScenario, Scenario } from 'k6/options'

// Imports only types: scenarios/index.ts takes it into projects whose TypeScript may refuse an import of `.ts`.

/** What all k6 scenarios of a load have. */
export type Common = Required<Pick<ConstantVUsScenario, 'startTime' | 'duration' | 'gracefulStop' | 'tags'>>

/**
 * One k6 scenario for each of `sizes`, one after the other, each `lengthMs` long: `name_1`, `name_2` … with its number as
 * the tag `stage`. k6 does not count what is still in flight after `graceMs`.
 */
export const inTurn = (
  name: string,
  sizes: readonly number[],
  { lengthMs, graceMs }: { readonly lengthMs: number; readonly graceMs: number },
  scenarioOf: (size: number, common: Common) => Scenario,
): [string, Scenario][] =>
  sizes.map((size, index) => [
    `${name}_${index + 1}`,
    scenarioOf(size, {
      startTime: `${index * lengthMs}ms`,
      duration: `${lengthMs}ms`,
      gracefulStop: `${graceMs}ms`,
      tags: { stage: String(index + 1) },
    }),
  ])

/** Iterations that start evenly, `rate` per second, on at most `vus` VUs. */
export const evenArrivals = (rate: number, vus: number, common: Common): ConstantArrivalRateScenario => ({
  ...common,
  executor: 'constant-arrival-rate',
  // k6 takes whole numbers only.
  ...(Number.isInteger(rate)
    ? { rate, timeUnit: '1s' }
    : Number.isInteger(2 * rate)
      ? { rate: 2 * rate, timeUnit: '2s' }
      : { rate: Math.round(1000 * rate), timeUnit: '1000s' }),
  // All VUs exist from the start: one that k6 must first create is late, which looks like a slow target.
  preAllocatedVUs: vus,
  maxVUs: vus,
})

/**
 * Enough VUs for responses of 1.5 s; a target that needs longer is not keeping up with the rate. At high rates enough
 * for shorter responses, but at least for the longest that an SLO allows: k6 uses all VUs in turn and the first request
 * of each is slow, so thousands of them would show in the percentiles and in the generator's memory.
 */
export const vusFor = (rate: number, sloMs: number): number =>
  Math.max(10, Math.ceil(Math.min(rate * 1.5, Math.max(300 + rate / 4, (rate * sloMs) / 1000))))

export function wholeNumber(name: string, text: string): number {
  const value = positive(name, text)
  if (!Number.isInteger(value)) throw new Error(`${name}: "${text}" is not a whole number`)
  return value
}

export function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0 && value < Infinity)) throw new Error(`${name}: "${text}" is not a number above 0`)
  return value
}

/** `30s`, `5m`, `1m30s`; a number without a unit is seconds. */
export function milliseconds(name: string, text: string): number {
  const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  let durationMs = 0
  if (/^(\d+(\.\d+)?(ms|s|m|h))+$|^\d+(\.\d+)?$/.test(text))
    for (const [, value, unit] of text.matchAll(/([\d.]+)(ms|s|m|h)?/g))
      durationMs += Number(value) * (unitMs[unit ?? 's'] ?? 0)
  if (!(durationMs >= 1)) throw new Error(`${name}: "${text}" is not a duration such as 30s, 5m or 1m30s`)
  return durationMs
}
