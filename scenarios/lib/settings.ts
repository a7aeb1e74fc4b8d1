import { SharedArray } from 'k6/data'

/**
 * What a scenario can be told, all of it through environment variables so that the bundled script also runs
 * under plain `k6 run -e NAME=value`. A wrong value throws at init, which ends k6 with 107 before any load.
 */
export type Settings = {
  readonly base: string
  readonly path: string
  /** VUs of each plateau, for the scenarios that climb. */
  readonly stages: readonly number[]
  readonly vus: number
  /** The whole load, all plateaus together. */
  readonly durationMs: number
  readonly keepConnections: boolean
  /** Requests a second, for the open loads. */
  readonly rate: number
  /** As many as an open load may use; undefined for what the rate needs. */
  readonly maxVus: number | undefined
  /** The longest latency that an SLO allows; 0 where none says. */
  readonly sloMs: number
  readonly method: string
  readonly body: string | null
  readonly headers: Readonly<Record<string, string>>
  /** The statuses that are no failure. */
  readonly expected: readonly (number | { min: number; max: number })[]
  /** Whether it is our own workload's /work that is asked, which tells its own times. */
  readonly ofWorkload: boolean
  /** What is sent as `Authorization: Bearer`; empty without. */
  readonly token: string
  /** What is asked, a row a request, in place of the one path, body and headers; one copy for all VUs. */
  readonly rows: readonly Row[] | null
  /** Of a mix, how often each kind of request is made, beside the others. */
  readonly weights: Readonly<Record<string, number>>
}

export type Row = {
  readonly path: string
  readonly body: string | null
  readonly headers: Readonly<Record<string, string>>
}

export function settings(defaults: { vus?: number; rate?: number; duration: string }): Settings {
  const base = __ENV.BASE_URL
  if (!base) throw new Error('BASE_URL is not set: which service should be loaded?')
  const vus = whole('VUS', __ENV.VUS || String(defaults.vus ?? 1))
  const path = __ENV.REQUEST_PATH || `/work?ms=${positive('WORK_MS', __ENV.WORK_MS || '5')}`
  const ofWorkload = /^\/work(\?|$)/.test(path)
  return {
    base: base.replace(/\/+$/, ''),
    path,
    stages: __ENV.STAGES ? __ENV.STAGES.split(',').map((vus) => whole('STAGES', vus)) : doublings(vus),
    vus,
    durationMs: duration('DURATION', __ENV.DURATION || defaults.duration),
    keepConnections: __ENV.KEEP_CONNECTIONS === 'true',
    rate: whole('RATE', __ENV.RATE || String(defaults.rate ?? 1)),
    maxVus: __ENV.MAX_VUS ? whole('MAX_VUS', __ENV.MAX_VUS) : undefined,
    sloMs: Number(__ENV.SLO_MS || 0),
    method: __ENV.METHOD || 'GET',
    body: __ENV.BODY || null,
    headers: header(__ENV.HEADERS || '{}'),
    expected: statuses(__ENV.EXPECT_STATUS || '200-299'),
    ofWorkload,
    // Each has a token of its own: no other service is to learn of the workload's.
    token: (ofWorkload ? __ENV.STRESS_TOKEN : __ENV.TARGET_TOKEN) || '',
    rows: __ENV.DATA_ROWS ? new SharedArray('rows', () => JSON.parse(open(__ENV.DATA_ROWS as string))) : null,
    weights: weights(__ENV.MIX || 'work=8,cpu=1,stress=1'),
  }
}

/** `work=8,cpu=1` */
const weights = (text: string): Record<string, number> =>
  Object.fromEntries(
    text.split(',').map((part) => {
      const [name = '', weight = ''] = part.split('=')
      return [name, positive('MIX', weight)]
    }),
  )

/** A JSON object, since a header's value may hold whatever a list would be divided by. */
function header(text: string): Record<string, string> {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('HEADERS: not a JSON object of names and values')
  }
}

/** `200-299,404` */
function statuses(text: string): (number | { min: number; max: number })[] {
  return text.split(',').map((part) => {
    const [, min, max] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(part) ?? []
    if (!min)
      throw new Error(`EXPECT_STATUS: "${part}" is not a status such as 200, or a range such as 200-299`)
    return max ? { min: Number(min), max: Number(max) } : Number(min)
  })
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
