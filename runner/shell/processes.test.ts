import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { test } from 'node:test'
import { root } from '../../test/command.ts'
import { Failure } from './exit.ts'
import { capture, printedJson } from './processes.ts'

test('an environment that is too large for a program is a Failure that names the variable', async () => {
  await assert.rejects(
    capture('true', [], { env: { PATH: '/bin', SMALL: 'x', HUGE: 'x'.repeat(200_000) } }),
    (error) =>
      error instanceof Failure &&
      error.exitCode === 4 &&
      /^the environment is too large to start a program with; unset HUGE \(196 KiB\)/.test(error.message),
  )
})

test('what a program prints before its JSON is skipped', () => {
  assert.deepEqual(printedJson('it', 'W: {\n  {"a": [1,\n{"b":2}]}\n'), { a: [1, { b: 2 }] })
  assert.throws(() => printedJson('it', 'no\nmore'), /it printed no JSON but "no"; does it run by itself/)
})

test('a folder that is gone is named', { skip: process.platform !== 'linux' }, () => {
  const bin = path.join(root, 'runner/bin.js')
  const gone = `cd "$(mktemp -d)" && rmdir "$PWD" && exec "${process.execPath}" "${bin}" history`
  const { status, stderr } = spawnSync('sh', ['-c', gone], { encoding: 'utf8' })
  assert.equal(
    stderr,
    'load-and-stress: the folder in which it was started is gone; start it in another one\n',
  )
  assert.equal(status, 4)
})

test('with too few open files every command ends with one sentence', {
  skip: process.platform !== 'linux',
}, () => {
  for (const files of [20, 24, 40, 60, 100]) {
    const run = 'runner/bin.js run smoke --url http://127.0.0.1:9'
    const limited = `ulimit -n ${files}; exec "${process.execPath}" ${run}`
    const { status, stderr } = spawnSync('sh', ['-c', limited], { cwd: root, encoding: 'utf8' })
    const few = /^load-and-stress: too many open files.*raise the limit \(ulimit -n 1024\)\n$/
    // How many it takes depends on what is opened at the same time.
    if (files < 48) assert.match(stderr, few)
    else assert.match(stderr, new RegExp(`${few.source}|^load-and-stress: .*connection refused.*\\n$`))
    assert.equal(status, 4)
  }
})

test('esbuild without pipes is a shortage of open files', { skip: process.platform !== 'linux' }, () => {
  const program = `import { openSync, closeSync } from 'node:fs'
    import { build } from 'esbuild'
    import { shortageWords } from './runner/shell/refusal.ts'
    const held = []
    try { for (;;) held.push(openSync('/dev/null')) } catch {}
    try {
      await build({ stdin: { contents: '' }, write: false })
    } catch (error) {
      for (const each of held) closeSync(each)
      console.log(shortageWords(error, {}))
    }
    process.exit()`
  const limited = 'ulimit -n 80; exec "$0" --import tsx --input-type=module -e "$1"'
  const { stdout, stderr } = spawnSync('sh', ['-c', limited, process.execPath, program], {
    cwd: root,
    encoding: 'utf8',
  })
  assert.match(stdout, /^too many open files: /, stderr)
})
