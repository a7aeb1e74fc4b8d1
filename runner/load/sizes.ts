import { plannedMs } from '../../analysis/formats/load.ts'
import { largest } from '../../analysis/numbers/extremes.ts'
import { milliseconds, scenariosIn } from '../k6/inspect.ts'
import type { Inspected, Planned } from '../k6/inspected.ts'
import { Failure } from '../shell/exit.ts'
import type { LoadOptions } from './options.ts'

/** Scenarios as they go into a script's options. */
export type Scenarios = Readonly<Record<string, Readonly<Record<string, unknown>>>>

type Sizes = Pick<LoadOptions, 'vus' | 'rate' | 'maxVus' | 'duration' | 'quick' | 'scale'>

/**
 * The k6 scenarios of a script in the size that was asked for; null where they stay as they are. VUs or a rate replace
 * them by one of the default function, as k6's own --vus does; a duration alone stretches them, a scale multiplies their
 * VUs and rates.
 */
export function sized(
  script: Inspected,
  { vus, rate, maxVus, duration, quick, scale }: Sizes,
): Scenarios | null {
  const lengthMs = duration ?? (quick ? 6000 : undefined)
  if (vus !== undefined && rate !== undefined)
    throw new Failure('usage', '--vus and --rate both size the load; give one of them')
  if (maxVus !== undefined && rate === undefined)
    throw new Failure('usage', '--max-vus limits the VUs of --rate; add it')
  if ((vus ?? rate) !== undefined && scale !== undefined)
    throw new Failure('usage', `--scale is for the script’s own load; leave --${vus ? 'vus' : 'rate'} out`)
  if (vus !== undefined || rate !== undefined) {
    const own = milliseconds(script.duration)
    if (!lengthMs && !own)
      throw new Failure('usage', 'the script has no duration of its own for that; add --duration')
    return {
      default:
        rate === undefined ? constant(vus ?? 1, lengthMs ?? own) : arrivals(rate, lengthMs ?? own, maxVus),
    }
  }
  if (lengthMs === undefined && scale === undefined) return null
  const stretch = lengthMs === undefined ? null : lengthMs / plannedMs(scenariosIn(script))
  return Object.fromEntries(
    Object.entries(script.scenarios).map(([name, scenario]) => {
      const long = stretch === null ? set(scenario) : stretched(name, scenario, stretch)
      return [name, scale === undefined ? long : scaled(long, scale)]
    }),
  )
}

/**
 * The script's arrivals at a total of so many iterations a second, each k6 scenario with its share, for a search; one of
 * the default function where the script has none.
 */
export function atRate(script: Inspected, rate: number, durationMs: number, maxVus?: number): Scenarios {
  const open = Object.entries(script.scenarios).flatMap(([name, scenario]) => {
    const peak = peakRate(scenario)
    return peak ? [{ name, scenario, peak }] : []
  })
  const total = open.reduce((sum, { peak }) => sum + peak, 0)
  const all = total > 0 ? open : [{ name: 'default', scenario: {} as Partial<Planned>, peak: 1 }]
  return Object.fromEntries(
    all.map(({ name, scenario: { exec, env, tags, options }, peak }) => {
      const share = (rate * peak) / (total || 1)
      const search = {
        LAS_EXEC: String(exec ?? 'default'),
        LAS_PER_SECOND: String(share),
        LAS_LENGTH_MS: String(durationMs),
      }
      const load = arrivals(share, durationMs, maxVus)
      return [name, set({ ...load, exec: 'lasSearch', env: { ...env, ...search }, tags, options })]
    }),
  )
}

/** The most iterations that a k6 scenario starts in a second; null in a closed model. */
function peakRate({ executor, rate, startRate, stages, timeUnit }: Planned): number | null {
  if (!/arrival-rate$/.test(executor)) return null
  const rates = [rate ?? 0, startRate ?? 0, ...(stages ?? []).map(({ target }) => target)]
  return (largest(rates) * 1000) / (milliseconds(timeUnit) || 1000)
}

