import { Failure } from '../shell/exit.ts'
import type { Given } from '../shell/flags.ts'
import { say } from '../shell/progress.ts'

/** What k6 is to write or show beside its summary. */
export type Outputs = {
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Names for the report, since each costs the generator something. */
  readonly names: readonly string[]
}

/** k6's own outputs, passed through; says what is known of their cost. */
export function outputs(given: Given, pointsFile: string): Outputs {
  const chosen: { name: string; arg?: string; environment?: Record<string, string>; cost: string }[] = []
  if (given.get('raw') === 'true')
    chosen.push({ name: 'raw points', arg: `json=${pointsFile}`, cost: 'halves the highest rate' })
  if (given.get('dashboard') === 'true')
    chosen.push({
      name: 'dashboard',
      environment: { K6_WEB_DASHBOARD: 'true', K6_WEB_DASHBOARD_OPEN: String(process.stderr.isTTY === true) },
      cost: `costs a tenth of the highest rate; http://127.0.0.1:${process.env.K6_WEB_DASHBOARD_PORT || 5665}`,
    })
  const prometheus = given.get('prometheus')
  if (prometheus)
    chosen.push({
      name: 'Prometheus',
      arg: 'experimental-prometheus-rw',
      environment: { K6_PROMETHEUS_RW_SERVER_URL: prometheus },
      cost: 'its cost depends on the rate',
    })
  if (given.get('otel') === 'true')
    chosen.push({ name: 'OpenTelemetry', arg: 'opentelemetry', cost: 'its cost depends on the rate' })
  for (const arg of (given.get('k6-out') ?? '').split('\n').filter(Boolean)) {
    const name = arg.replace(/=.*/s, '')
    if (name === 'cloud')
      throw new Failure('usage', '--k6-out: cloud sends the whole test to a service; use k6 itself for that')
    chosen.push({ name, arg, cost: 'raw output costs a quarter of the highest rate and more' })
  }
  for (const { name, cost } of chosen) say(`k6 output ${name}: ${cost}`)
  return {
    args: chosen.flatMap(({ arg }) => (arg ? ['--out', arg] : [])),
    environment: Object.assign({}, ...chosen.map(({ environment }) => environment ?? {})),
    names: chosen.map(({ name }) => name),
  }
}
