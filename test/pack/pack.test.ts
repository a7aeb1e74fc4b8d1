import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { build } from 'esbuild'

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
  const [name = ''] = readdirSync(path.join(empty, 'work/results')).filter((each) => each !== 'index.html')
  assert.ok(existsSync(path.join(empty, 'work/results', name, 'report/index.html')))

  const results = npx('results')
  assert.equal(results.status, 0, results.stderr)
  assert.match(results.stderr, /^1 entry, indexed in/)

  const report = npx('report', path.join('results', name), '--out', 'again')
  assert.equal(report.status, 0, report.stderr)
  assert.ok(existsSync(path.join(empty, 'work/again/index.html')))
})

test('npx with the tarball, in an empty folder: a script of one’s own', () => {
  const made = npx('new', 'checkout')
  assert.equal(made.status, 0, made.stderr)
  const run = npx('run', './checkout.ts', '--quick')
  assert.equal(run.status, 0, run.stderr)
  assert.match(run.stdout, /^verdict: pass$/m)
})

test('the script of the README works by copy and paste', () => {
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8')
  const [, script = ''] = /```js\n(.*?)```/s.exec(readme) ?? []
  writeFileSync(path.join(empty, 'work/shop.js'), script)
  const run = npx('run', './shop.js')
  assert.equal(run.status, 0, run.stderr)
  assert.match(run.stdout, /^verdict: pass$/m)
  for (const part of ['browse', 'buy', 'list', 'pay', 'paid'])
    assert.match(run.stdout, new RegExp(`^${part}\\b`, 'm'))
})

const tsc = path.join(root, 'tools/check/node_modules/.bin/tsc')

test('a script that new has written finds what it imports in a project that has the package, and its types', {
  skip: !existsSync(tsc) && 'npm run tools installs tsc',
}, async () => {
  const made = npx('new', 'sign-up')
  assert.equal(made.status, 0, made.stderr)
  const project = path.join(empty, 'work')
  assert.ok(existsSync(path.join(project, 'sign-up.ts')) && existsSync(path.join(project, 'sign-up.csv')))
  const again = npx('new', 'sign-up')
  assert.equal(again.status, 2)
  assert.match(again.stderr, /sign-up\.csv exists and is not overwritten/)

  const installed = path.join(project, 'node_modules/load-and-stress')
  mkdirSync(installed, { recursive: true })
  spawnSync('tar', ['-xzf', tarball, '--strip-components=1'], { cwd: installed })
  mkdirSync(path.join(project, 'node_modules/@types'))
  symlinkSync(path.join(root, 'node_modules/@types/k6'), path.join(project, 'node_modules/@types/k6'))
  const { outputFiles } = await build({
    entryPoints: [path.join(project, 'sign-up.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    external: ['k6', 'k6/*'],
  })
  assert.match(outputFiles[0]?.text ?? '', /constant-vus/)

  // A project as tsc --init makes it, which allows no import of .ts.
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: 'esnext',
    moduleResolution: 'bundler',
    types: ['k6'],
  }
  writeFileSync(path.join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  const checked = spawnSync(tsc, { cwd: project, encoding: 'utf8' })
  assert.equal(checked.status, 0, checked.stdout)
})
