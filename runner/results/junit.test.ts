import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { commandIn, root } from '../../test/command.ts'
import { aNight } from '../../test/samples.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'junit-'))
after(() => rmSync(folder, { recursive: true }))
const run = path.join(root, 'test/fixtures/runs/arrival')
const at = (name: string) => path.join(folder, name)
const read = (name: string) => readFileSync(at(name), 'utf8')

test('report writes its junit.xml at the named place too, and again in place of an older one', async () => {
  for (const out of ['one', 'two']) {
    const { code, stderr } = await commandIn(folder, ['report', run, '--out', out, '--junit', 'ci/las.xml'])
    assert.equal(code, 0, stderr)
    assert.equal(read('ci/las.xml'), read(`${out}/junit.xml`))
  }
  rmSync(at('ci/las.xml'))
  const { code } = await commandIn(folder, ['report', run, '--out', 'two'], { LAS_JUNIT: 'ci/las.xml' })
  assert.equal(code, 0)
  assert.equal(read('ci/las.xml'), read('two/junit.xml'))
})

test('what is not JUnit XML of ours stays as it is, and that is said before anything is written', async () => {
  const theirs = '<?xml version="1.0"?>\n<testsuites name="pytest tests"></testsuites>\n'
  mkdirSync(at('folder'))
  for (const [name, content] of [
    ['notes.txt', 'notes'],
    ['empty.xml', ''],
    ['theirs.xml', theirs],
    ['folder', null],
  ] as const) {
    if (content !== null) writeFileSync(at(name), content)
    const { code, stderr } = await commandIn(folder, ['report', run, '--out', 'three', '--junit', name])
    assert.equal(code, 2)
    assert.match(stderr, /is not JUnit XML of load-and-stress and is not overwritten; choose another --junit/)
    if (content !== null) assert.equal(read(name), content)
    assert.equal(existsSync(at('three')), false)
  }
})

test('a place that cannot be written is an error, and a command without a report leaves no older results', async () => {
  writeFileSync(at('file'), '')
  const unwritable = await commandIn(folder, ['report', run, '--out', 'four', '--junit', 'file/las.xml'])
  assert.equal(unwritable.code, 4, unwritable.stderr)
  assert.match(unwritable.stderr, /file\/las\.xml: cannot be written/)

  await commandIn(folder, ['report', run, '--out', 'five', '--junit', 'old.xml'])
  assert.ok(existsSync(at('old.xml')), 'old.xml was written')
  const failed = await commandIn(folder, ['report', 'nowhere', '--out', 'six', '--junit', 'old.xml'])
  assert.equal(failed.code, 2)
  assert.equal(existsSync(at('old.xml')), false)
})

test('a comparison that cannot tell and a history with an alarm leave theirs', async () => {
  const runs = ['arrival', 'ramp'].map((name) => path.join(root, 'test/fixtures/runs', name))
  const compared = await commandIn(folder, ['compare', ...runs, '--anyway', '--out', 'c', '--junit', 'c.xml'])
  assert.notEqual(compared.code, 0)
  assert.equal(read('c.xml'), read('c/junit.xml'))

  mkdirSync(at('history'))
  for (let index = 0; index < 20; index++) {
    const night = aNight(
      index,
      [1, 1.01, 0.99].map((each) => each * (index < 15 ? 100 : 150)),
    )
    writeFileSync(at(`history/${night.id}.json`), JSON.stringify(night))
  }
  const judged = await commandIn(folder, ['history', '--out', 'h', '--junit', 'h.xml'])
  assert.equal(judged.code, 1, judged.stderr)
  assert.equal(read('h.xml'), read('h/junit.xml'))
  assert.match(read('h.xml'), /<failure /)
})
