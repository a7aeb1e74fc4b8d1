import { catalogue, mix, type Scenario, type ScenarioName, scenarioNames } from '../../scenarios/catalogue.ts'
import { junitFlag } from '../results/junit.ts'
import { Failure } from '../shell/exit.ts'
import {
  type Flags,
  flagName,
  grouped,
  type OptionsOf,
  option,
  secret,
  text,
  toggle,
} from '../shell/flags.ts'
import { secretsOfEnvironment } from '../shell/secrets.ts'
import { hostsFrom } from './hosts.ts'
import { isFile, scenarioOf, shortName } from './script.ts'
import { deploymentFlags, generatorFlags, targetFlags } from './target-options.ts'
import { encodedPath, needNoData } from './template.ts'
import {
  duration,
  given,
  headers,
  labels,
  names,
  pattern,
  positive,
  positiveInteger,
  positiveIntegers,
  slos,
  statuses,
  variables,
  webAddress,
} from './values.ts'

export const labelFlag = grouped('Results', {
  label: option('LAS_LABELS', 'key=value', 'kept with the run; may be repeated', labels, ','),
})

export const outFlag = grouped('Results', {
  out: option('LAS_RESULTS_DIR', 'dir', 'where result folders go (results)', text),
})

const parsed = {
  path: pattern(/^(\/|\{\{)/, 'does not begin with /'),
  method: pattern(/^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/, 'is not a method such as POST'),
  mix: pattern(
    /^(?!.*=0+(\.0+)?(,|$))((work|cpu|stress)=\d+(\.\d+)?)(,(work|cpu|stress)=\d+(\.\d+)?)*$/,
    'is not a list of work, cpu and stress with weights, such as work=8,cpu=1',
  ),
  arrivals: pattern(/^(even|poisson)$/, 'is neither even nor poisson'),
  orAuto: (value: string): number | 'auto' => (value === 'auto' ? value : positiveInteger(value)),
  address: webAddress,
  lines: (value: string): readonly string[] => value.split('\n').filter(Boolean),
}

const sizeFlags = grouped('Load', {
  vus: option('LAS_VUS', 'n', 'virtual users (ramp: at the highest plateau)', positiveInteger),
  stages: option('LAS_STAGES', 'n,n,…', 'virtual users at each plateau', positiveIntegers),
  rate: option('LAS_RATE', 'n', 'requests per second', positiveInteger),
  maxVus: option('LAS_MAX_VUS', 'n', 'maximum VUs (default: 1.5 × rate, fewer above 240/s)', positiveInteger),
  arrivals: option(
    'LAS_ARRIVALS',
    'how',
    'when requests start: even, or poisson for random (even)',
    parsed.arrivals,
  ),
  arrivalSeed: option('LAS_ARRIVAL_SEED', 'n', 'of the random times (1)', positiveInteger),
  mix: option('LAS_MIX', 'list', `weights of the kinds of request (${mix.sizes.mix})`, parsed.mix),
  duration: option('LAS_DURATION', 'time', 'total duration: 30s, 5m, 1m30s', duration),
  thinkTime: option('LAS_THINK_TIME', 'time', 'pause of a VU after each answer (default: none)', duration),
  generators: option(
    'LAS_GENERATORS',
    'n',
    'k6 processes that share the load (1); auto: in a cluster, as many as the rate needs',
    parsed.orAuto,
  ),
  quick: toggle('LAS_QUICK', 'six seconds in all, for trying'),
  slo: option('LAS_SLO', 'list', 'p95=250,errors=0.01,rate=100,p95{name:/a}=250 (errors=0.01)', slos, ','),
})

const requestFlags = grouped('Request', {
  path: secret(option('LAS_REQUEST_PATH', 'path', 'path to request, instead of /work', parsed.path)),
  method: option('LAS_METHOD', 'name', 'HTTP method (GET)', parsed.method),
  header: secret(
    option(
      'LAS_HEADER',
      'line',
      '"Name: value"; may be repeated; a token goes into TARGET_TOKEN',
      headers,
      '\n',
    ),
  ),
  body: secret(option('LAS_BODY', 'text', 'request body; @file reads it from a file', text)),
  expectStatus: option('LAS_EXPECT_STATUS', 'list', 'statuses that count as success (200-299)', statuses),
  expectBody: option('LAS_EXPECT_BODY', 'text', 'what the body of a successful answer contains', given),
  ca: option('LAS_CA', 'file', 'certificates (PEM) of an authority of your own', given),
  insecure: toggle('LAS_INSECURE', 'accept any TLS certificate'),
  data: option(
    'LAS_DATA',
    'file',
    'CSV or JSON, one row a request: {{column}} in path, body, headers',
    given,
  ),
  workMs: option('LAS_WORK_MS', 'ms', 'CPU time of a /work request (5)', positive),
  proxy: toggle('LAS_PROXY', 'probe and load through HTTP_PROXY or HTTPS_PROXY; default: no proxy is used'),
  keepConnections: toggle('LAS_KEEP_CONNECTIONS', 'keep connections; default: a new one every iteration'),
  renewConnections: option(
    'LAS_RENEW_CONNECTIONS',
    'n',
    'a new one after n requests of a VU; auto: as often as there are ports for',
    parsed.orAuto,
  ),
})

const scriptFlags = grouped('A script of your own', {
  env: {
    ...secret(option('LAS_ENV', 'name=value', 'for its __ENV; may be repeated', variables, '\n')),
    // Most values are words that everybody uses; only the name says which are secret.
    secretsOf: (text) =>
      secretsOfEnvironment(Object.fromEntries(text.split('\n').map((line) => line.split(/=(.*)/s, 2)))),
  },
  scale: option('LAS_SCALE', 'factor', 'multiplies its VUs and rates', positive),
  noRehearsal: toggle('LAS_NO_REHEARSAL', 'do not run each of its k6 scenarios once before the load'),
  hosts: option(
    'LAS_HOSTS',
    'name=address',
    'address for a name, as k6’s option hosts; may be repeated',
    hostsFrom,
    ',',
  ),
  allowHost: option(
    'LAS_ALLOW_HOST',
    'name',
    'a name that may be looked up, with a private address; may be repeated',
    names,
    ',',
  ),
})

const outputFlags = grouped('k6 outputs', {
  noTimeline: toggle(
    'LAS_NO_TIMELINE',
    'do not record how the figures changed during the run (a duet never does)',
  ),
  raw: toggle('LAS_RAW', 'keep every point (distorts: halves the top rate)'),
  dashboard: toggle('LAS_DASHBOARD', 'open k6’s live page (costs a tenth of the top rate)'),
  prometheus: secret(
    option('LAS_PROMETHEUS_URL', 'url', 'remote write; configure it by K6_PROMETHEUS_RW_…', parsed.address),
  ),
  otel: toggle('LAS_OTEL', 'OpenTelemetry; configure it by K6_OTEL_…'),
  k6Out: secret(
    option(
      'LAS_K6_OUTPUTS',
      'output',
      'any output of k6: csv=points.csv; may be repeated',
      parsed.lines,
      '\n',
    ),
  ),
})

/** What one run may be given wherever it runs: the flags of an entry of a plan. */
export const loadFlags = {
  ...sizeFlags,
  ...requestFlags,
  ...scriptFlags,
  ...outputFlags,
  ...labelFlag,
} satisfies Flags
export type LoadOptions = OptionsOf<typeof loadFlags>

export const runFlags = {
  ...targetFlags,
  ...deploymentFlags,
  ...generatorFlags,
  ...loadFlags,
  ...junitFlag,
  ...outFlag,
} satisfies Flags
export type RunOptions = OptionsOf<typeof runFlags>

const ofArrivals = ['arrivals', 'arrivalSeed']

const takes = ({ model, sizedBy }: Scenario): readonly string[] =>
  model === 'open' ? [...sizedBy, 'maxVus', ...ofArrivals] : [...sizedBy, 'thinkTime']

const ofOwnScripts = Object.keys(scriptFlags)

/** The flags that this scenario or script does not take, each with the end of a sentence that says why. */
export function refusedBy(scenario: string): Readonly<Record<string, string>> {
  return isFile(scenario) ? refusedByFile(scenario) : refusedByScenario(scenarioOf(scenario))
}

/** A script of somebody's own makes its own requests. */
function refusedByFile(file: string): Readonly<Record<string, string>> {
  const requests = Object.keys(requestFlags).filter((flag) => !['insecure', 'ca'].includes(flag))
  const flags = [...requests, 'stages', ...ofArrivals, 'mix', 'thinkTime']
  const why = `is for built-in scenarios; ${shortName(file)} makes its own requests`
  return Object.fromEntries(flags.map((flag) => [flag, why]))
}

function refusedByScenario(scenario: ScenarioName): Readonly<Record<string, string>> {
  const taken = takes(catalogue[scenario])
  const sizes = taken.filter((flag) => ![...ofArrivals, 'thinkTime'].includes(flag))
  const by = sizes.map((flag) => `--${flagName(flag)}`).join(' and ')
  const refused = ['vus', 'stages', 'rate', 'maxVus', ...ofArrivals, 'mix', 'thinkTime']
    .filter((flag) => !taken.includes(flag))
    .map((flag) => {
      const others = scenarioNames.filter((name) => takes(catalogue[name]).includes(flag))
      return [flag, `is for ${others.join(', ')}; ${scenario} takes ${by}`]
    })
  const path = 'does not fit mix, which requests the bundled workload; use another scenario and --data'
  const own = ofOwnScripts.map((flag) => [flag, 'is for a script of your own, such as run ./checkout.ts'])
  return { ...Object.fromEntries([...refused, ...own]), ...(scenario === 'mix' && { path }) }
}

/** Checks what one flag alone cannot show: whether it fits the scenario, and the others. */
export function checkLoad(scenario: string, options: LoadOptions): void {
  const given: Readonly<Record<string, unknown>> = options
  for (const [flag, why] of Object.entries(refusedBy(scenario)))
    if (given[flag] !== undefined && given[flag] !== false)
      throw new Failure('usage', `--${flagName(flag)} ${why}`)
  const { body, method = 'GET', path, stages, vus } = options
  if (options.expectBody !== undefined && method === 'HEAD')
    throw new Failure('usage', '--expect-body needs a --method whose answers have a body; HEAD has none')
  if (body !== undefined && ['GET', 'HEAD'].includes(method))
    throw new Failure('usage', '--body needs a --method that sends one, such as POST')
  const ofService = ['method', 'body', 'header', 'expectStatus', 'expectBody', 'data'] as const
  const lonely = ofService.find((name) => options[name] !== undefined)
  if (path === undefined && lonely)
    throw new Failure('usage', `--${flagName(lonely)} is for a service of your own: add --path`)
  if (options.data === undefined)
    needNoData({ path: path ?? '', body: body ?? null, headers: options.header ?? {} })
  if (options.arrivalSeed !== undefined && options.arrivals !== 'poisson')
    throw new Failure('usage', '--arrival-seed is for random times: add --arrivals poisson')
  if (options.keepConnections && options.renewConnections !== undefined)
    throw new Failure(
      'usage',
      '--keep-connections and --renew-connections contradict each other; give one of them',
    )
  if (stages && vus !== undefined)
    throw new Failure('usage', '--stages and --vus both size the ramp; give one of them')
}

/** The path to request: one's own, percent-encoded unless it is yet to be filled in, or the bundled workload's /work. */
export const requestPath = ({ path, workMs = 5 }: Pick<LoadOptions, 'path' | 'workMs'>): string =>
  path === undefined ? `/work?ms=${workMs}` : path.includes('{{') ? path : encodedPath(path)
