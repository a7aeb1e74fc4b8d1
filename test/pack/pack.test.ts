import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'

const root = path.join(import.meta.dirname, '../..')
let empty = ''
let tarball = ''
before(() => {
  empty = mkdtempSync(path.join(os.tmpdir(), 'las-pack-'))
  mkdirSync(path.join(empty, 'work'))
  const { status, stdout, stderr } = spawnSync('npm', ['pack', '--silent', '--pack-destination', empty], {
    cwd: root,
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  tarball = path.join(empty, stdout.trim())
})
after(() => rmSync(empty, { recursive: true }))

function npx(...args: string[]) {
  // A cache of its own, so that nothing of this test stays in the user's.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD)/.test(name)),
  )
  return spawnSync('npx', ['--yes', `../${path.basename(tarball)}`, ...args], {
    cwd: path.join(empty, 'work'),
    encoding: 'utf8',
    env: { ...env, npm_config_cache: path.join(empty, 'cache') },
  })
}

test('the tarball holds no test and none of what only the repository needs', () => {
  const { stdout } = spawnSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
  assert.match(stdout, /package\/runner\/bin\.js/)
  assert.doesNotMatch(stdout, /\.test\.ts|\/test\/|\/bench\/|\/docs\//)
})

test('npx with the tarball, in an empty folder: help, a run, its report', () => {
  const help = npx('--help')
  assert.equal(help.status, 0, help.stderr)
  assert.match(help.stdout, /load-and-stress <verb>/)

  const run = npx('run', 'smoke')
  assert.equal(run.status, 0, run.stderr)
  assert.match(run.stdout, /^verdict: pass$/m)
  const [name = ''] = readdirSync(path.join(empty, 'work/results'))
  assert.ok(existsSync(path.join(empty, 'work/results', name, 'report/index.html')))

  const report = npx('report', path.join('results', name), '--out', 'again')
  assert.equal(report.status, 0, report.stderr)
  assert.ok(existsSync(path.join(empty, 'work/again/index.html')))
})
