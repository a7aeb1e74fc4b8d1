import { SharedArray } from 'k6/data'
import type { Sizes } from '../catalogue.ts'
import type { Renewal } from './renewal.ts'
import { milliseconds, positive, wholeNumber } from './stages.ts'

/** What the environment variables of a script say about its load and its requests; in a duet, about those of a side. */
export type Settings = {
  /** URL of the target, without a slash at its end. */
  readonly base: string
  /** The other side of a duet, likewise; empty unless two sides share the load. */
  readonly duetBase: string
  readonly path: string
  /** VUs of each plateau, for scenarios that climb. */
  readonly stages: readonly number[]
  readonly vus: number
  /** Of all stages together. */
  readonly durationMs: number
  readonly keepConnections: boolean
  /** How often a VU renews its connection; undefined: with every iteration, or never where they are kept. */
  readonly renewal: Renewal | undefined
  /** How long a VU of a closed model pauses after each answer; 0 for not at all. */
  readonly thinkMs: number
  /** Requests per second in the open model. */
  readonly rate: number
  /** Seed of the times at which requests of the open model start, a Poisson process; undefined: they start evenly. */
  readonly poissonSeed: number | undefined
  /** The most VUs that the open model may use; undefined: as many as the rate needs. */
  readonly maxVus: number | undefined
  /** The longest latency that an SLO allows; 0 if no SLO limits it. */
  readonly sloMs: number
  readonly method: string
  readonly body: string | null
  readonly headers: Readonly<Record<string, string>>
  /** Status codes that count as success. */
  readonly expectedStatuses: readonly (number | { min: number; max: number })[]
  /** What the body of an answer must contain, or the request has failed; empty: bodies are not looked at. */
  readonly expectBody: string
  /** Whether requests go to the bundled workload's /work, which reports how long it queued and worked. */
  readonly withServerTimes: boolean
  /** Sent as `Authorization: Bearer`; empty for none. */
  readonly token: string
  /** One row per request, in turn, instead of the one path, body and headers. All VUs share one copy. */
  readonly rows: readonly Row[] | null
  /** Whether k6 records figures by period, which show a change of latency without any tag. */
  readonly recorded: boolean
  /** Sub-metrics that k6 is asked for besides the scenario's own. */
  readonly submetrics: readonly string[]
  /** How often each kind of request is sent, relative to the others; empty unless the scenario is a mix. */
  readonly weights: Readonly<Record<string, number>>
}

export type Row = {
  readonly path: string
  readonly body: string | null
  readonly headers: Readonly<Record<string, string>>
  /** The tag `name` of its request. */
  readonly name?: string
}

/**
 * Reads the environment, so that a bundled script also runs under plain `k6 run -e LAS_VUS=4`. `defaults` apply
 * where a variable is missing or empty. A bad value throws during init: k6 exits with 107 before any load.
 */
