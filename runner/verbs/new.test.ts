import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { commandIn, root } from '../../test/command.ts'

let folder = ''
// Its hooks are not those of all tests of a process.
describe('a new script', () => {
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'las-new-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const made = (...args: string[]) => commandIn(folder, ['new', ...args])

  test('writes the script and its data, and says what to do next', async () => {
    const { code, stdout, stderr } = await made('checkout')
    assert.equal(code, 0, stderr)
    assert.equal(stdout, 'checkout.ts and checkout.csv are written; now: load-and-stress run ./checkout.ts\n')
    assert.deepEqual((await readdir(folder)).sort(), ['checkout.csv', 'checkout.ts'])
    for (const file of ['checkout.ts', 'checkout.csv'])
      assert.equal(
        await readFile(path.join(folder, file), 'utf8'),
        await readFile(path.join(root, 'scenarios/new', file), 'utf8'),
      )
  })

  test('a script of another name reads the data file of that name', async () => {
    assert.equal((await made('sign-up_2')).code, 0)
    assert.deepEqual((await readdir(folder)).sort(), ['sign-up_2.csv', 'sign-up_2.ts'])
    const script = await readFile(path.join(folder, 'sign-up_2.ts'), 'utf8')
    assert.match(script, /'\.\/sign-up_2\.csv'/)
    assert.match(script, /run \.\/sign-up_2\.ts/)
    assert.doesNotMatch(script, /checkout/)
  })

  test('a file of that name is never overwritten, and then nothing is written', async () => {
    for (const [file, occupy] of [
      ['a.ts', (at: string) => writeFile(at, 'mine')],
      ['b.csv', (at: string) => writeFile(at, 'mine')],
      ['c.ts', (at: string) => symlink('nowhere', at)],
    ] as const) {
      await occupy(path.join(folder, file))
      const before = await readdir(folder)
      const { code, stdout, stderr } = await made(path.parse(file).name)
      assert.equal(code, 2)
      assert.equal(stdout, '')
      assert.equal(stderr, `load-and-stress: ${file} exists and is not overwritten; choose another name\n`)
      assert.deepEqual(await readdir(folder), before)
    }
    assert.equal(await readFile(path.join(folder, 'a.ts'), 'utf8'), 'mine')
  })

  test('a name that is no name is refused in one sentence', async () => {
    for (const name of ['', '../up', 'a/b', 'checkout.ts', '.hidden', 'a b', 'ä', 'x'.repeat(65), 'ramp']) {
      const { code, stderr } = await made(name)
      assert.equal(code, 2, name)
      assert.match(stderr, /^load-and-stress: ".*" is (not a name|the name of a built-in scenario).*\n$/)
    }
    const { code, stderr } = await made()
    assert.equal(code, 2)
    assert.match(stderr, /^load-and-stress: new NAME: 1 argument is needed, 0 given\n$/)
    assert.deepEqual(await readdir(folder), [])
  })

  test('what cannot be written ends in a sentence', async () => {
    const { code, stderr } = await commandIn(path.join(folder, 'gone'), ['new', 'checkout'])
    assert.equal(code, 4)
    assert.equal(stderr, 'load-and-stress: checkout.csv: cannot be written (its folder does not exist)\n')
  })
})
