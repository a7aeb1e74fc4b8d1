import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { aNight } from '../../test/samples.ts'
import { addNight, openHistory, readHistory, renameExclusively } from './nights.ts'

const folder = await mkdtemp(path.join(os.tmpdir(), 'las-history-'))
after(() => rm(folder, { recursive: true }))

test('two jobs that add at once lose nothing, and none writes over another', async () => {
  const at = path.join(folder, 'two')
  await openHistory(at)
  const added = Array.from({ length: 20 }, (_, index) => aNight(index, [index + 1]))
  await Promise.all(added.map((night) => addNight(at, night)))
  await assert.rejects(
    addNight(at, { ...(added[3] as (typeof added)[number]), measured: [] }),
    /night-3\.json: there already, with other measurements/,
  )
  await addNight(at, { ...(added[3] as (typeof added)[number]), commit: 'other' })
  const { nights, remarks } = await readHistory(at)
  assert.deepEqual([nights.length, remarks], [20, []])
  assert.equal(nights.find(({ id }) => id === 'night-3')?.commit, null)
  assert.deepEqual(
    (await readdir(at)).filter((name) => !/^night-\d+\.json$/.test(name)),
    [],
  )
})

test('without hard links, one of two jobs still wins, and the other changes nothing', async () => {
  const at = path.join(folder, 'links')
  await openHistory(at)
  const file = path.join(at, 'night.json')
  const partials = ['a', 'b'].map((name) => path.join(at, name))
  for (const partial of partials) await writeFile(partial, partial)
  const ends = await Promise.allSettled(partials.map((partial) => renameExclusively(partial, file)))
  assert.deepEqual(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  assert.equal(await readFile(file, 'utf8'), partials[ends[0]?.status === 'fulfilled' ? 0 : 1])
  await assert.rejects(renameExclusively(path.join(at, 'none'), path.join(at, 'new.json')), /ENOENT/)
  assert.ok(!(await readdir(at)).includes('new.json'))
})

test('what a killed job left, a torn file and one of another schema are left and named; the rest is read', async () => {
  const at = path.join(folder, 'torn')
  await openHistory(at)
  await addNight(at, aNight(1, [1]))
  const files = {
    '.night-2.12ab': '{"schema":1',
    'night-3.json': '{"schema":1',
    'night-0.json': '{"schema":0}',
  }
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(at, name), text)
  const { nights, remarks } = await readHistory(at)
  assert.equal(nights.length, 1)
  assert.deepEqual(remarks, [
    'night-0.json in the history: not a night (schema: expected 1)',
    "night-3.json in the history: not valid JSON (Expected ',' or '}' after property value in JSON at position 11); was the file cut short?",
  ])
  for (const [name, text] of Object.entries(files))
    assert.equal(await readFile(path.join(at, name), 'utf8'), text)
})

test('whatever else is in a history is left, and what is named like a night is named', async () => {
  const at = path.join(folder, 'odd')
  await openHistory(at)
  await addNight(at, aNight(1, [1]))
  const inside = (name: string) => path.join(at, name)
  await mkdir(inside('folder.json'))
  await mkdir(inside('more'))
  await writeFile(inside('notes.txt'), 'odd')
  await writeFile(inside('empty.json'), '')
  await writeFile(inside('utf16.json'), Buffer.from('\uFEFF{}', 'utf16le'))
  await writeFile(inside('huge.json'), '{')
  await truncate(inside('huge.json'), 560 * 2 ** 20)
  await symlink('nowhere', inside('gone.json'))
  await symlink('loop.json', inside('loop.json'))
  // A pipe that nobody writes to would be waited for.
  spawnSync('mkfifo', [inside('pipe.json')])
  const { nights, remarks } = await readHistory(at)
  assert.equal(nights.length, 1)
  assert.deepEqual(remarks, [
    'empty.json in the history: the file is empty; was the program that writes it killed?',
    'folder.json in the history: is a folder',
    'gone.json in the history: no such file',
    'huge.json in the history: too large (560 MiB; at most 256 are read)',
    'loop.json in the history: is a link to itself',
    'pipe.json in the history: is neither a file nor a folder',
    'utf16.json in the history: text in UTF-16, as Windows PowerShell writes it; save it as UTF-8',
  ])
})

test('a folder that cannot be written is reported before any load', async () => {
  const file = path.join(folder, 'a-file')
  await writeFile(file, '')
  await assert.rejects(
    openHistory(file),
    /a-file: cannot be written \(EEXIST\); --history names another folder/,
  )
})

test('acknowledgements that cannot be read are reported', async () => {
  const at = path.join(folder, 'known')
  await openHistory(at)
  await addNight(at, aNight(1, [1]))
  await writeFile(path.join(at, 'acknowledged.json'), '[{"series": "x"}]')
  await assert.rejects(readHistory(at), /acknowledged\.json: not a list of \{"series", "night", "reason"\}/)
})
