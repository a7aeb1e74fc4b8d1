import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runFlags } from '../load/options.ts'
import { Failure } from './exit.ts'
import { type Flag, helpText, parseFlags } from './flags.ts'

const flags: Flag[] = [
  {
    name: 'vus',
    env: 'VUS',
    value: 'N',
    help: 'users',
    check: (text) => (/^\d+$/.test(text) ? undefined : 'no number'),
  },
  { name: 'label', env: 'LABELS', value: 'K=V', help: 'kept', repeatable: true },
  { name: 'raw', env: 'RAW', help: 'points' },
]
const parse = (args: string[], environment = {}) => parseFlags(flags, args, environment)
const refused = (args: string[], sentence: RegExp, environment = {}) =>
  assert.throws(
    () => parse(args, environment),
    (error) => error instanceof Failure && error.exitCode === 2 && sentence.test(error.message),
  )

test('values come from the command line, else from the environment', () => {
  assert.equal(parse(['--vus', '3'], { VUS: '9' }).get('vus'), '3')
  assert.equal(parse(['--vus=3']).get('vus'), '3')
  assert.equal(parse([], { VUS: '9' }).get('vus'), '9')
  assert.equal(parse([], { VUS: '' }).get('vus'), undefined)
  assert.equal(parse(['--label', 'a=1', '--label', 'b=2']).get('label'), 'a=1,b=2')
  assert.equal(parse(['--raw']).get('raw'), 'true')
  assert.deepEqual(parse(['one', '--raw', 'two']).positionals, ['one', 'two'])
  assert.equal(parse(['-h']).help, true)
})

test('what is wrong is told in one sentence that names it', () => {
  refused(['--vsu', '3'], /^unknown flag --vsu; did you mean --vus\?$/)
  refused(['--frobnicate'], /^unknown flag --frobnicate; --help lists what there is$/)
  refused(['-x'], /^unknown flag -x/)
  refused(['--vus'], /^--vus needs N$/)
  refused(['--vus', 'x'], /^--vus: no number$/)
  refused(['--vus', '1', '--vus', '2'], /^--vus is given twice$/)
  refused(['--raw=yes'], /^--raw takes no value$/)
  refused([], /^VUS: no number$/, { VUS: 'x' })
  refused([], /^RAW: "yes" is neither true nor false$/, { RAW: 'yes' })
})

test('any command line is understood or refused', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom(...runFlags.map(({ name }) => `--${name}`), '--', '-', '--no-raw'),
  )
  fc.assert(
    fc.property(fc.array(word), (args) => {
      try {
        parseFlags(runFlags, args, {})
      } catch (error) {
        assert.ok(error instanceof Failure, String(error))
      }
    }),
  )
})

test('the help names every flag with its variable, within 100 columns', () => {
  const help = helpText('usage', runFlags, 'after')
  for (const { name, env } of runFlags) assert.match(help, new RegExp(`--${name}\\b.*\\[${env}\\]`))
  for (const line of help.split('\n')) assert.ok(line.length <= 100, line)
})

test('sizes, durations, labels and SLOs are checked', () => {
  const bad: [string, string][] = [
    ['vus', '0'],
    ['stages', '1,2,x'],
    ['duration', '30'],
    ['duration', '0s'],
    ['work-ms', '-1'],
    ['slo', 'p95=fast'],
    ['label', 'novalue'],
    ['path', 'work'],
  ]
  for (const [name, value] of bad) {
    assert.throws(
      () => parseFlags(runFlags, [`--${name}=${value}`], {}),
      new RegExp(`^Error: --${name}: "`),
      name,
    )
  }
})
