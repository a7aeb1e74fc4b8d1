import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { Failure } from '../shell/exit.ts'
import { resultFolder, writeAtomically, writeReport } from './folder.ts'

let root = ''
before(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'las-folders-'))
})
after(() => rm(root, { recursive: true }))

const report = (page: string) =>
  new Map([
    ['index.html', page],
    ['statistics.json', '{"schema":"load-and-stress statistics 1"}'],
  ])
const refused = (work: Promise<unknown>, exitCode: number) =>
  assert.rejects(work, (error) => error instanceof Failure && error.exitCode === exitCode)

test('a result folder is hidden until it is complete, and two of the same second differ', async () => {
  const now = new Date('2026-11-24T10:15:00.123Z')
  const out = path.join(root, 'results')
  const [one, two] = await Promise.all([resultFolder(out, 'ramp', now), resultFolder(out, 'ramp', now)])
  assert.match(one.id, /^20261124T101500Z-ramp-[\da-f]{8}$/)
  await writeAtomically(path.join(one.filling, 'run.json'), '{}')
  assert.ok((await readdir(out)).every((name) => name.startsWith('.')))
  const final = await one.complete()
  assert.deepEqual(await readdir(final), ['run.json'])
  await writeFile(path.join(two.filling, 'k6.log'), '')
  assert.equal(await two.giveUp(), null)
  assert.deepEqual(await readdir(out), [one.id])
})

test('a folder that cannot be written is refused', async () => {
  const file = path.join(root, 'a-file')
  await writeFile(file, '')
  await refused(resultFolder(path.join(file, 'results'), 'ramp', new Date()), 4)
})

test('a file is replaced in one step, and a failure leaves no partial file', async () => {
  const folder = path.join(root, 'files')
  await mkdir(path.join(folder, 'taken', 'x'), { recursive: true })
  const file = path.join(folder, 'file')
  await writeAtomically(file, 'old')
  await writeAtomically(file, 'new')
  await assert.rejects(writeAtomically(path.join(folder, 'taken'), 'x'))
  assert.deepEqual((await readdir(folder)).sort(), ['file', 'taken'])
  assert.equal(await readFile(file, 'utf8'), 'new')
})

test('a report replaces all of an older report', async () => {
  const folder = path.join(root, 'deep/er/report')
  await writeReport(folder, new Map([...report('old'), ['latency.svg', '<svg/>']]))
  await writeReport(folder, report('new'))
  assert.deepEqual((await readdir(folder)).sort(), ['index.html', 'statistics.json'])
  assert.equal(await readFile(path.join(folder, 'index.html'), 'utf8'), 'new')
  assert.deepEqual(await readdir(path.dirname(folder)), ['report'])
})

test('a folder that contains anything else is left alone', async () => {
  const foreign = path.join(root, 'foreign')
  await mkdir(foreign)
  await writeFile(path.join(foreign, 'thesis.txt'), 'three years')
  await refused(writeReport(foreign, report('x')), 2)
  const mixed = path.join(root, 'mixed')
  await writeReport(mixed, report('x'))
  await writeFile(path.join(mixed, 'notes.txt'), 'mine')
  await refused(writeReport(mixed, report('y')), 2)
  const page = path.join(root, 'page')
  await mkdir(page)
  await writeFile(path.join(page, 'index.html'), 'somebody’s home page')
  await refused(writeReport(page, report('y')), 2)
  assert.deepEqual(await readdir(foreign), ['thesis.txt'])
  assert.equal(await readFile(path.join(page, 'index.html'), 'utf8'), 'somebody’s home page')
})
