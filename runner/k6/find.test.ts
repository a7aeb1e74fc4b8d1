import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { Failure } from '../shell/exit.ts'
import { findK6, fits, pinnedVersion, releaseArchive } from './find.ts'
import { k6Environment } from './run.ts'

const pinned = pinnedVersion()
const signal = new AbortController().signal

test('a k6 fits from the pinned version on, within its major version', () => {
  const number = fc.integer({ min: 0, max: 50 })
  fc.assert(
    fc.property(fc.tuple(number, number, number), fc.tuple(number, number, number), (a, b) => {
      const order = a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
      assert.equal(fits(a.join('.'), b.join('.')), a[0] === b[0] && order >= 0)
    }),
  )
})

test('release archives are named as the releases name them', () => {
  assert.equal(releaseArchive('2.2.0', 'linux', 'x64'), 'k6-v2.2.0-linux-amd64.tar.gz')
  assert.equal(releaseArchive('2.2.0', 'darwin', 'arm64'), 'k6-v2.2.0-macos-arm64.zip')
  assert.equal(releaseArchive('2.2.0', 'win32', 'x64'), 'k6-v2.2.0-windows-amd64.zip')
})

test('k6 gets our environment without the variables that would throw away the script’s options', () => {
  const kept = k6Environment(
    { PATH: '/bin', K6_VUS: '7', K6_SUMMARY_TREND_STATS: 'avg', K6_WEB_DASHBOARD: 'true' },
    { BASE_URL: 'http://127.0.0.1' },
  )
  assert.equal(kept.PATH, '/bin')
  assert.equal(kept.BASE_URL, 'http://127.0.0.1')
  assert.equal(kept.K6_WEB_DASHBOARD, 'true')
  assert.ok(!('K6_VUS' in kept) && !('K6_SUMMARY_TREND_STATS' in kept))
  assert.equal(kept.GOGC, '400')
  assert.match(kept.GOMEMLIMIT ?? '', /^[1-9]\d*MiB$/)
  assert.equal(k6Environment({ GOGC: '50' }, {}).GOGC, '50')
})

describe('from a release', { skip: process.platform !== 'linux' }, () => {
  const archive = releaseArchive(pinned, process.platform, process.arch)
  let folder = ''
  let base = ''
  let offered = ''
  const server = createServer((request, response) => {
    const files: Record<string, () => Promise<Buffer | string>> = {
      [`/v${pinned}/k6-v${pinned}-checksums.txt`]: async () =>
        `${'0'.repeat(64)}  other.zip\n${offered}  ${archive}\n`,
      [`/v${pinned}/${archive}`]: () => readFile(path.join(folder, archive)),
    }
    const file = files[request.url ?? '']
    if (file) file().then((content) => response.end(content))
    else response.writeHead(404).end()
  })

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'las-k6-'))
    const inside = path.join(folder, archive.replace('.tar.gz', ''))
    await mkdir(inside)
    await writeFile(path.join(inside, 'k6'), `#!/bin/sh\necho "k6 v${pinned} (for a test)"\n`)
    await chmod(path.join(inside, 'k6'), 0o755)
    execFileSync('tar', ['-czf', archive, path.basename(inside)], { cwd: folder })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(async () => {
    server.close()
    await rm(folder, { recursive: true })
  })

  const cache = (name: string) => path.join(folder, name)
  const find = (name: string, more: NodeJS.ProcessEnv = {}) =>
    findK6({ XDG_CACHE_HOME: cache(name), K6_FROM: 'release', K6_RELEASES: base, ...more }, signal)
  const refused = async (work: Promise<unknown>, sentence: RegExp) => {
    await assert.rejects(
      work,
      (error) => error instanceof Failure && error.exitCode === 4 && sentence.test(error.message),
    )
  }
  const checksum = async () =>
    createHash('sha256')
      .update(await readFile(path.join(folder, archive)))
      .digest('hex')

  test('the archive whose checksum is listed is unpacked into the cache, once', async () => {
    offered = await checksum()
    const k6 = await find('good')
    assert.equal(k6.version, pinned)
    assert.match(execFileSync(k6.path, ['version']).toString(), /for a test/)
    assert.deepEqual(await find('good', { K6_RELEASES: 'http://127.0.0.1:1' }), k6)
    assert.deepEqual(await readdir(path.dirname(k6.path)), ['k6'])
  })

  test('one whose checksum is not is not installed', async () => {
    offered = 'f'.repeat(64)
    await refused(find('bad'), /its checksum is not the one that the release lists; nothing was installed$/)
    const left = await readdir(cache('bad'), { recursive: true })
    assert.ok(!left.some((name) => /k6$/.test(name)), left.join())
  })

  test('where nothing can be fetched, one sentence says how to install it by hand', async () => {
    await refused(
      find('none', { K6_RELEASES: `${base}/nowhere` }),
      /could not be fetched \(release: .* answered 404\); install it by hand – https:\/\/\S+ – .*K6_BIN$/,
    )
    await refused(find('none', { K6_FROM: 'thin air' }), /neither release nor go/)
  })

  test('K6_BIN is taken, or what is wrong with it told', async () => {
    const program = path.join(folder, archive.replace('.tar.gz', ''), 'k6')
    assert.deepEqual(await find('x', { K6_BIN: program }), { path: program, version: pinned })
    await refused(find('x', { K6_BIN: '/nowhere/k6' }), /^K6_BIN=\/nowhere\/k6: no k6 program/)
    const old = path.join(folder, 'old')
    await writeFile(old, '#!/bin/sh\necho "k6 v0.52.0 (old)"\n', { mode: 0o755 })
    await refused(find('x', { K6_BIN: old }), /is k6 0\.52\.0, .* or a later 2\.x is needed/)
  })
})
