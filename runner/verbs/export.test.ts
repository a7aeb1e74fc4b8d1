import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { commandIn, root } from '../../test/command.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'export-'))
after(() => rmSync(folder, { recursive: true }))
const run = path.join(root, 'test/fixtures/runs/arrival')

test('one file goes to standard output, several need a folder, and nothing is overwritten', async () => {
  const piped = await commandIn(folder, ['export', 'bencher', run])
  assert.equal(piped.code, 0, piped.stderr)
  assert.ok('p95 (ms)' in (Object.values(JSON.parse(piped.stdout))[0] as object), piped.stdout)

  const homeless = await commandIn(folder, ['export', 'github-benchmark', run])
  assert.equal(homeless.code, 2)
  assert.match(homeless.stderr, /github-benchmark is 2 files: name their folder with --out/)

  const written = await commandIn(folder, ['export', 'github-benchmark', run, '--out', 'benchmark'])
  assert.equal(written.code, 0, written.stderr)
  assert.deepEqual(readdirSync(path.join(folder, 'benchmark')).sort(), [
    'bigger-is-better.json',
    'smaller-is-better.json',
  ])
  const again = await commandIn(folder, ['export', 'github-benchmark', run, '--out', 'benchmark'])
  assert.equal(again.code, 2)
  assert.match(again.stderr, /exists and is not overwritten/)
})

test('an unknown format, an empty history and runs without a name each get a sentence', async () => {
  for (const [args, words] of [
    [['nope', run], /"nope" is not a format; there are github-benchmark, /],
    [['otava'], /history: no nights; --history names another folder/],
    [['openmetrics'], /openmetrics is of runs: name a result folder/],
    [['openmetrics', 'nowhere'], /nowhere: no result folder there/],
  ] as const) {
    const { code, stderr } = await commandIn(folder, ['export', ...args])
    assert.equal(code, 2)
    assert.match(stderr, words)
  }
})
