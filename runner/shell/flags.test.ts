import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkLoad, loadFlags, runFlags } from '../load/options.ts'
import { Failure } from './exit.ts'
import { flagName, grouped, option, optionsFrom, parseFlags, text, toggle, type Usage } from './flags.ts'

function number(value: string): number {
  if (!/^\d+$/.test(value)) throw new Error(`"${value}" is not a number`)
  return Number(value)
}

const flags = grouped('Some', {
  vus: option('LAS_VUS', 'n', 'users', number),
  label: option('LAS_LABELS', 'k=v', 'kept', text, ','),
  raw: toggle('LAS_RAW', 'points'),
})
const usage = { command: 'try', purpose: 'Tries.', flags, arguments: [0, 2] as const, notes: 'Notes.' }

function parse(args: string[], env: Record<string, string> = {}, more: Partial<Usage<typeof flags>> = {}) {
  const output = { printed: '', said: '' }
  const parsed = parseFlags({ ...usage, ...more }, args, {
    secrets: new Set(),
    env,
    print: (words) => {
      output.printed += words
    },
    say: (words) => {
      output.said += words
    },
  })
  return { ...output, parsed, options: parsed?.options }
}

const refused = (args: string[], sentence: RegExp, env = {}, more = {}) =>
  assert.throws(
    () => parse(args, env, more),
    (error) => {
      assert.ok(error instanceof Failure)
      assert.equal(error.exitCode, 2)
      assert.match(error.message, sentence)
      return true
    },
  )

test('values come from the command line, else from the environment, parsed', () => {
  assert.equal(parse(['--vus', '3'], { LAS_VUS: '9' }).options?.vus, 3)
  assert.equal(parse(['--vus=3']).options?.vus, 3)
  assert.equal(parse([], { LAS_VUS: '9' }).options?.vus, 9)
  assert.equal(parse([], { LAS_VUS: '' }).options?.vus, undefined)
  assert.equal(parse(['--label', 'a=1', '--label', 'b=2']).options?.label, 'a=1,b=2')
  assert.deepEqual(parse(['--label', 'a=1', '--raw']).parsed?.written, { label: 'a=1', raw: 'true' })
  assert.equal(parse(['--raw']).options?.raw, true)
  assert.equal(parse([]).options?.raw, false)
  assert.deepEqual(parse(['one', '--raw', 'two']).parsed?.positionals, ['one', 'two'])
})

test('what is wrong gets one sentence that names it', () => {
  refused(['--vsu', '3'], /^unknown option '--vsu'; did you mean --vus\?$/)
  refused(['--frobnicate'], /^unknown option '--frobnicate'; --help lists the flags$/)
  refused(['-x'], /^unknown option '-x'/)
  refused(['--vus'], /^--vus needs a value: --vus <n>$/)
  refused(['--vus', 'x'], /^--vus: "x" is not a number$/)
  refused(['--vus', '1', '--vus', '2'], /^--vus is given twice$/)
  refused([], /^LAS_VUS: "x" is not a number$/, { LAS_VUS: 'x' })
  refused([], /^LAS_RAW: "yes" is neither true nor false$/, { LAS_RAW: 'yes' })
  refused(['a', 'b', 'c'], /^"c" is not expected here/)
  refused(['a'], /^try: 2 arguments are needed, 1 given/, {}, { arguments: [2, 2] })
  refused(['--vus', '1'], /^--vus is for others$/, {}, { refused: { vus: 'is for others' } })
  refused([], /^LAS_VUS is for others$/, { LAS_VUS: '1' }, { refused: { vus: 'is for others' } })
})

test('a flag that npm took because -- was missing is refused with the right line', () => {
  const npm = { npm_command: 'run-script', npm_lifecycle_event: 'scenario:smoke', npm_config_vus: '3' }
  refused([], /put -- before it: npm run scenario:smoke -- --vus=3$/, npm)
  refused([], /npm run scenario:smoke -- --raw$/, {
    ...npm,
    npm_config_vus: undefined,
    npm_config_raw: 'true',
  })
  assert.deepEqual(parse([], { npm_config_vus: '3' }).options?.vus, undefined)
})

test('a variable that has lost its old name is reported, with the new one', () => {
  assert.equal(parse([], { VUS: '9' }).said, 'VUS is not read: the variable is called LAS_VUS')
  assert.equal(parse([], { VUS: '9', LAS_VUS: '1' }).said, '')
})

test('the help leaves out refused flags, names every other with its variable, and starts nothing', () => {
  const { printed, parsed } = parse(['--help'], {}, { refused: { raw: 'is for others' } })
  assert.equal(parsed, null)
  assert.match(printed, /try \[flags\][\s\S]*Tries\.[\s\S]*--vus <n> +users \[LAS_VUS\][\s\S]*Notes\./)
  assert.doesNotMatch(printed, /--raw/)
})

test('any command line is parsed or refused', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom(...Object.keys(runFlags).map((key) => `--${flagName(key)}`), '--', '-', '--no-raw', '-h'),
  )
  const run = { command: 'run', purpose: '', flags: runFlags, arguments: [0, 9] as const, notes: '' }
  fc.assert(
    fc.property(fc.array(word), (args) => {
      try {
        parseFlags(run, args, { env: {}, print() {}, say() {}, secrets: new Set() })
      } catch (error) {
        assert.ok(error instanceof Failure, String(error))
        assert.doesNotMatch(error.message, /\n/)
      }
    }),
  )
})

