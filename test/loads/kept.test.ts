import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { commandIn, noneLeft, said, startIn } from '../command.ts'
import { serving } from '../service.ts'

let out = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-kept-'))
})
after(() => rm(out, { recursive: true }))

const run = (duration: string) => ['run', 'constant', '--duration', duration, '--vus', '1']
const sentences = (stderr: string) => stderr.trimEnd().split('\n')
const folderOf = async (name: string) => {
  const folder = path.join(out, name)
  await mkdir(folder)
  return folder
}

/** A small disk, while it is used; only root may mount one. */
async function onDisk<Result>(name: string, size: string, use: (folder: string) => Promise<Result>) {
  const folder = await folderOf(name)
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', size, 'none', folder])
  assert.equal(status, 0)
  try {
    return await use(folder)
  } finally {
    spawnSync('umount', [folder])
  }
}
const disks = spawnSync('unshare', ['-m', 'true']).status === 0 && process.getuid?.() === 0
const noDisks = disks ? false : 'a small disk is mounted, which takes root on Linux'

/** A service that stops when it is told to. */
const service = () => serving((_, response) => response.end('fine'))

describe('what was measured is kept and named', { concurrency: 3 }, () => {
  for (const [size, left] of [
    ['size=32k', /cannot be written \(no space left on the device\); what was measured is in \S+$/],
    [
      // The folder, k6's log and its summary, with that of the disk itself.
      'nr_inodes=4',
      /cannot be written \(.*\); what was measured is in (\S+); "npm run report -- \1\/summary.json --out DIR" reads it$/,
    ],
    ['size=150k', /cannot write the report \(no space left on the device\)$/],
  ] as const)
    test(`by a run on a disk with ${size}`, { skip: noDisks }, () =>
      onDisk(size, size, async (folder) => {
        // A recording would take room, and leave it before the rest is written.
        const started = startIn(folder, [...run('1s'), '--no-timeline'])
        assert.equal(await started.ended, 4, started.stderr)
        assert.match(sentences(started.stderr).at(-1) ?? '', left)
        assert.doesNotMatch(started.stderr, /^ +at |a fault of/m)
        if (size === 'size=150k') assert.match(started.stdout, /^verdict: pass/m)
        await noneLeft(started.mark)
      }),
    )

  test('by nothing, where the results are removed meanwhile, and it says so', async () => {
    const folder = await folderOf('removed')
    const started = startIn(folder, run('2s'))
    await said(started, 'k6 runs')
    // k6 may add a file meanwhile.
    for (const name of await readdir(folder))
      await rm(path.join(folder, name), { recursive: true, maxRetries: 5 })
    assert.equal(await started.ended, 4, started.stderr)
    assert.match(sentences(started.stderr).at(-1) ?? '', /cannot be written \(its folder does not exist\)$/)
    await noneLeft(started.mark)
  })

  test('by a series whose target dies, and it can be resumed', async () => {
    const folder = await folderOf('series')
    const target = await service()
    const sides = ['--a', target.url, '--b', `${target.url}/b`]
    const times = ['--duration', '1s', '--repeat', '2', '--warm-up', '1ms', '--cool-down', '1ms']
    const started = startIn(folder, ['ab', ...sides, '--path', '/', '--vus', '1', ...times])
    await said(started, 'run 2 of 4')
    await said(started, 'constant: http')
    target.close()
    assert.equal(await started.ended, 4, started.stderr)
    assert.match(
      started.stderr,
      /^[12] of 4 runs are done; resume with: npm run ab -- --resume \.\S+-ab-\w+$/m,
    )
    assert.match(sentences(started.stderr).at(-1) ?? '', /does not answer/)
    await noneLeft(started.mark)
  })

  test('by a breakpoint whose target dies, and it can be resumed', async () => {
    const folder = await folderOf('breakpoint')
    const target = await service()
    const started = startIn(folder, ['breakpoint', '--url', target.url, '--path', '/', '--duration', '1s'])
    await said(started, 'probe 2:')
    target.close()
    assert.equal(await started.ended, 4, started.stderr)
    assert.match(sentences(started.stderr).at(-1) ?? '', /does not answer/)
    const [, count, made = ''] =
      /^(\d+) probes done; resume with: npm run scenario:breakpoint -- --resume (\.\S+-breakpoint-\w+)$/m.exec(
        started.stderr,
      ) ?? []
    assert.ok(Number(count) >= 2, started.stderr)
    assert.match(started.stdout, /The search was cut short/)
    assert.ok((await readdir(path.join(folder, made))).includes('report'))
    await noneLeft(started.mark)
  })

  test('but nothing of a start that failed', async () => {
    const folder = await folderOf('failed')
    for (const args of [run('1s'), ['ab', '--a', 'http://127.0.0.1:1'], ['breakpoint']]) {
      const { code } = await commandIn(folder, args, { K6_BIN: '/nowhere' })
      assert.equal(code, 4)
    }
    const target = 'http://127.0.0.1:1'
    const refused = [
      ['run', 'constant', '--url', target],
      ['ab', '--a', target, '--b', `${target}/b`, '--warm-up', '1ms'],
      ['breakpoint', '--url', target],
    ]
    for (const args of refused) {
      const { code, stderr } = await commandIn(folder, args)
      assert.equal(code, 4)
      assert.match(sentences(stderr).at(-1) ?? '', /does not answer/)
    }
    assert.deepEqual(await readdir(folder), [])
  })

  test('by a night that does not fit into its history, which --resume adds later', { skip: noDisks }, () =>
    onDisk('history', 'size=4k', async (history) => {
      const folder = await folderOf('nightly')
      const plan = path.join(folder, 'plan.json')
      const runs = [{ scenario: 'constant', flags: { vus: 1, duration: '1s' } }]
      await writeFile(plan, JSON.stringify({ repeats: 1, runs }))
      const ballast = path.join(history, 'ballast')
      await writeFile(ballast, 'x'.repeat(4096))
      const nightly = (args: string[], job = path.join(folder, 'job.md')) =>
        commandIn(folder, ['nightly', '--plan', plan, '--history', history, ...args], {
          GITHUB_STEP_SUMMARY: job,
        })
      const full = await nightly([])
      assert.equal(full.code, 4, full.stderr)
      assert.match(
        sentences(full.stderr).at(-1) ?? '',
        /cannot add the night \(no space left on the device\); --resume adds/,
      )
      assert.match(await readFile(path.join(folder, 'job.md'), 'utf8'), /1 night so far/)
      const [, made = ''] = /^1 of 1 runs are done; resume with: .* --resume (\S+)$/m.exec(full.stderr) ?? []
      assert.ok((await readdir(path.join(folder, made))).includes('junit.xml'), full.stderr)
      await rm(ballast)
      // The second time it is there already; and a summary of the job that cannot be written changes no verdict.
      for (const job of [path.join(folder, 'job.md'), path.join(folder, 'none/job.md')]) {
        const resumed = await nightly(['--resume', path.join(folder, made)], job)
        assert.equal(resumed.code, 0, resumed.stderr)
        assert.doesNotMatch(resumed.stderr, /^run 1/m)
        assert.equal(/cannot write the summary of the job/.test(resumed.stderr), job.includes('none'))
        assert.deepEqual(await readdir(history), [`${path.basename(made)}.json`])
      }
    }),
  )
})
