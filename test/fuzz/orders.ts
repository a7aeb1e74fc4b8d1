import fc from 'fast-check'
import { scenarioNames } from '../../scenarios/catalogue.ts'
import { commandIn } from '../command.ts'
import { type Door, door, harmless, prepared } from './files.ts'

const verbs: readonly (readonly string[])[] = [
  ...scenarioNames.map((name) => ['run', name]),
  ...['up', 'deploy', 'url', 'scale', 'status', 'down'].map((name) => ['cluster', name]),
  ...['breakpoint', 'sweep', 'ab', 'noise', 'compare', 'report', 'nightly', 'history', 'completion'].map(
    (name) => [name],
  ),
]

/** Every flag that some help lists, with its variable. */
async function flagsListed(): Promise<ReadonlyMap<string, string>> {
  const helps = await Promise.all(verbs.map((verb) => commandIn('.', [...verb, '--help'])))
  return new Map(
    helps.flatMap(({ stdout }) =>
      [...stdout.matchAll(/^\s+--([a-z0-9-]+)[^[]*?\[([A-Z0-9_]+)\]/gm)].map(
        ([, name = '', variable = '']) => [name, variable] as const,
      ),
    ),
  )
}
const flags = await flagsListed()

// No address has a name that would be looked up, and no path leads out of the folder.
const values = [
  ...[
    '',
    '0',
    '1',
    '2',
    '-1',
    '1.5',
    '1e3',
    '9999999',
    '99999999999',
    '5%',
    '0.05',
    '150%',
    'nan',
    'true',
    'false',
  ],
  ...['p95=250', 'p95=250,errors=1%', 'errors=2', 'p95', '=', 'a=b', 'a=b,c', '__proto__=1', 'constructor=1'],
  ...['30s', '1h', '1ms', '5', '1m30s', '1e400s', 'GET', 'POST', 'TRACE', '200-299', '600', '299-200'],
  ...['http://127.0.0.1:9', 'http://[::1]:9/a', 'http://127.0.0.1:9/?a', 'http://u:p@127.0.0.1:9', 'http://'],
  ...[
    'http://%@127.0.0.1:9',
    'http://127.0.0.1:99999',
    'http://192.0.2.1',
    'ftp://127.0.0.1',
    'http://[',
    '//[',
  ],
  ...[
    'image=',
    'image=x:1@y',
    'work=1,cpu=2',
    'work=0',
    'even',
    'poisson',
    'constant',
    'mix',
    'bash',
    '1,2,4',
    '1,,2',
  ],
  ...[
    '{{a}}',
    '{{',
    'A: b',
    'A',
    ': b',
    'Host: x',
    'A: \u0001',
    'csv=x.csv',
    'cloud',
    'json',
    '@',
    '@body',
    '@.',
  ],
  ...['-', '--', '-x', '--vus', '--help', '-h', '__proto__', 'constructor', 'toString', 'x'.repeat(3000)],
  ...[
    '🙂',
    '\ud800',
    'a\nb',
    '\u001b[31mred',
    '*',
    '**',
    '[',
    '{',
    '{a,',
    '(',
    '!',
    'a\\',
    'data.csv',
    'body',
  ],
  ...['/dev/null', '/dev/null/x', '.', 'series', 'runs', 'runs/0', 'summary.json', 'nightly.json', 'history'],
]
const text = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...values) },
  {
    weight: 1,
    arbitrary: fc.string().filter((each) => !/^[/~]|\.\.|:\/\/|^-$/.test(each) && !each.includes('\0')),
  },
)
// Only as one word with its flag, so that no other flag takes it for a folder.
const paths = ['/', '/x', '//', '//[', '/%', '/ü x', '/{{a}}', '/a?b=c#d', '/\\', '/@x:1', '/x\ny', '/{{']

const anyFlag = fc.constantFrom(...flags.keys(), 'path')
const word = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(anyFlag, text).map(([name, value]) => [`--${name}`, value]) },
  { weight: 2, arbitrary: fc.tuple(anyFlag, text).map(([name, value]) => [`--${name}=${value}`]) },
  { weight: 1, arbitrary: fc.constantFrom(...paths).map((value) => [`--path=${value}`]) },
  { weight: 1, arbitrary: anyFlag.map((name) => [`--${name}`]) },
  { weight: 2, arbitrary: text.filter((each) => each !== '-').map((value) => [value]) },
)
const foreign = [
  ...[
    'K6_VUS',
    'K6_INSECURE_SKIP_TLS_VERIFY',
    'K6_FROM',
    'HTTP_PROXY',
    'https_proxy',
    'NO_PROXY',
    'STRESS_TOKEN',
  ],
  ...[
    'TARGET_TOKEN',
    'GITHUB_STEP_SUMMARY',
    'npm_command',
    'npm_lifecycle_event',
    'npm_config_url',
    'RATE',
    'MIX',
  ],
]
const variable = fc.tuple(
  fc.constantFrom(...flags.values(), ...foreign),
  text.filter((each) => each !== '-'),
)

type Order = {
  readonly verb: readonly string[]
  readonly words: readonly (readonly string[])[]
  readonly env: readonly (readonly [string, string])[]
  readonly mirror: string | null
  readonly cluster: boolean
}

const order: fc.Arbitrary<Order> = fc.record({
  verb: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...verbs) },
    { weight: 1, arbitrary: text.map((each) => [each]) },
    { weight: 1, arbitrary: text.map((each) => ['run', each]) },
    { weight: 1, arbitrary: text.map((each) => ['cluster', each]) },
    { weight: 1, arbitrary: fc.constantFrom(...verbs).map((verb) => ['help', ...verb]) },
  ),
  words: fc.array(word, { maxLength: 4 }),
  env: fc.array(variable, { maxLength: 3 }),
  // Of k6, which is then not found, and fetched from nowhere.
  mirror: fc.option(
    fc.constantFrom('http://127.0.0.1:9', 'x', 'http://', 'ftp://127.0.0.1', 'http://%@127.0.0.1:9'),
  ),
  cluster: fc.boolean(),
})

export const orderDoors: Door[] = [
  door('flags and variables', order, (folder, { verb, words, env, mirror, cluster }) => {
    prepared(folder)
    const given = Object.fromEntries(env.map(([name, value]) => [name, value.replaceAll('\0', '')]))
    const onCluster = cluster && ['run', 'breakpoint'].includes(verb[0] ?? '')
    // Without an address, run and breakpoint would start the workload.
    const address = onCluster ? '' : given.BASE_URL || harmless.BASE_URL
    return commandIn(folder, [...verb, ...(onCluster ? ['--cluster'] : []), ...words.flat()], {
      ...given,
      ...harmless,
      BASE_URL: address,
      XDG_CACHE_HOME: `${folder}/cache`,
      ...(mirror !== null && { K6_BIN: '', K6_RELEASES: mirror }),
    })
  }),
]
