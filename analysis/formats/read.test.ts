import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { aRun, fixture } from '../../test/samples.ts'
import { readSource } from './read.ts'
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
      assert.match(await reason(folder), /not a result folder \(no run\.json\)$/)
      const torn = path.join(folder, 'torn.json')
      await writeFile(torn, '{"metrics":')
      assert.match(await reason(torn), /torn\.json: not valid JSON/)
      await writeFile(path.join(folder, 'run.json'), '{}')
      assert.match(await reason(folder), /run\.json: not a run/)
    }))
})
