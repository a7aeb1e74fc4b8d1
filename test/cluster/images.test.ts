import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import path from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { image, runnerImage } from './inside.ts'

/** What goes into a cluster: the images that WORKLOAD_IMAGE and RUNNER_IMAGE name, as buildah has them. */
const images = {
  workload: { name: image, mostMiB: 150 },
  runner: { name: runnerImage, mostMiB: 320 },
}

const run = promisify(execFile)
const buildah = async (...args: string[]): Promise<string> =>
  (await run('buildah', args, { maxBuffer: 2 ** 26 })).stdout.trim()

for (const [which, { name, mostMiB }] of Object.entries(images))
  test(`the ${which}’s image: no root, nothing to write to but /tmp, no secret, and small`, async (t) => {
    const { User: user } = JSON.parse(await buildah('inspect', '--type=image', name)).OCIv1.config
    assert.match(user, /^[1-9]\d*:[1-9]\d*$/, 'Kubernetes cannot verify that a name is not root')
    const [uid, gid] = user.split(':')

    const working = await buildah('from', '--pull-never', name)
    try {
      const root = await buildah('mount', working)
      const found = async (...tests: string[]) =>
        (await run('find', [root, '-xdev', ...tests], { maxBuffer: 2 ** 26 })).stdout
          .split('\n')
          .filter(Boolean)
          .map((file) => `/${path.relative(root, file)}`)
      const writable = ['(', '-perm', '-o+w', '-o', '-uid', uid, '-o', '-gid', gid, ')', '!', '-type', 'l']
      const open = (await found(...writable)).filter((file) => !/^\/(tmp|var\/tmp|dev(\/.*)?)$/.test(file))
      assert.deepEqual(open, [], 'can be written to')
      assert.deepEqual(await found('-perm', '/6000', '-type', 'f'), [], 'runs as somebody else')
      const secrets = await found('-name', '.npmrc', '-o', '-name', '*.pem', '-path', `${root}/app/*`)
      assert.deepEqual(
        secrets.filter((file) => file !== '/app/.npmrc'),
        [],
      )
      const [size = ''] = (await run('du', ['-sxm', root])).stdout.split('\t')
      t.diagnostic(`${which}: ${size} MiB`)
      assert.ok(Number(size) < mostMiB, `${size} MiB`)
    } finally {
      await buildah('rm', working)
    }
  })
