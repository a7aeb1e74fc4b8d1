import { Failure } from '../shell/exit.ts'
import type { Shell } from '../shell/shell.ts'

/** What k6 writes or shows besides its summary. */
export type Outputs = {
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** For the report, since each output costs the generator something. */
  readonly names: readonly string[]
}

export type OutputOptions = {
  readonly raw: boolean
  readonly dashboard: boolean
  /** The remote-write URL. */
  readonly prometheus?: string | undefined
  readonly otel: boolean
  /** Passed to k6's --out as they are. */
  readonly k6Out: readonly string[]
}

/** Where k6 writes what it saw in each period, while it runs. */
export type Recorder = { readonly file: string; readonly periodMs: number }

export const rawOutput = 'raw points'

/** How to turn on the chosen outputs of k6; says what each is known to cost. Refuses k6's cloud. */
export function outputs(
  { env, say, terminal }: Pick<Shell, 'env' | 'say' | 'terminal'>,
  { raw, dashboard, prometheus, otel, k6Out }: OutputOptions,
  pointsFile: string,
  recorder: Recorder | null,
): Outputs {
  const chosen: { name: string; arg?: string; environment?: Record<string, string>; cost: string }[] = []
  const page = dashboard || env.K6_WEB_DASHBOARD === 'true'
  if (raw) chosen.push({ name: rawOutput, arg: `json=${pointsFile}`, cost: 'halves the highest rate' })
  if (page)
    chosen.push({
      name: 'dashboard',
      environment: { K6_WEB_DASHBOARD: String(recorder === null), K6_WEB_DASHBOARD_OPEN: String(terminal) },
      cost: `costs a tenth of the highest rate; http://127.0.0.1:${env.K6_WEB_DASHBOARD_PORT || 5665}`,
    })
  if (prometheus)
    chosen.push({
      name: 'Prometheus',
      arg: 'experimental-prometheus-rw',
      environment: { K6_PROMETHEUS_RW_SERVER_URL: prometheus },
      cost: 'its cost depends on the rate',
    })
  if (otel) chosen.push({ name: 'OpenTelemetry', arg: 'opentelemetry', cost: 'its cost depends on the rate' })
  for (const arg of k6Out) {
    const name = arg.replace(/=.*/s, '')
    if (!/^[\w/-]+$/.test(name))
      throw new Failure('usage', '--k6-out: not the name of an output of k6, such as csv=points.csv')
    if (name === 'cloud')
      throw new Failure('usage', '--k6-out: cloud sends the whole test to a service; use k6 itself for that')
    chosen.push({ name, arg, cost: 'raw output costs at least a quarter of the highest rate' })
  }
  for (const { name, cost } of chosen) say(`k6 output ${name}: ${cost}`)
  const outs = [...(recorder ? [recording(recorder, page)] : []), ...chosen.flatMap(({ arg }) => arg ?? [])]
  // Everybody can read the arguments of a process. But a comma separates the outputs of the variable.
  const byArgument = outs.some((arg) => arg.includes(','))
  if (byArgument && outs.some((arg) => /[@?]|user|password|token|secret|key/i.test(arg)))
    throw new Failure(
      'usage',
      '--k6-out: with a comma k6 takes outputs only as arguments, which other users of this machine can read; leave out the comma, or user, password and query',
    )
  return {
    args: byArgument ? outs.flatMap((arg) => ['--out', arg]) : [],
    environment: {
      ...(recorder && { K6_WEB_DASHBOARD_OPEN: 'false' }),
      ...Object.assign({}, ...chosen.map(({ environment }) => environment)),
      ...(outs.length > 0 && !byArgument && { K6_OUT: outs.join(',') }),
    },
    names: chosen.map(({ name }) => name),
  }
}

/**
 * k6's web dashboard with a file for what it shows; the page itself only where it is wanted. Without the page no tag is
 * looked at: by default each metric is also there for every group, which costs.
 */
const recording = ({ file, periodMs }: Recorder, page: boolean): string =>
  `web-dashboard=period=${periodMs}ms&record=${encodeURIComponent(file)}${page ? '' : '&port=-1&tag='}`