/** The longest that a rehearsal waits for an iteration. */
export const rehearsalMs = 30_000

/** Once each, with one VU: what a rehearsal runs. */
export const onceEach = (scenarios: Inspected['scenarios']): Scenarios =>
  each(scenarios, {
    executor: 'per-vu-iterations',
    vus: 1,
    iterations: 1,
    maxDuration: `${rehearsalMs}ms`,
    gracefulStop: '2s',
  })

/** Some VUs each, for a warm-up. */
export const someOfEach = (scenarios: Inspected['scenarios'], durationMs: number): Scenarios =>
  each(scenarios, constant(Math.ceil(8 / Object.keys(scenarios).length), durationMs))

const each = (scenarios: Inspected['scenarios'], size: Readonly<Record<string, unknown>>): Scenarios =>
  Object.fromEntries(
    Object.entries(scenarios).map(([name, { exec, env, tags, options }]) => [
      name,
      set({ ...size, exec, env, tags, options }),
    ]),
  )

const constant = (vus: number, durationMs: number) => ({
  executor: 'constant-vus',
  vus,
  duration: `${Math.round(durationMs)}ms`,
})

function arrivals(rate: number, durationMs: number, maxVus?: number) {
  // Flows take longer than a request; k6 makes more VUs only when they are needed.
  const vus = maxVus ?? Math.max(10, Math.ceil(rate * 10))
  return {
    executor: 'constant-arrival-rate',
    ...wholeRate(rate),
    duration: `${Math.round(durationMs)}ms`,
    preAllocatedVUs: Math.min(vus, Math.max(10, Math.ceil(rate * 2))),
    maxVUs: vus,
  }
}

/** k6 takes whole numbers of iterations, in any unit of time. */
function wholeRate(rate: number): { rate: number; timeUnit: string } {
  const many = Number.isInteger(rate) ? 1 : 100
  return { rate: Math.max(1, Math.round(rate * many)), timeUnit: `${1000 * many}ms` }
}

const set = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined))

type Level = { readonly duration: string; readonly target: number }

function stretched(name: string, scenario: Planned, factor: number): Record<string, unknown> {
  const { duration, startTime, stages } = scenario
  if (/iterations$/.test(scenario.executor))
    throw new Failure(
      'usage',
      `${name} counts iterations, so no duration fits it; use --scale, or --vus with --duration`,
    )
  const times = (text: unknown) => `${Math.max(1, Math.round(milliseconds(text) * factor))}ms`
  return set({
    ...scenario,
    duration: duration && times(duration),
    startTime: startTime && times(startTime),
    stages: stages?.map((level) => ({ ...level, duration: times(level.duration) })),
  })
}

function scaled(scenario: Record<string, unknown>, factor: number): Record<string, unknown> {
  const whole = (value: unknown, least = 1) => Math.max(least, Math.round(Number(value) * factor))
  const isRate = /arrival-rate$/.test(String(scenario.executor))
  // Rates become whole numbers of a longer unit.
  const many = isRate && !Number.isInteger(factor) ? 100 : 1
  const result = { ...scenario }
  for (const field of ['vus', 'startVUs', 'preAllocatedVUs', 'maxVUs'])
    if (scenario[field] !== undefined) result[field] = whole(scenario[field], field === 'startVUs' ? 0 : 1)
  if (scenario.executor === 'shared-iterations') result.iterations = whole(scenario.iterations)
  for (const field of ['rate', 'startRate'])
    if (scenario[field] !== undefined) result[field] = whole(Number(scenario[field]) * many, 0)
  if (many > 1) result.timeUnit = `${(milliseconds(scenario.timeUnit) || 1000) * many}ms`
  if (scenario.stages)
    result.stages = (scenario.stages as Level[]).map(({ target, ...level }) => ({
      ...level,
      target: whole(target * many, 0),
    }))
  return result
}
