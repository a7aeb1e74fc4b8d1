import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { root } from '../../test/command.ts'

test('a summary is read from standard input, and nothing is left of it', async (t) => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'las-piped-'))
  t.after(() => rm(folder, { recursive: true }))
  const report = async (input: Readable) => {
    const child = spawn(process.execPath, ['runner/bin.js', 'report', '-', '--out', 'made'], {
      cwd: root,
      env: { ...process.env, INIT_CWD: folder, TMPDIR: folder },
    })
    input.pipe(child.stdin)
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    return { stdout, stderr, code }
  }
  const summary = path.join(root, 'test/fixtures/k6/2.2.0-export.json')
  const made = await report(createReadStream(summary))
  assert.match(made.stdout, /^standard input\n|standard input/, made.stderr)
  assert.ok(existsSync(path.join(folder, 'made/index.html')))
  const other = await report(Readable.from(['hello']))
  assert.equal(other.code, 2)
  assert.match(other.stderr, /load-and-stress: standard input: /)
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('load-and-stress-')),
    [],
  )
})
