import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { answered } from '../../test/script.ts'
import type { Sizes } from '../catalogue.ts'

type Environment = Readonly<Record<string, string>>
type Answer = { readonly settings: Readonly<Record<string, unknown>>; readonly error?: string }

/** What k6 makes of each environment. All of them in one start of k6. */
const read = (environments: readonly Environment[], sizes: Sizes = { vus: 1, duration: '30s' }) =>
  answered<readonly Answer[]>(
    `import { settings } from './settings.ts'
const answer = ({ environments, sizes }) => environments.map((environment) => {
  for (const name of Object.keys(__ENV)) delete __ENV[name]
  Object.assign(__ENV, { BASE_URL: 'http://x' }, environment)
  try {
    return { settings: settings(sizes) }
  } catch (error) {
    return { settings: {}, error: error.message }
  }
})`,
    { environments, sizes },
  )

/** Compares one setting of hundreds of random environments with what it should be. */
async function check<T>(
  cases: fc.Arbitrary<T>,
  environmentOf: (value: T) => Environment,
  setting: string,
  expected: (value: T) => unknown,
) {
  const values = fc.sample(cases, 300)
  const answers = await read(values.map(environmentOf))
  for (const [index, value] of values.entries()) {
    const { settings, error } = answers[index] as Answer
    assert.deepEqual(settings[setting], expected(value), `${JSON.stringify(environmentOf(value))} ${error}`)
  }
}

const sizes = fc.integer({ min: 1, max: 100_000 })
const status = fc.integer({ min: 100, max: 599 })

test('without variables the defaults apply, and an empty variable counts as missing', async () => {
  const empty = ['VUS', 'STAGES', 'DURATION', 'RATE', 'MAX_VUS', 'SLO_MS', 'METHOD', 'BODY', 'HEADERS']
  const more = [
    'EXPECT_STATUS',
    'EXPECT_BODY',
    'THINK_TIME',
    'MIX',
    'DATA_ROWS',
    'KEEP_CONNECTIONS',
    'RENEW_CONNECTIONS',
    'REQUEST_PATH',
    'WORK_MS',
    'SUBMETRICS',
  ]
  const environment = Object.fromEntries([...empty, ...more].map((name) => [`LAS_${name}`, '']))
  const answers = await read([{}, environment], { vus: 6, rate: 7, duration: '2m', mix: 'a=1,b=0.5' })
  for (const { settings } of answers)
    assert.deepEqual(settings, {
      base: 'http://x',
      duetBase: '',
      path: '/work?ms=5',
      stages: [1, 2, 4, 6],
      vus: 6,
      durationMs: 120_000,
      keepConnections: false,
      thinkMs: 0,
      rate: 7,
      sloMs: 0,
      method: 'GET',
      body: null,
      headers: {},
      expectedStatuses: [{ min: 200, max: 299 }],
      expectBody: '',
      withServerTimes: true,
      token: '',
      rows: null,
      recorded: false,
      submetrics: [],
      weights: { a: 1, b: 0.5 },
    })
})

test('durations in every unit', async () => {
  const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const
  const units = fc.constantFrom(...(Object.keys(unitMs) as (keyof typeof unitMs)[]))
  await check(
    fc.tuple(fc.oneof(sizes, fc.constantFrom(1.5, 2.25)), units),
    ([value, unit]) => ({ LAS_DURATION: `${value}${unit}` }),
    'durationMs',
    ([value, unit]) => value * unitMs[unit],
  )
})

test('durations of several parts, and seconds without a unit', async () => {
  await check(
    fc.tuple(sizes, sizes),
    ([minutes, seconds]) => ({ LAS_DURATION: `${minutes}m${seconds}s` }),
    'durationMs',
    ([minutes, seconds]) => minutes * 60_000 + seconds * 1000,
  )
  await check(
    sizes,
    (seconds) => ({ LAS_DURATION: String(seconds) }),
    'durationMs',
    (seconds) => seconds * 1000,
  )
})

test('stages as listed, else doublings up to the VUs', async () => {
  await check(
    fc.array(sizes, { minLength: 1, maxLength: 9 }),
    (stages) => ({ LAS_STAGES: stages.join(',') }),
    'stages',
    (stages) => stages,
  )
  await check(
    sizes,
    (vus) => ({ LAS_VUS: String(vus) }),
    'stages',
    (vus) => [...Array.from({ length: Math.ceil(Math.log2(vus)) }, (_, power) => 2 ** power), vus],
  )
})

test('lists of statuses and ranges', async () => {
  await check(
    fc.array(fc.oneof(status, fc.tuple(status, status)), { minLength: 1, maxLength: 6 }),
    (list) => ({ LAS_EXPECT_STATUS: list.map((each) => [each].flat().join('-')).join(',') }),
    'expectedStatuses',
    (list) => list.map((each) => (typeof each === 'number' ? each : { min: each[0], max: each[1] })),
  )
})

