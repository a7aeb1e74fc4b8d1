import fc from 'fast-check'
import { scenarioNames } from '../../scenarios/catalogue.ts'
import { commandIn } from '../command.ts'
import { type Door, door, harmless } from './files.ts'
import { fitting, paths, values } from './values.ts'
import { prepared } from './whole.ts'

type Verb = readonly string[]
const verbs: readonly Verb[] = [
  ...scenarioNames.map((name) => ['run', name]),
  ...['up', 'deploy', 'url', 'scale', 'status', 'down'].map((name) => ['cluster', name]),
  ...['breakpoint', 'sweep', 'ab', 'noise', 'compare', 'report', 'nightly', 'history', 'completion'].map(
    (name) => [name],
  ),
]

/** The flags that the help of a verb lists, with their variables. */
async function listed(verb: Verb): Promise<(readonly [name: string, variable: string])[]> {
  const { stdout } = await commandIn('.', [...verb, '--help'])
  return [...stdout.matchAll(/^\s+--([a-z0-9-]+)[^[]*?\[([A-Z0-9_]+)\]/gm)].map(
    ([, name = '', variable = '']) => [name, variable] as const,
  )
}
const own = new Map(await Promise.all(verbs.map(async (verb) => [verb, await listed(verb)] as const)))
const all = [...own.values()].flat()

const text = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...values) },
  { weight: 1, arbitrary: fc.string().filter((each) => !/^[/~]|\.\.|:\/\/|\0/.test(each)) },
)
// A dash would read this process's input.
const place = text.filter((each) => each !== '-')

const switches = [
  'quick',
  'local',
  'duet',
  'until-decided',
  'allow-public',
  'anyway',
  'raw',
  'otel',
  'insecure',
  'proxy',
]

/** A flag with a value, in one word or two. What begins with a slash stays with its flag, so that none takes it for a folder. */
function valued(name: string): fc.Arbitrary<readonly string[]> {
  if (switches.includes(name)) return fc.constant([`--${name}`])
  return fc
    .oneof(
      { weight: 3, arbitrary: fc.constantFrom(...(fitting[name] ?? values)) },
      { weight: 2, arbitrary: text },
    )
    .chain((value) =>
      fc.constantFrom([`--${name}=${value}`], ...(value.startsWith('/') ? [] : [[`--${name}`, value]])),
    )
}

/** Some words of a command line, mostly a flag that the verb knows. */
function wordsOf(verb: Verb): fc.Arbitrary<readonly string[]> {
  const known = own.get(verb)?.map(([name]) => name) ?? []
  const flag = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...known, ...(known.length === 0 ? ['help'] : [])) },
    { weight: 1, arbitrary: fc.constantFrom(...all.map(([name]) => name)) },
  )
  const takesFiles = ['compare', 'report', 'completion'].includes(verb[0] ?? '')
  return fc.oneof(
    { weight: 8, arbitrary: flag.chain(valued) },
    { weight: 1, arbitrary: fc.constantFrom(...paths).map((value) => [`--path=${value}`]) },
    { weight: 1, arbitrary: flag.map((name) => [`--${name}`]) },
    {
      weight: takesFiles ? 8 : 1,
      arbitrary: fc
        .oneof(fc.constantFrom('runs', 'runs/runs0', 'runs/runs1', 'summary.json', 'commit=x'), place)
        .map((value) => [value]),
    },
  )
}

const foreign = [
  ...[
    'K6_VUS',
    'K6_INSECURE_SKIP_TLS_VERIFY',
    'K6_FROM',
    'HTTP_PROXY',
    'https_proxy',
    'STRESS_TOKEN',
    'RATE',
  ],
  ...['TARGET_TOKEN', 'GITHUB_STEP_SUMMARY', 'npm_command', 'npm_lifecycle_event', 'npm_config_url'],
]
const variable = fc.tuple(fc.constantFrom(...all.map(([, name]) => name), ...foreign), place)

const verbOrNone: fc.Arbitrary<Verb> = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...verbs) },
  { weight: 1, arbitrary: place.map((each) => [each]) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('run', 'cluster', 'help'), place) },
  { weight: 1, arbitrary: fc.constantFrom(...verbs).map((verb) => ['help', ...verb]) },
)

const order = verbOrNone.chain((verb) =>
  fc.record({
    verb: fc.constant(verb),
    words: fc.array(wordsOf(verb), { maxLength: 4 }),
    variables: fc.array(variable, { maxLength: 1 }),
    // Of k6, which is then not found, and fetched from nowhere.
    mirror: fc.option(
      fc.constantFrom('http://127.0.0.1:9', 'x', 'http://', 'ftp://127.0.0.1', 'http://%@127.0.0.1'),
    ),
    cluster: fc.boolean(),
  }),
)

export const orderDoors: Door[] = [
  door('flags and variables', order, (folder, { verb, words, variables, mirror, cluster }) => {
    prepared(folder)
    const given = Object.fromEntries(variables.map(([name, value]) => [name, value.replaceAll('\0', '')]))
    // Without an address, run and breakpoint would start the workload.
    const onCluster = cluster && ['run', 'breakpoint'].includes(verb[0] ?? '')
    return commandIn(folder, [...verb, ...(onCluster ? ['--cluster'] : []), ...words.flat()], {
      ...given,
      ...harmless,
      BASE_URL: onCluster ? '' : given.BASE_URL || harmless.BASE_URL,
      XDG_CACHE_HOME: `${folder}/cache`,
      ...(mirror !== null && { K6_BIN: '', K6_RELEASES: mirror }),
    })
  }),
]
