import { parseSlos } from '../../analysis/formats/slo.ts'
import { type Flag, type Given, helpText } from '../shell/flags.ts'

export const count = (text: string) =>
  /^[1-9]\d{0,6}$/.test(text) ? undefined : `"${text}" is not a whole number from 1`
export const counts = (text: string) => text.split(',').map(count).find(Boolean)
const positive = (text: string) =>
  Number(text) > 0 && Number(text) < Infinity ? undefined : `"${text}" is not a number above 0`
export const duration = (text: string) =>
  /^\d+(\.\d+)?(ms|s|m|h)$/.test(text) && Number.parseFloat(text) > 0
    ? undefined
    : `"${text}" is not a duration such as 500ms, 30s or 5m`
const slos = (text: string) => {
  const parsed = parseSlos(text)
  return typeof parsed === 'string' ? parsed : undefined
}
const labels = (text: string) =>
  text.split(',').every((label) => /^[^=\s]+=.+$/.test(label))
    ? undefined
    : `"${text}" is not of the form key=value`

/** What `--label` gives, by key. */
export const labelsOf = (given: Given): Record<string, string> =>
  Object.fromEntries(
    (given.get('label')?.split(',') ?? []).map((label) => [
      label.slice(0, label.indexOf('=')),
      label.slice(label.indexOf('=') + 1),
    ]),
  )

/** The path that is asked for: one's own, or the workload's work. */
export const requestOf = (given: Given): string =>
  given.get('path') ?? `/work?ms=${given.get('work-ms') ?? '5'}`

