import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type Part, packed, unpacked } from './part.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'las-part-'))
})
after(() => rm(folder, { recursive: true }))

const part: Part = {
  ...{ name: '1', segment: '0:1', script: '', args: [], stages: [] },
  ...{ settings: {}, periodMs: null, raw: false, paths: true, secrets: [] },
}

test('a generator elsewhere has copies of the files, which its settings name, and nobody else reads them', async () => {
  const there = path.join(folder, 'there')
  await mkdir(there)
  const rows = path.join(there, 'rows.json')
  await writeFile(rows, Buffer.from([0xff, 0, 1]))
  const files = await packed([rows])
  const order = {
    part: { ...part, settings: { LAS_DATA_ROWS: rows, BASE_URL: 'http://127.0.0.1', EMPTY: '' } },
    files,
    at: '/shop/tests',
  }
  const found = await unpacked(JSON.parse(JSON.stringify(order)), path.join(folder, 'here'))
  const { LAS_DATA_ROWS: copy = '', ...others } = found.part.settings
  assert.notEqual(copy, rows)
  assert.deepEqual(await readFile(copy), await readFile(rows))
  assert.equal((await stat(copy)).mode & 0o777, 0o600)
  assert.deepEqual(others, { BASE_URL: 'http://127.0.0.1', EMPTY: '' })
  assert.ok(found.at && existsSync(found.at), 'the folder that the paths start from is not there')
  assert.equal((await unpacked({ part, files: [], at: null }, folder)).at, undefined)
})

test('no path of an order leads out of its folder', async () => {
  const step = fc.constantFrom('..', '.', 'a', 'b.json', '/', '')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
      const at = path.join(folder, 'kept')
      const { part: moved } = await unpacked(
        {
          part: { ...part, settings: { FILE: [...steps, 'x.json'].join('/') } },
          files: [{ path: [...steps, 'x.json'].join('/'), content: '' }],
          at: null,
        },
        at,
      )
      const relative = path.relative(at, moved.settings.FILE ?? '')
      assert.ok(!relative.startsWith('..') && !path.isAbsolute(relative), relative)
      await rm(at, { recursive: true })
    }),
  )
})
