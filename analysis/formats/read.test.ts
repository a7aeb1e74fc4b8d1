import assert from 'node:assert/strict'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { aRun, fixture } from '../../test/samples.ts'
import { distinctNames, readSource } from './read.ts'
import { formatRun } from './run.ts'

describe('reading', () => {
  const inFolder = async (work: (folder: string) => Promise<void>) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'las-read-'))
    try {
      await work(folder)
    } finally {
      await rm(folder, { recursive: true })
    }
  }
  const reason = async (at: string) => {
    const reading = await readSource(at)
    assert.equal(reading.kind, 'unreadable')
    return (reading as { reason: string }).reason
  }

  test('a folder without a summary is still a source', () =>
    inFolder(async (folder) => {
      await writeFile(path.join(folder, 'run.json'), formatRun(aRun()))
      const reading = await readSource(folder)
      assert.equal(reading.kind, 'source')
      assert.equal(reading.kind === 'source' && reading.source.summary.kind, 'unreadable')
    }))

  test('a bare summary is named by its file', () =>
    inFolder(async (folder) => {
      const file = path.join(folder, 'mine.json')
      await writeFile(file, fixture('1.8.1-export.json'))
      const reading = await readSource(file)
      assert.equal(reading.kind === 'source' && reading.source.name, 'mine.json')
    }))

  test('an unreadable source gets a sentence with the file and the reason', () =>
    inFolder(async (folder) => {
      assert.match(await reason(path.join(folder, 'none')), /none: no such file or folder$/)
      assert.match(
        await reason(folder),
        /not a result folder \(no run\.json\); name one, or a k6 summary file$/,
      )
      const torn = path.join(folder, 'torn.json')
      await writeFile(torn, '{"metrics":')
      assert.match(await reason(torn), /torn\.json: not valid JSON/)
      const gzip = path.join(folder, 'summary.json.gz')
      await writeFile(gzip, gzipSync('{}'))
      assert.match(await reason(gzip), /summary\.json\.gz: a gzip archive; unpack it first$/)
      const huge = path.join(folder, 'huge.json')
      await writeFile(huge, '{'.padEnd(5000))
      await truncate(huge, 560 * 2 ** 20)
      assert.match(
        await reason(huge),
        /huge\.json: too large \(560 MiB; at most 256 are read\); a summary is wanted: the file of --summary-export/,
      )
      await writeFile(path.join(folder, 'run.json'), '{}')
      assert.match(await reason(folder), /run\.json: not a run/)
    }))
})

test('files of the same name get as many of their folders as distinguish them', () => {
  assert.deepEqual(distinctNames(['/x/a/summary.json', '/x/b/summary.json', '/x/other.json']), [
    'a/summary.json',
    'b/summary.json',
    'other.json',
  ])
  assert.deepEqual(distinctNames(['/x/a/1/summary.json', '/x/b/1/summary.json']), [
    'a/1/summary.json',
    'b/1/summary.json',
  ])
  assert.deepEqual(distinctNames(['/a/summary.json', '/x/a/summary.json']), [
    '/a/summary.json',
    'x/a/summary.json',
  ])
  assert.deepEqual(distinctNames(['/x/summary.json', '/x/./summary.json']), ['summary.json', 'summary.json'])
})
