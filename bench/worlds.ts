import { median } from 'simple-statistics'
import type { Night } from '../analysis/formats/night.ts'
import { normalFrom, randomFrom } from '../analysis/numbers/random.ts'
import { repeatedRuns } from './repeated-runs.ts'

/** Seeded simulations of a figure over a year of nights, for the quality of the history's alarms. */
export const nightsOfYear = 365
export const repeats = 5
export const random = randomFrom(20_260_201)
const normal = () => normalFrom(random)

export type World = {
  readonly name: string
  /** The latency of each night, the median of its runs; and its host, where the night names it. */
  year(): { readonly values: number[]; readonly hosts: string[] | null }
}

/** Adds to the logarithm of each night, anew for each year. */
type Extra = () => { readonly of: (night: number) => number; readonly host?: (night: number) => string }

function noisy(
  name: string,
  {
    run = () => 0.03 * normal(),
    between = 0.01,
    correlation = 0,
    bad = 0.03,
    extra = () => ({ of: () => 0 }),
  }: { run?: () => number; between?: number; correlation?: number; bad?: number; extra?: Extra } = {},
): World {
  return {
    name,
    year() {
      const { of, host } = extra()
      let shared = between * normal()
      const values = Array.from({ length: nightsOfYear }, (_, night) => {
        shared = correlation * shared + Math.sqrt(1 - correlation ** 2) * between * normal()
        const outlier = random() < bad ? Math.log(1.15 + 0.35 * random()) : 0
        const runs = Array.from({ length: repeats }, run)
        return 100 * Math.exp(shared + outlier + median(runs) + of(night))
      })
      return { values, hosts: host ? values.map((_, night) => host(night)) : null }
    },
  }
}

/** Draws log deviations of p95 from its median in real repeated runs. */
function real(): () => number {
  const values = repeatedRuns().map(({ p95Ms }) => Number(p95Ms))
  const middle = median(values)
  const logs = values.map((value) => Math.log(value / middle))
  return () => logs[Math.floor(random() * logs.length)] ?? 0
}

/** Two hosts 20 % apart; a night is on the slow one as `slow` says, given the night before. */
const hosts =
  (slow: (before: boolean) => boolean, named: boolean): Extra =>
  () => {
    let before = false
    const year = Array.from({ length: nightsOfYear }, () => {
      before = slow(before)
      return before
    })
    const of = (night: number) => (year[night] ? Math.log(1.2) : 0)
    return named ? { of, host: (night) => (year[night] ? 'slow' : 'fast') } : { of }
  }
const oneInFive = () => random() < 0.2
const sticky = (before: boolean) => (random() < 0.05 ? !before : before)

/** Every hundred nights or so, two to five that are 15 to 50 % slow. */
const spells: Extra = () => {
  let [left, by] = [0, 0]
  const year = Array.from({ length: nightsOfYear }, () => {
    if (left > 0) left--
    else if (random() < 0.01) [left, by] = [2 + Math.floor(4 * random()), Math.log(1.15 + 0.35 * random())]
    return left > 0 ? by : 0
  })
  return { of: (night) => year[night] ?? 0 }
}

const weekday = (night: number) => new Date(startOf(night)).getUTCDay()
const weekends: Extra = () => ({ of: (night) => ([0, 6].includes(weekday(night)) ? Math.log(0.95) : 0) })

export const usual = noisy('default')

export const worlds: readonly World[] = [
  usual,
  noisy('autocorrelated nights (0.5)', { correlation: 0.5 }),
  noisy('autocorrelated nights (0.7), 2 % between them', { correlation: 0.7, between: 0.02 }),
  noisy('slow drift of 8 % a year', { extra: () => ({ of: (night) => (0.08 * night) / nightsOfYear }) }),
  noisy('runs resampled from real ones', { run: real() }),
  noisy('one night in five on a host 20 % slower', { extra: hosts(oneInFive, false) }),
  noisy('… the nights name the host', { extra: hosts(oneInFive, true) }),
  noisy('hosts 20 % apart, twenty nights each', { extra: hosts(sticky, false) }),
  noisy('… the nights name the host ', { extra: hosts(sticky, true) }),
  noisy('bad spells of two to five nights', { extra: spells }),
  noisy('weekends 5 % faster', { extra: weekends }),
]

function startOf(night: number): string {
  return new Date(Date.UTC(2026, 0, 1 + night)).toISOString()
}

type Figure = Pick<Night['measured'][number], 'metric' | 'unit' | 'better'>
export const latency: Figure = { metric: 'p95', unit: 'ms', better: 'lower' }
export const errors: Figure = { metric: 'errors', unit: 'share', better: 'lower' }

/** A history of one figure. */
export const historyOf = (
  values: readonly (number | readonly number[])[],
  hosts: readonly string[] | null = null,
  figure = latency,
): Night[] =>
  values.map((value, night) => ({
    schema: 1,
    id: String(night),
    startedAt: startOf(night),
    commit: null,
    labels: {},
    environment: hosts ? { host: hosts[night] ?? '' } : {},
    runs: { valid: repeats, invalid: 0, planned: repeats },
    measured: [{ scenario: 'x', replicas: null, load: 'x', ...figure, values: [value].flat() }],
  }))