/** What `npm run scenario:…` can be told. */
export const runFlags: Flag[] = [
  { name: 'url', env: 'BASE_URL', value: 'URL', help: 'the target; without, the workload is started here' },
  { name: 'cluster', env: 'CLUSTER', help: 'the target is the workload on the current kube context' },
  {
    name: 'path',
    env: 'REQUEST_PATH',
    value: 'PATH',
    help: 'what to ask for there, instead of /work',
    check: (text) => (/^(\/|\{\{)/.test(text) ? undefined : `"${text}" does not begin with /`),
  },
  {
    name: 'vus',
    env: 'VUS',
    value: 'N',
    help: 'virtual users: of the one plateau, or of the highest',
    check: count,
  },
  { name: 'rate', env: 'RATE', value: 'N', help: 'arrival, spike, soak: requests a second', check: count },
  {
    name: 'max-vus',
    env: 'MAX_VUS',
    value: 'N',
    help: 'the same: as many may wait at once (1.5 × rate, fewer above 240/s)',
    check: count,
  },
  { name: 'stages', env: 'STAGES', value: 'N,N,…', help: 'ramp: the VUs of each plateau', check: counts },
  { name: 'duration', env: 'DURATION', value: 'TIME', help: 'of the whole load: 30s, 5m', check: duration },
  { name: 'quick', env: 'QUICK', help: 'six seconds in all, for trying' },
  {
    name: 'work-ms',
    env: 'WORK_MS',
    value: 'MS',
    help: 'CPU time that a request costs the workload (5)',
    check: positive,
  },
  {
    name: 'slo',
    env: 'SLO',
    value: 'LIST',
    help: 'p95=250,errors=0.01,rate=100 (errors=0.01)',
    repeatable: true,
    check: slos,
  },
  {
    name: 'label',
    env: 'LABELS',
    value: 'K=V',
    help: 'kept with the run; may be repeated',
    repeatable: true,
    check: labels,
  },
  {
    name: 'method',
    env: 'METHOD',
    value: 'NAME',
    help: 'how to ask (GET)',
    check: (text) =>
      /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/.test(text)
        ? undefined
        : `"${text}" is no method such as POST`,
  },
  { name: 'body', env: 'BODY', value: 'TEXT', help: 'what to send' },
  {
    name: 'header',
    env: 'HEADER',
    value: 'LINE',
    help: '"Name: value"; may be repeated. A token goes into TARGET_TOKEN',
    repeatable: true,
    joiner: '\n',
    check: (text) =>
      text.split('\n').every((line) => /^[\w!#$%&'*+.^`|~-]+:/.test(line))
        ? undefined
        : 'not of the form "Name: value"',
  },
  {
    name: 'expect-status',
    env: 'EXPECT_STATUS',
    value: 'LIST',
    help: 'the answers that are no failure (200-299)',
    check: (text) =>
      /^[1-5]\d\d(-[1-5]\d\d)?(,[1-5]\d\d(-[1-5]\d\d)?)*$/.test(text)
        ? undefined
        : `"${text}" is not a list such as 200-299,404`,
  },
  {
    name: 'data',
    env: 'DATA',
    value: 'FILE',
    help: 'CSV or JSON: {{column}} in path, body and headers, a row a request',
  },
  {
    name: 'mix',
    env: 'MIX',
    value: 'LIST',
    help: 'mix: how often each is asked (work=8,cpu=1,stress=1)',
    check: (text) =>
      text
        .split(',')
        .every((part) => /^(work|cpu|stress)=\d+(\.\d+)?$/.test(part) && !/=0+(\.0+)?$/.test(part))
        ? undefined
        : `"${text}" is not a list of work, cpu and stress with weights, such as work=8,cpu=1`,
  },
  { name: 'keep-connections', env: 'KEEP_CONNECTIONS', help: 'no new connection for every iteration' },
  { name: 'raw', env: 'RAW', help: 'keep every point too (distorts: halves the top rate)' },
  { name: 'dashboard', env: 'DASHBOARD', help: 'open k6’s live page (costs a tenth of the top rate)' },
  {
    name: 'prometheus',
    env: 'PROMETHEUS_URL',
    value: 'URL',
    help: 'remote write; K6_PROMETHEUS_RW_… say the rest',
    check: (text) => (/^https?:\/\//.test(text) ? undefined : 'not an http or https address'),
  },
  { name: 'otel', env: 'OTEL', help: 'OpenTelemetry; K6_OTEL_… say where to' },
  {
    name: 'k6-out',
    env: 'K6_OUTPUTS',
    value: 'OUTPUT',
    help: 'any output of k6: csv=points.csv; may be repeated',
    repeatable: true,
    joiner: '\n',
  },
  { name: 'allow-public', env: 'ALLOW_PUBLIC', help: 'load an address that is not private' },
  { name: 'out', env: 'RESULTS_DIR', value: 'DIR', help: 'where result folders go (results)' },
]

const purposes: Record<string, string> = {
  ramp: 'Climbs in plateaus: 1, 2, 4 … 16 VUs, 30 s in all.',
  constant: 'One plateau: 8 VUs for 30 s.',
  arrival: 'An open load: 50 requests a second for 30 s, whether those before are answered or not.',
  spike: 'An open load: a fifth of 100 requests a second, all of them, a fifth again, 10 s each.',
  soak: 'An open load for long: 20 requests a second for 30 min, in six windows.',
  mix: 'Several kinds of request in turn: mostly work, sometimes its state, sometimes a short load. 8 VUs for 30 s.',
  autoscale: 'Little, much, little: 1, 16 and 1 VUs that pause 0.1 s, 3 min each. Do the replicas follow?',
  smoke: 'Does it answer at all? 1 VU for 3 s.',
}

export const runHelp = (scenario: string) =>
  helpText(
    `npm run scenario:${scenario} [-- FLAGS]\n\n${purposes[scenario] ?? ''}`,
    runFlags,
    `K6_BIN names a k6 to use; otherwise a fitting one on the PATH, or one fetched once.
Exit codes: 0 pass, 1 SLO failed, 2 usage, 3 invalid run, 4 target or environment trouble, 130 interrupted.

  npm run scenario:${scenario}
  npm run scenario:${scenario} -- --url http://127.0.0.1:8080 --vus 32 --slo p95=250 --label replicas=2
  npm run scenario:${scenario} -- --cluster --label commit=abc
  npm run scenario:${scenario} -- --url http://10.0.0.7 --path /api/items --duration 2m`,
  )
