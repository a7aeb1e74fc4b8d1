import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { gitCommit, hostFacts } from './host.ts'

test('the commit is that of the user’s folder, marked if something is not committed', async () => {
  const cwd = await mkdtemp(path.join(os.tmpdir(), 'las-host-'))
  try {
    const env = { PATH: process.env.PATH, HOME: cwd, GIT_CEILING_DIRECTORIES: path.dirname(cwd) }
    const git = (...args: string[]) => execFileSync('git', args, { cwd, env, encoding: 'utf8' }).trim()
    assert.equal(await gitCommit({ cwd, env }), null)
    git('init', '--quiet')
    await writeFile(path.join(cwd, 'file'), 'a')
    git('add', '.')
    git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '--message', 'one')
    const commit = git('rev-parse', 'HEAD')
    assert.equal(await gitCommit({ cwd, env }), commit)
    await writeFile(path.join(cwd, 'file'), 'b')
    assert.equal(await gitCommit({ cwd, env }), `${commit}-dirty`)
    assert.equal(await gitCommit({ cwd, env: { PATH: '' } }), null)
  } finally {
    await rm(cwd, { recursive: true })
  }
})

test('the host is this machine, with the k6 of the run', () => {
  const { cores, memoryMiB, node, k6 } = hostFacts('2.2.0')
  assert.equal(cores, os.availableParallelism())
  assert.equal(memoryMiB, Math.round(os.totalmem() / 2 ** 20))
  assert.deepEqual([node, k6], [process.versions.node, '2.2.0'])
})
