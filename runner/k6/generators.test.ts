import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { noneLeft } from '../../test/command.ts'
import { testShell } from '../../test/shell.ts'
import { findK6 } from './find.ts'
import { runTogether, segmentsOf, shares, startHere } from './generators.ts'
import { k6Environment } from './run.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'las-generators-'))
})
after(() => rm(folder, { recursive: true }))

const script = `
import exec from 'k6/execution'
import { sleep } from 'k6'
export const options = { scenarios: { x: { executor: 'constant-arrival-rate', rate: 60, duration: '1s', preAllocatedVUs: 9 } } }
export function setup() {
  console.log('setup of ' + __ENV.GENERATOR)
  if (__ENV.BROKEN) throw new Error('no such shop')
  return { from: __ENV.GENERATOR }
}
export default (data) => {
  if (exec.scenario.iterationInTest < 3) console.log('given ' + data.from)
  sleep(0.01)
}
export const teardown = (data) => console.log('teardown in ' + __ENV.GENERATOR + ' of ' + data.from)
export const handleSummary = ({ metrics }) => ({ [__ENV.SUMMARY]: JSON.stringify(metrics.iterations.values.count) })
`

const file = (name: string, what: string) => path.join(folder, `${name}.${what}`)

async function run(names: readonly string[], environment: Record<string, string> = {}) {
  const shell = testShell({ env: process.env })
  const generators = shares(names.length, { teardown: true }).map(({ args }, index) => {
    const name = names[index] as string
    const settings = { GENERATOR: name, SUMMARY: file(name, 'json'), ...environment }
    return { name, args, logFile: file(name, 'log'), env: k6Environment(process.env, settings) }
  })
  const all = await startHere(shell, await findK6(shell), script, { secrets: [] }, generators)
  return runTogether(shell, all, { plannedMs: 1000, vus: 9, teardown: true })
}

test('a load is cut into equal segments', () => {
  assert.deepEqual(segmentsOf(3), { segments: ['0:1/3', '1/3:2/3', '2/3:1'], sequence: '0,1/3,2/3,1' })
  assert.deepEqual(segmentsOf(1), { segments: ['0:1'], sequence: '0,1' })
})

test('three generators make one load: setup() and teardown() run once, and all start together', async (t) => {
  const names = ['1', '2', '3']
  const { runs } = await run(names)
  assert.deepEqual(
    runs.map(({ name, code }) => [name, code]),
    names.map((name) => [name, 0]),
  )
  t.diagnostic(`started ${runs.map(({ skewMs }) => skewMs).join(', ')} ms after the first`)
  const logs = await Promise.all(names.map((name) => readFile(file(name, 'log'), 'utf8')))
  const said = (words: RegExp) => logs.join('\n').match(words)
  assert.deepEqual(said(/setup of \d/g), ['setup of 1'])
  assert.deepEqual(said(/given \d/g), ['given 1', 'given 1', 'given 1'])
  assert.deepEqual(said(/teardown in \d of \d/g), ['teardown in 1 of 1'])
  const counts = await Promise.all(names.map((name) => readFile(file(name, 'json'), 'utf8')))
  const total = counts.map(Number).reduce((a, b) => a + b)
  // k6 may or may not start the one that is due at the very end.
  assert.ok(total >= 60 && total <= 61, `${counts} iterations`)
})

test('where setup() fails nothing is loaded, its words are passed on, and no generator is left', async () => {
  const mark = `generators-${process.pid}`
  await assert.rejects(run(['4', '5'], { BROKEN: 'true', MARK: mark }), {
    message: 'setup() failed: Error: no such shop; nothing was loaded',
  })
  await noneLeft(mark)
})
