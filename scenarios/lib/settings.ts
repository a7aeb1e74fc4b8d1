/**
 * What a scenario can be told, all of it through environment variables so that the bundled script also runs
 * under plain `k6 run -e NAME=value`. A wrong value throws at init, which ends k6 with 107 before any load.
 */
export type Settings = {
  readonly url: string
  /** VUs of each plateau, for the scenarios that climb. */
  readonly stages: readonly number[]
  readonly vus: number
  /** The whole load, all plateaus together. */
  readonly durationMs: number
  readonly keepConnections: boolean
  /** Whether it is our own workload's /work that is asked, which tells its own times. */
  readonly ofWorkload: boolean
  /** What that may ask for before it makes load; empty without. */
  readonly token: string
}

export function settings(defaults: { vus: number; duration: string }): Settings {
  const base = __ENV.BASE_URL
  if (!base) throw new Error('BASE_URL is not set: which service should be loaded?')
  const vus = whole('VUS', __ENV.VUS || String(defaults.vus))
  const path = __ENV.REQUEST_PATH || `/work?ms=${positive('WORK_MS', __ENV.WORK_MS || '5')}`
  const ofWorkload = /^\/work(\?|$)/.test(path)
  return {
    url: base.replace(/\/+$/, '') + path,
    stages: __ENV.STAGES ? __ENV.STAGES.split(',').map((vus) => whole('STAGES', vus)) : doublings(vus),
    vus,
    durationMs: duration('DURATION', __ENV.DURATION || defaults.duration),
    keepConnections: __ENV.KEEP_CONNECTIONS === 'true',
    ofWorkload,
    // A token is for our workload only: no other service is to learn of it.
    token: ofWorkload ? __ENV.STRESS_TOKEN || '' : '',
  }
}

/** 1, 2, 4 … up to `top`, which always ends the list. */
function doublings(top: number): number[] {
  const stages = []
  for (let vus = 1; vus < top; vus *= 2) stages.push(vus)
  return [...stages, top]
}

function whole(name: string, text: string): number {
  const value = positive(name, text)
  if (!Number.isInteger(value)) throw new Error(`${name}: "${text}" is not a whole number`)
  return value
}

function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0 && value < Infinity)) throw new Error(`${name}: "${text}" is not a number above 0`)
  return value
}

function duration(name: string, text: string): number {
  const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text)
  const value = Number(parts?.[1]) * (unitMs[parts?.[2] ?? ''] ?? Number.NaN)
  if (!(value >= 1)) throw new Error(`${name}: "${text}" is not a duration such as 500ms, 30s or 5m`)
  return value
}
