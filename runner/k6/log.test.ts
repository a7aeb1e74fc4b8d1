import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { copyLog, messageIn } from './log.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'las-log-'))
})
after(() => rm(folder, { recursive: true }))

async function copied(lines: readonly string[], secrets: readonly string[] = []) {
  const file = path.join(folder, 'k6.log')
  const log = Readable.from(lines.map((line) => `${line}\n`))
  const { error, shortages, warnings } = await copyLog(log, file, secrets)
  return { error, shortages, warnings, lines: (await readFile(file, 'utf8')).split('\n').slice(0, -1) }
}
const at = (second: number, rest: string) => `time="2026-11-24T10:15:${second}Z" ${rest}`

test('lines that differ only in their time are written five times and then counted', async () => {
  const refused = 'level=warning msg="connection refused"'
  const { lines, error } = await copied([
    ...Array.from({ length: 12 }, (_, second) => at(10 + second, refused)),
    at(30, 'level=info msg="something else"'),
  ])
  assert.deepEqual(lines, [
    ...Array.from({ length: 5 }, (_, second) => at(10 + second, refused)),
    at(30, 'level=info msg="something else"'),
    `12 times in total: ${refused}`,
    '(7 lines omitted)',
  ])
  assert.equal(error, undefined)
})

test('a log of only different lines stays small too', async () => {
  const { lines } = await copied(Array.from({ length: 1500 }, (_, index) => `level=info msg="line ${index}"`))
  assert.equal(lines.length, 1001)
  assert.equal(lines.at(-1), '(500 lines omitted)')
})

test('neither secrets nor values of queries are written', async () => {
  const { lines } = await copied(
    ['level=info msg="hunter2 and hunter2000 of ab" url="http://127.0.0.1:80/a?token=s3cret&x=1" ok'],
    ['ab', 'hunter2', 'hunter2000'],
  )
  assert.deepEqual(lines, ['level=info msg="… and … of ab" url="http://127.0.0.1:80/a?…" ok'])
})

test('the first error is returned as a sentence without its position and without secrets', async () => {
  const { error } = await copied(
    [
      at(10, 'level=warning msg="careful"'),
      at(
        11,
        'level=error msg="Error: \\"hunter2\\" is wrong\\n\\tat file:///-:7:1(4)\\n" hint="script exception"',
      ),
      at(12, 'level=fatal msg="later"'),
    ],
    ['hunter2'],
  )
  assert.equal(error, '"…" is wrong')
})

test('requests that the generator’s own machine failed are counted, the target’s failures are not', async () => {
  const failed = (error: string) =>
    `level=warning msg="Request Failed" error="Get \\"http://127.0.0.1:80/too%20many%20open%20files\\": dial tcp 127.0.0.1:80: ${error}"`
  const { shortages } = await copied([
    ...Array.from({ length: 1200 }, (_, index) => `${failed('socket: too many open files')} n=${index}`),
    failed('connect: cannot assign requested address'),
    failed('connect: connection refused'),
    failed('socket: no buffer space available'),
  ])
  assert.deepEqual(
    shortages.map(({ what, requests }) => [what, requests]),
    [
      ['open files', 1200],
      ['ports', 1],
      ['memory', 1],
    ],
  )
  if (process.platform === 'linux')
    assert.ok(shortages.slice(0, 2).every(({ limit }) => limit && limit > 100))
})

test('text that is not a line of the log is only trimmed', () => {
  assert.equal(messageIn(' command not found\n'), 'command not found')
  assert.equal(messageIn(''), '')
  for (const [logged, sentence] of [
    ['Uncaught (in promise) no secret sources are configured', /set K6_SECRET_SOURCE/],
    ['process with PID 7 unexpectedly ended: exit status 1', /^Chromium does not start; .*K6_BROWSER_ARGS/],
    ['test aborted: failed at main (file:///checkout.ts:4:17(6))', /^test aborted: failed$/],
  ] as const)
    assert.match(messageIn(at(10, `level=error msg="${logged}"`)), sentence)
})

test('a full disk does not keep k6 waiting for its reader', { skip: !existsSync('/dev/full') }, async () => {
  const lines = Array.from({ length: 900 }, (_, index) => `level=error msg="${index} ${'x'.repeat(200)}"\n`)
  const { error } = await copyLog(Readable.from(lines), '/dev/full', [])
  assert.match(error ?? '', /^0 x/)
})

test('the three most frequent warnings that differ in more than numbers are kept, without secrets', async () => {
  const failed = (error: string) => `level=warning msg="Request Failed" error="${error}"`
  const { warnings } = await copied(
    [
      at(10, 'level=info msg="not this"'),
      at(
        10,
        failed('Get \\"http://127.0.0.1:9/a?key=s3cret\\": read tcp 127.0.0.1:40001->127.0.0.1:9: reset'),
      ),
      at(
        11,
        failed('Get \\"http://127.0.0.1:9/a?key=s3cret\\": read tcp 127.0.0.1:40002->127.0.0.1:9: reset'),
      ),
      at(12, failed('x509: certificate of hunter2 at https://us3r:pw@127.0.0.1/')),
      at(13, 'level=error msg="Error: no such thing\\n\\tat file:///-:7:1(4)\\n" executor=x'),
      at(14, failed('a fourth')),
      ...[15, 16, 17].map((second) => at(second, failed('the most frequent'))),
    ],
    ['hunter2'],
  )
  assert.deepEqual(warnings, [
    'the most frequent',
    'Get "http://127.0.0.1:9/a?…": read tcp 127.0.0.1:40001->127.0.0.1:9: reset',
    'x509: certificate of … at https://…@127.0.0.1/',
  ])
  const { warnings: long } = await copied([at(10, `level=warning msg="${'x'.repeat(5000)}"`)])
  assert.deepEqual(long, ['x'.repeat(300)])
})