export function settings(defaults: Sizes): Settings {
  const base = __ENV.BASE_URL
  if (!base) throw new Error('BASE_URL is not set; set it to the URL of the service to load')
  const duetBase = (__ENV.LAS_DUET_URL || '').replace(/\/+$/, '')
  const share = duetBase ? 2 : 1
  const vus = wholeNumber('LAS_VUS', __ENV.LAS_VUS || String(defaults.vus ?? share)) / share
  if (!Number.isInteger(vus)) throw new Error('LAS_VUS: a duet shares the VUs; set an even number')
  const path = __ENV.LAS_REQUEST_PATH || `/work?ms=${positive('LAS_WORK_MS', __ENV.LAS_WORK_MS || '5')}`
  const rows = __ENV.LAS_DATA_ROWS
  const mix = defaults.mix && (__ENV.LAS_MIX || defaults.mix)
  const withServerTimes = /^\/work(\?|$)/.test(path)
  return {
    base: base.replace(/\/+$/, ''),
    duetBase,
    path: checkedPath('LAS_REQUEST_PATH', path, Boolean(rows)),
    stages: __ENV.LAS_STAGES
      ? __ENV.LAS_STAGES.split(',').map((part) => wholeNumber('LAS_STAGES', part))
      : doublings(vus),
    vus,
    durationMs: milliseconds('LAS_DURATION', __ENV.LAS_DURATION || defaults.duration),
    keepConnections: __ENV.LAS_KEEP_CONNECTIONS === 'true' || Boolean(__ENV.LAS_RENEW_CONNECTIONS),
    renewal: __ENV.LAS_RENEW_CONNECTIONS ? renewalIn(__ENV.LAS_RENEW_CONNECTIONS, share) : undefined,
    thinkMs: __ENV.LAS_THINK_TIME ? milliseconds('LAS_THINK_TIME', __ENV.LAS_THINK_TIME) : 0,
    rate: wholeNumber('LAS_RATE', __ENV.LAS_RATE || String(defaults.rate ?? 1)) / share,
    poissonSeed: poissonSeedIn(__ENV.LAS_ARRIVALS || 'even', __ENV.LAS_ARRIVAL_SEED || '1'),
    maxVus: __ENV.LAS_MAX_VUS ? Math.ceil(wholeNumber('LAS_MAX_VUS', __ENV.LAS_MAX_VUS) / share) : undefined,
    sloMs: __ENV.LAS_SLO_MS ? positive('LAS_SLO_MS', __ENV.LAS_SLO_MS) : 0,
    method: __ENV.LAS_METHOD || 'GET',
    body: __ENV.LAS_BODY || null,
    headers: headersIn(__ENV.LAS_HEADERS || '{}'),
    expectedStatuses: statusesIn(__ENV.LAS_EXPECT_STATUS || '200-299'),
    expectBody: __ENV.LAS_EXPECT_BODY || '',
    withServerTimes,
    // Two tokens, so that no other service sees the workload's.
    token: (withServerTimes ? __ENV.STRESS_TOKEN : __ENV.TARGET_TOKEN) || '',
    rows: rows ? new SharedArray('rows', () => rowsIn(open(rows))) : null,
    recorded: __ENV.LAS_RECORDED === 'true',
    submetrics: JSON.parse(__ENV.LAS_SUBMETRICS || '[]'),
    weights: mix ? weightsIn(mix) : {},
  }
}

/** The settings of the other side of a duet. */
export const ofDuet = (settings: Settings): Settings => ({ ...settings, base: settings.duetBase })

/** The length of each stage, in whole milliseconds. */
export const stageMs = ({ durationMs }: Settings, stages: number): number => Math.floor(durationMs / stages)

/** `100`, the requests of a connection; or `235/s`, new connections of all VUs together. */
function renewalIn(text: string, share: number): Renewal {
  const [, perSecond] = /^(.*)\/s$/.exec(text) ?? []
  return perSecond === undefined
    ? { after: wholeNumber('LAS_RENEW_CONNECTIONS', text) }
    : { perSecond: positive('LAS_RENEW_CONNECTIONS', perSecond) / share }
}

function poissonSeedIn(arrivals: string, seed: string): number | undefined {
  if (arrivals === 'even') return undefined
  if (arrivals !== 'poisson') throw new Error(`LAS_ARRIVALS: "${arrivals}" is neither even nor poisson`)
  return wholeNumber('LAS_ARRIVAL_SEED', seed)
}

/** A path that begins with anything else would continue the host of the URL, and lead the load elsewhere. */
function checkedPath(name: string, path: string, replaced = false): string {
  if (!replaced && !path.startsWith('/')) throw new Error(`${name}: a path does not begin with /`)
  return path
}

function rowsIn(text: string): Row[] {
  const rows: Row[] = JSON.parse(text)
  for (const { path } of rows) checkedPath('LAS_DATA_ROWS', path)
  return rows
}

/** `work=8,cpu=1` */
const weightsIn = (text: string): Record<string, number> =>
  Object.fromEntries(
    text.split(',').map((part) => {
      const [name = '', weight = ''] = part.split('=')
      return [name, positive('LAS_MIX', weight)]
    }),
  )

/** A JSON object, because a header's value may contain any separator that a list would use. */
function headersIn(text: string): Record<string, string> {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`LAS_HEADERS: not a JSON object of names and values, such as {"accept": "text/html"}`)
  }
}

/** `200-299,404` */
const statusesIn = (text: string): Settings['expectedStatuses'] =>
  text.split(',').map((part) => {
    const [, min, max] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(part) ?? []
    if (!min)
      throw new Error(`LAS_EXPECT_STATUS: "${part}" is not a status such as 200 or a range such as 200-299`)
    return max ? { min: Number(min), max: Number(max) } : Number(min)
  })

/** 1, 2, 4 … up to `top`, which is always the last. */
function doublings(top: number): number[] {
  const stages = []
  for (let vus = 1; vus < top; vus *= 2) stages.push(vus)
  return [...stages, top]
}
