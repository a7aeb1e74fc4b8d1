import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { findMetric } from '../../../analysis/formats/summary.ts'
import { commandIn, left, noneLeft, runOf, said, startIn } from '../../command.ts'
import { summaryOf } from '../../samples.ts'
import { type Serving, serving } from '../../service.ts'

let out = ''
let script = ''
let server: Serving
const asked = { '/load': 0, '/setup': 0, '/teardown': 0 }
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-generators-'))
  script = path.join(out, 'shop.js')
  await writeFile(
    script,
    `import http from 'k6/http'
import { sleep } from 'k6'
export const options = { scenarios: { shop: { executor: 'constant-vus', vus: 6, duration: '5s' } } }
export function setup() { http.get(__ENV.BASE_URL + '/setup'); return { path: '/load' } }
export default ({ path }) => { http.get(__ENV.BASE_URL + path); sleep(0.05) }
export function teardown() { http.get(__ENV.BASE_URL + '/teardown') }
`,
  )
  server = await serving((request, response) => {
    asked[request.url as keyof typeof asked]++
    response.end('fine')
  })
})
after(async () => {
  server.close()
  await rm(out, { recursive: true })
})

const summary = async (folder: string) => summaryOf(await readFile(path.join(folder, 'summary.json'), 'utf8'))
const requestsIn = async (folder: string) =>
  findMetric(await summary(folder), 'http_reqs')?.values.count ?? Number.NaN

/** The process of that run whose k6 has this part of the load. */
async function pidOf(mark: string, segment: string): Promise<number> {
  for (const pid of await readdir('/proc')) {
    const [environment, command] = await Promise.all(
      ['environ', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
    )
    if (environment?.includes(mark) && command?.includes(`\0${segment}\0`)) return Number(pid)
  }
  throw new Error(`no k6 has the segment ${segment}`)
}

test('three generators make the load of one: every request is counted once, and their results are kept', async () => {
  asked['/load'] = 0
  const load = ['--url', server.url, '--path', '/load', '--rate', '60', '--duration', '4s']
  const { code, stderr } = await commandIn(out, ['run', 'arrival', ...load, '--generators', '3'])
  assert.equal(code, 0, stderr)
  const { folder, run, figures } = await runOf(out, stderr)
  // The first was the probe.
  assert.equal(figures.total.requests, asked['/load'] - 1)
  assert.ok(Math.abs((figures.total.requests ?? 0) - 240) <= 3, `${figures.total.requests} of 240 requests`)
  assert.deepEqual(run.merge?.problems, [])
  assert.deepEqual(
    run.generators?.map(({ name, segment, node }) => [name, segment, node]),
    [
      ['1', '0:1/3', null],
      ['2', '1/3:2/3', null],
      ['3', '2/3:1', null],
    ],
  )
  const parts = ['1', '2', '3'].map((name) => path.join(folder, 'generators', name))
  const counts = await Promise.all(parts.map(requestsIn))
  assert.equal(
    counts.reduce((sum, count) => sum + count),
    figures.total.requests,
  )
  for (const part of parts)
    assert.deepEqual((await readdir(part)).sort(), ['k6.log', 'summary.json', 'timeline.ndjson'])
  assert.ok((await readdir(folder)).includes('timeline.ndjson'), 'no merged timeline')
})

test('a generator that is killed is named, and the figures of the others are kept and marked', async () => {
  asked['/setup'] = asked['/teardown'] = 0
  const started = startIn(out, ['run', script, '--url', server.url, '--no-rehearsal', '--generators', '3'])
  await said(started, 'generators run for')
  process.kill(await pidOf(started.mark, '1/3:2/3'), 'SIGKILL')
  assert.equal(await started.ended, 3, started.stderr)
  const { folder, figures } = await runOf(out, started.stderr)
  assert.equal(figures.verdict.kind, 'invalid')
  assert.match(figures.verdict.reasons.join('; '), /generator 2 left no figures.*generator 2: k6 was killed/)
  const [first, third] = await Promise.all(
    ['1', '3'].map((name) => requestsIn(path.join(folder, 'generators', name))),
  )
  assert.equal(await requestsIn(folder), (first ?? 0) + (third ?? 0))
  assert.deepEqual([asked['/setup'], asked['/teardown']], [1, 1])
  await noneLeft(started.mark)
})

test('Ctrl-C ends every generator, keeps what they measured and runs teardown() once', async () => {
  asked['/teardown'] = 0
  const started = startIn(out, ['run', script, '--url', server.url, '--no-rehearsal', '--generators', '2'])
  await said(started, 'generators run for')
  started.process.kill('SIGINT')
  assert.equal(await started.ended, 130, started.stderr)
  assert.equal(asked['/teardown'], 1)
  await noneLeft(started.mark)
})

test('a generator whose runner is killed ends too', async () => {
  const load = ['--url', server.url, '--path', '/load', '--vus', '2', '--duration', '30s']
  const started = startIn(out, ['run', 'constant', ...load, '--generators', '2'])
  await said(started, 'generators run for')
  assert.ok((await left(started.mark)).length >= 3, 'the runner and two generators')
  started.process.kill('SIGKILL')
  await noneLeft(started.mark)
})

const refusals = [
  [['--vus', '2', '--generators', '3'], /2 VUs cannot be shared by 3 generators; use more VUs/],
  [
    ['--vus', '4', '--generators', '2', '--dashboard'],
    /--dashboard shows one k6; leave it or --generators out/,
  ],
  [['--vus', '4', '--generators', '0'], /--generators: "0" is not a whole number/],
] as const

test('what several generators cannot do is refused in a sentence', async () => {
  for (const [flags, words] of refusals) {
    const load = ['--url', server.url, '--path', '/load', '--duration', '2s', ...flags]
    const { code, stderr } = await commandIn(out, ['run', 'constant', ...load])
    assert.equal(code, 2, stderr)
    assert.match(stderr, words)
  }
})
