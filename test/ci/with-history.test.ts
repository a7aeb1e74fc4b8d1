import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { root } from '../command.ts'

const folder = mkdtempSync(path.join(os.tmpdir(), 'with-history-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const origin = path.join(folder, 'origin')
const env = { ...process.env, LAS_HISTORY_BRANCH: 'nights' }

function git(at: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.org']
  const { status, stdout, stderr } = spawnSync('git', [...identity, ...args], { cwd: at, encoding: 'utf8' })
  assert.equal(status, 0, `git ${args.join(' ')}: ${stderr}`)
  return stdout.trim()
}

function aCheckout(name: string): string {
  git(folder, 'clone', '--quiet', origin, name)
  return path.join(folder, name)
}

const night = (at: string, command: string) => {
  const script = path.join(root, 'ci/with-history.sh')
  return spawnSync(script, ['sh', '-c', command], { cwd: at, env, encoding: 'utf8' })
}

const nights = () => git(origin, 'ls-tree', '-r', '--name-only', 'nights').split('\n')

test('a branch keeps the history: it begins empty, two jobs at once both add to it, and exit codes are those of the night', {
  skip: process.platform === 'win32',
}, () => {
  git(folder, 'init', '--quiet', '--bare', origin)
  const first = aCheckout('first')
  git(first, 'commit', '--quiet', '--allow-empty', '-m', 'a product')
  git(first, 'push', '--quiet', 'origin', 'HEAD')
  const second = aCheckout('second')

  const nothing = night(first, 'exit 2')
  assert.equal(nothing.status, 2, nothing.stderr)
  assert.equal(git(origin, 'branch', '--list', 'nights'), '')

  const failed = night(first, 'echo 1 >"$LAS_HISTORY_DIR/1.json"; exit 1')
  assert.equal(failed.status, 1, failed.stderr)
  assert.deepEqual(nights(), ['history/1.json'])

  // While this one runs, another adds a night of its own.
  const script = path.join(root, 'ci/with-history.sh')
  const other = `(cd '${second}' && '${script}' sh -c 'echo 2 >"$LAS_HISTORY_DIR/2.json"')`
  const overtaken = night(
    first,
    `test -f "$LAS_HISTORY_DIR/1.json" && ${other} && echo 3 >"$LAS_HISTORY_DIR/3.json"`,
  )
  assert.equal(overtaken.status, 0, overtaken.stderr)
  assert.deepEqual(nights(), ['history/1.json', 'history/2.json', 'history/3.json'])

  const hook = path.join(origin, 'hooks/pre-receive')
  writeFileSync(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  const refused = night(first, 'echo 4 >"$LAS_HISTORY_DIR/4.json"')
  assert.equal(refused.status, 4)
  assert.match(refused.stderr, /^with-branch\.sh: the branch nights cannot be pushed$/m)

  // Neither a worktree nor a setting is left.
  assert.equal(git(first, 'worktree', 'list').split('\n').length, 1)
  assert.equal(spawnSync('git', ['config', '--local', 'user.name'], { cwd: first }).status, 1)
})