test('an empty URL or file is refused, since it is what a variable that is not set leaves', () => {
  for (const flag of ['url', 'data'])
    for (const value of ['', ' '])
      assert.throws(
        () =>
          parseFlags({ command: 'run', purpose: '', flags: runFlags, notes: '' }, [`--${flag}`, value], {
            env: {},
            secrets: new Set(),
            print() {},
            say() {},
          }),
        new RegExp(`^Error: --${flag}: is empty; is a variable not set\\?$`),
      )
})

test('a placeholder without data to fill it is refused', () => {
  const written = { path: '/users/{{id}}', method: 'POST', body: '{"a": 1}', header: 'x: y' }
  const check = (more: Record<string, string>) =>
    checkLoad('constant', optionsFrom(loadFlags, { ...written, ...more }))
  assert.throws(() => check({}), /^Error: \{\{id\}\} stands for a column of a data file: add --data$/)
  assert.throws(() => check({ path: '/', body: '{{ q }}' }), /^Error: \{\{q\}\} /)
  assert.throws(() => check({ path: '/', header: 'x: {{h}}' }), /^Error: \{\{h\}\} /)
  check({ data: 'x.csv' })
  check({ path: '/' })
})

test('connections are renewed after a number of requests or as ports allow, and cannot be kept at once', () => {
  const read = (after: string) => optionsFrom(loadFlags, { 'renew-connections': after })
  assert.deepEqual([read('20').renewConnections, read('auto').renewConnections], [20, 'auto'])
  assert.throws(() => read('often'), /^Error: --renew-connections: /)
  assert.throws(
    () => checkLoad('constant', { ...read('20'), keepConnections: true }),
    /^Error: --keep-connections and --renew-connections contradict each other; give one of them$/,
  )
})

test('a header that is repeated becomes a list, and one that holds a single value is refused twice', () => {
  const read = (header: string) => optionsFrom(loadFlags, { header }).header
  assert.deepEqual(read('Accept: a/b\naccept:c/d\nX: 1'), { Accept: 'a/b, c/d', X: '1' })
  assert.deepEqual(read('Cookie: a=1\nCookie: b=2'), { Cookie: 'a=1; b=2' })
  assert.throws(() => read('Host: a\nhost: b'), /^Error: --header: host is given twice$/)
})

test('common variables of CI systems change no run', () => {
  const common = {
    CLUSTER: 'prod',
    DATA: 'x.csv',
    METHOD: 'POST',
    PLAN: 'p',
    RATE: '9',
    VUS: '9',
    BODY: 'x',
    OUT: 'o',
    URL: 'http://x',
    HEADERS: 'a: b',
    LABELS: 'a=b',
    STAGES: '1',
    RAW: 'true',
  }
  const run = { command: 'run', purpose: '', flags: runFlags, notes: '' }
  const said: string[] = []
  const parsed = parseFlags(run, [], {
    env: common,
    secrets: new Set(),
    print() {},
    say: (sentence) => said.push(sentence),
  })
  assert.deepEqual(parsed?.written, {})
  assert.ok(said.includes('CLUSTER is not read: the variable is called LAS_CLUSTER'))
  for (const { env } of Object.values(runFlags)) assert.match(env, /^(LAS_[A-Z0-9_]+|BASE_URL)$/)
})

test('sizes, durations, labels, headers, statuses and SLOs are parsed once, or refused', () => {
  const bad: [string, string][] = [
    ['vus', '0'],
    ['vus', ''],
    ['stages', '1,2,x'],
    ['duration', '0s'],
    ['duration', '0'],
    ['duration', '30 s'],
    ['duration', '1m30'],
    ['duration', 's'],
    ['work-ms', '-1'],
    ['slo', 'p95=fast'],
    ['label', 'novalue'],
    ['path', 'work'],
    ['method', 'FETCH'],
    ['expect-status', '200-'],
    ['mix', 'work=0'],
    ['mix', 'play=1'],
  ]
  for (const [name, value] of bad)
    assert.throws(() => optionsFrom(loadFlags, { [name]: value }), new RegExp(`^Error: --${name}: "`), name)
  for (const name of ['Content-Length', 'transfer-encoding'])
    assert.throws(() => optionsFrom(loadFlags, { header: `${name}: 7` }), /is set by the client itself/)
  for (const address of ['http://', 'http://[', 'http://%@127.0.0.1', 'ftp://127.0.0.1', 'x'])
    assert.throws(() => optionsFrom(loadFlags, { prometheus: address }), /is not an http or https address$/)
  assert.throws(() => optionsFrom(loadFlags, { label: 'a=\0' }), /^Error: --label: has a zero byte$/)
  const options = optionsFrom(loadFlags, {
    duration: '1.5s',
    stages: '1,2,4',
    'expect-status': '200-299,404',
    header: 'accept: text/html\nx: a:b',
    label: 'a=1,b=c=d',
    slo: 'p95=250,errors=1%',
    mix: 'work=8,cpu=0.5',
  })
  assert.equal(options.duration, 1500)
  for (const [written, ms] of [
    ['1m30s', 90_000],
    ['90', 90_000],
    ['1.5', 1500],
    ['500ms', 500],
    ['1h1m1s1ms', 3_661_001],
  ] as const)
    assert.equal(optionsFrom(loadFlags, { duration: written }).duration, ms)
  assert.deepEqual(options.stages, [1, 2, 4])
  assert.deepEqual(options.expectStatus, [
    [200, 299],
    [404, 404],
  ])
  assert.deepEqual(options.header, { accept: 'text/html', x: 'a:b' })
  assert.deepEqual(options.label, { a: '1', b: 'c=d' })
  assert.deepEqual(options.slo, [
    { figure: 'p95', limit: 250 },
    { figure: 'errors', limit: 0.01 },
  ])
  assert.throws(() => optionsFrom(loadFlags, { vsu: '1' }), /unknown flag --vsu/)
})
