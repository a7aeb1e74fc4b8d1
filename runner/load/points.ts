import { createReadStream, existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { placeOf } from './hosts.ts'

/** What the raw points of a rehearsal show. */
type Seen = {
  /** host:port of every place that was asked. */
  readonly places: readonly string[]
  /** Values of the tag `name`, the most frequent first. */
  readonly names: readonly string[]
  readonly groups: readonly string[]
  readonly checks: readonly string[]
  /** The type of each metric that had a sample: k6's own and the script's. */
  readonly metrics: Readonly<Record<string, string>>
  /** The k6 scenarios of which an iteration was over. */
  readonly finished: ReadonlySet<string>
}

type Point = {
  readonly type: string
  readonly metric: string
  readonly data: { readonly tags?: Readonly<Record<string, string>>; readonly type?: string }
}

/** Reads k6's `--out json`; nothing was seen where there is no file. */
export async function readPoints(file: string): Promise<Seen> {
  const names = new Map<string, number>()
  const finished = new Set<string>()
  const metrics: Record<string, string> = {}
  const [places, groups, checks] = [new Set<string>(), new Set<string>(), new Set<string>()]
  // k6 makes none for a script that it does not accept.
  for await (const line of existsSync(file) ? createInterface({ input: createReadStream(file) }) : []) {
    const { type, metric, data } = JSON.parse(line) as Point
    if (type === 'Metric') metrics[metric] = data.type ?? ''
    if (type !== 'Point') continue
    const { name, url = '', group, check, scenario } = data.tags ?? {}
    if (metric === 'iterations' && scenario !== undefined) finished.add(scenario)
    if (check !== undefined && metric === 'checks') checks.add(check)
    if (group && metric === 'group_duration') groups.add(group)
    const [called] = (metric === 'grpc_req_duration' && /^[^/]+:\d+(?=\/)/.exec(url)) || []
    if (called !== undefined) places.add(called)
    if (!/^(http_reqs|ws_sessions|browser_http_req_duration)$/.test(metric)) continue
    if (URL.canParse(url)) places.add(placeOf(new URL(url)))
    if (metric === 'http_reqs' && name !== undefined) names.set(name, (names.get(name) ?? 0) + 1)
  }
  return {
    places: [...places],
    names: [...names].sort(([, a], [, b]) => b - a).map(([name]) => name),
    groups: [...groups],
    checks: [...checks],
    metrics,
    finished,
  }
}