test('headers with any value, and no slash at the end of the base URL', async () => {
  await check(
    fc.dictionary(fc.stringMatching(/^[a-z-]+$/), fc.string({ unit: 'grapheme' })),
    (headers) => ({ LAS_HEADERS: JSON.stringify(headers) }),
    'headers',
    (headers) => ({ ...headers }),
  )
  await check(
    fc.nat(5),
    (slashes) => ({ BASE_URL: `http://x/a${'/'.repeat(slashes)}` }),
    'base',
    () => 'http://x/a',
  )
})

test('any text in a variable gives a valid size or an error that names the variable and the text', async () => {
  const texts = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[-+.\dex]{1,5}(ms|s|m|h|)$/),
    fc.constantFrom('0', '-1', '1.5', 'Infinity', 'NaN', '1e400', '30', '0s', '0.1ms', '1m30s', '1d', 'null'),
  )
  for (const [variable, setting, integer] of [
    ['LAS_VUS', 'vus', true],
    ['LAS_RATE', 'rate', true],
    ['LAS_MAX_VUS', 'maxVus', true],
    ['LAS_SLO_MS', 'sloMs', false],
    ['LAS_DURATION', 'durationMs', false],
  ] as const) {
    const values = fc.sample(texts.filter(Boolean), 300)
    const answers = await read(values.map((value) => ({ [variable]: value })))
    for (const [index, value] of values.entries()) {
      const { settings, error } = answers[index] as Answer
      if (error === undefined) {
        const size = settings[setting]
        assert.ok(
          typeof size === 'number' && size > 0 && (!integer || Number.isInteger(size)),
          `${value}: ${size}`,
        )
      } else assert.ok(error.startsWith(`${variable}: "${value}" is not a`), `${value}: ${error}`)
    }
  }
})

test('each bad value is reported in a sentence', async () => {
  const cases: [environment: Environment, sentence: RegExp][] = [
    [{ BASE_URL: '' }, /^BASE_URL is not set; /],
    [{ LAS_STAGES: '1,,2' }, /^LAS_STAGES: "" is not a number above 0$/],
    [{ LAS_STAGES: '1,2.5' }, /^LAS_STAGES: "2.5" is not a whole number$/],
    [{ LAS_DUET_URL: 'http://y', LAS_VUS: '3' }, /^LAS_VUS: a duet shares the VUs; set an even number$/],
    [{ LAS_ARRIVALS: 'random' }, /^LAS_ARRIVALS: "random" is neither even nor poisson$/],
    [{ LAS_ARRIVALS: 'poisson', LAS_ARRIVAL_SEED: '0' }, /^LAS_ARRIVAL_SEED: "0" is not a number above 0$/],
    [{ LAS_WORK_MS: 'x' }, /^LAS_WORK_MS: "x" is not a number above 0$/],
    [{ LAS_HEADERS: 'accept: x' }, /^LAS_HEADERS: not a JSON object/],
    [{ LAS_EXPECT_STATUS: '200,20' }, /^LAS_EXPECT_STATUS: "20" is not a status such as 200 or a range/],
    [{ LAS_EXPECT_STATUS: '600' }, /^LAS_EXPECT_STATUS: "600"/],
    [{ LAS_MIX: 'a=0' }, /^LAS_MIX: "0" is not a number above 0$/],
    [{ LAS_MIX: 'a' }, /^LAS_MIX: "" is not a number above 0$/],
  ]
  const answers = await read(
    cases.map(([environment]) => environment),
    { duration: '1s', mix: 'a=1' },
  )
  for (const [index, [environment, sentence]] of cases.entries())
    assert.match(answers[index]?.error ?? '', sentence, JSON.stringify(environment))
})

test('the workload gets its token, any other service gets the other one', async () => {
  const tokens = { STRESS_TOKEN: 'stress', TARGET_TOKEN: 'target' }
  const paths = ['', '/work', '/work?units=9', '/works', '/', '/api/work']
  const answers = await read(paths.map((each) => ({ ...tokens, LAS_REQUEST_PATH: each })))
  assert.deepEqual(
    answers.map(({ settings }) => [settings.token, settings.withServerTimes]),
    [...Array(3).fill(['stress', true]), ...Array(3).fill(['target', false])],
  )
})

test('connections are renewed after a number of requests, or as often a second, of which a duet has half', async () => {
  const renewed = { LAS_RENEW_CONNECTIONS: '235/s' }
  const answers = await read(
    [{ LAS_RENEW_CONNECTIONS: '20' }, renewed, { ...renewed, LAS_DUET_URL: 'http://y' }],
    {
      vus: 2,
      duration: '30s',
    },
  )
  assert.deepEqual(
    answers.map(({ settings: { renewal, keepConnections } }) => [renewal, keepConnections]),
    [
      [{ after: 20 }, true],
      [{ perSecond: 235 }, true],
      [{ perSecond: 117.5 }, true],
    ],
  )
  const wrong = await read([{ LAS_RENEW_CONNECTIONS: '0' }, { LAS_RENEW_CONNECTIONS: '/s' }])
  for (const { error } of wrong) assert.match(error ?? '', /^LAS_RENEW_CONNECTIONS: /)
})
