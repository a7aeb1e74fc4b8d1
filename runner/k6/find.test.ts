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
import { testShell } from '../../test/shell.ts'
import { Failure } from '../shell/exit.ts'
import { findK6, fits, pinnedVersion, releaseArchive } from './find.ts'

const pinned = pinnedVersion()

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
  const shellWith = (name: string, more: NodeJS.ProcessEnv) =>
    testShell({
      env: {
        PATH: process.env.PATH,
        XDG_CACHE_HOME: cache(name),
        K6_FROM: 'release',
        K6_RELEASES: base,
        ...more,
      },
    })
  const find = (name: string, more: NodeJS.ProcessEnv = {}) => findK6(shellWith(name, more))
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

  test('an archive with the right checksum is unpacked into the cache, once', async () => {
    offered = await checksum()
    const k6 = await find('good')
    assert.equal(k6.version, pinned)
    assert.match(execFileSync(k6.path, ['version']).toString(), /for a test/)
    assert.deepEqual(await find('good', { K6_RELEASES: 'http://127.0.0.1:1' }), k6)
    assert.deepEqual(await readdir(path.dirname(k6.path)), ['k6'])
  })

  test('a damaged k6 in the cache is fetched again, or named where it cannot be', async () => {
    offered = await checksum()
    const k6 = await find('damaged')
    for (const damage of [
      () => writeFile(k6.path, 'half of'),
      () => writeFile(k6.path, `#!/bin/sh\necho "k6 v0.1.0"\n`),
      () => rm(k6.path).then(() => mkdir(k6.path)),
    ]) {
      await damage()
      await refused(find('damaged', { K6_RELEASES: 'http://127.0.0.1:9' }), /^could not fetch k6 .*K6_BIN$/)
      const shell = shellWith('damaged', {})
      assert.deepEqual(await findK6(shell), k6)
      assert.match(
        shell.sentences.join('\n'),
        /\/k6 does not run as k6 \S+; fetching it again\n(.*\n)*.*is now in/,
      )
      assert.match(execFileSync(k6.path, ['version']).toString(), /for a test/)
    }
  })

  test('an address that is none, or a cache that cannot be, is named', async () => {
    for (const mirror of ['x', 'http://', 'ftp://127.0.0.1', 'http://%@127.0.0.1:9'])
      await refused(
        find('none', { K6_RELEASES: mirror }),
        /\(release: K6_RELEASES is not the URL of a mirror\)/,
      )
    await writeFile(cache('a-file'), '')
    await refused(
      find('a-file'),
      /cannot be written .*; name another cache in XDG_CACHE_HOME, or a k6 in K6_BIN$/,
    )
  })

  test('an archive with another checksum is not installed', async () => {
    offered = 'f'.repeat(64)
    await refused(
      find('bad'),
      /does not match the release's checksum, so it was not installed; .*K6_FROM=go$/,
    )
    const left = await readdir(cache('bad'), { recursive: true })
    assert.ok(!left.some((name) => /k6$/.test(name)), left.join())
  })

  test('if k6 cannot be fetched, one sentence says how to install it', async () => {
    await refused(
      find('none', { K6_RELEASES: `${base}/nowhere` }),
      /^could not fetch k6 .* \(release: .* answered 404\); install it yourself – https:\/\/\S+ – .*K6_BIN$/,
    )
    await refused(find('none', { K6_FROM: 'thin air' }), /neither release nor go/)
  })

  test('an interruption while fetching leaves nothing behind', async () => {
    const shell = { ...shellWith('interrupted', {}), signal: AbortSignal.abort() }
    await assert.rejects(findK6(shell), (error) => error instanceof Failure && error.exitCode === 130)
    const left = await readdir(cache('interrupted'), { recursive: true, withFileTypes: true })
    assert.ok(!left.some((entry) => entry.isFile() || entry.name.startsWith('load-and-stress-')), left.join())
  })

  test('what a killed fetch left is removed by the next', async () => {
    const at = path.dirname(
      path.join(cache('killed'), 'load-and-stress', `k6-${pinned}-${process.platform}-${process.arch}`, 'k6'),
    )
    const left = path.join(at, `load-and-stress-${os.hostname()}-999999999-abcdef`)
    await mkdir(left, { recursive: true })
    await writeFile(path.join(left, 'archive'), 'half')
    await find('killed', { K6_FROM: 'thin air' }).catch(() => {})
    assert.deepEqual(await readdir(at), [])
  })

  test('Go builds k6, and what it says if it cannot is repeated', async () => {
    const bin = path.join(folder, 'go-bin')
    await mkdir(bin)
    const go = (build: string) =>
      writeFile(path.join(bin, 'go'), `#!/bin/sh\nif [ "$1" = build ]; then ${build}; fi\n`, { mode: 0o755 })
    const withGo = { K6_FROM: 'go', PATH: `${bin}:${process.env.PATH}` }
    await go('echo first >&2; echo "go.sum: mismatch" >&2; exit 1')
    await refused(find('go', withGo), /^could not fetch k6 \S+ \(go: go: go\.sum: mismatch\); /)
    await go(`while [ "$1" != -o ]; do shift; done; echo old > "$2"`)
    await refused(find('go', withGo), /it does not run as k6 /)
    await go(
      `while [ "$1" != -o ]; do shift; done; cp "${path.join(folder, archive.replace('.tar.gz', ''), 'k6')}" "$2"`,
    )
    assert.equal((await find('go', withGo)).version, pinned)
  })

  const oldK6 = async (name: string) => {
    const program = path.join(folder, name)
    await writeFile(program, '#!/bin/sh\necho "k6 v0.52.0 (old)"\n', { mode: 0o755 })
    return program
  }

  test('K6_BIN must name a fitting k6', async () => {
    const program = path.join(folder, archive.replace('.tar.gz', ''), 'k6')
    assert.deepEqual(await find('x', { K6_BIN: program }), { path: program, version: pinned })
    await refused(find('x', { K6_BIN: '/nowhere/k6' }), /^K6_BIN=\/nowhere\/k6 is not a k6 program; /)
    const old = await oldK6('old')
    await refused(find('x', { K6_BIN: old }), /is k6 0\.52\.0, .* or a later 2\.x is needed/)
  })

  test('a k6 on the PATH is used if it fits, and otherwise ignored with a sentence', async () => {
    const PATH = `${path.join(folder, archive.replace('.tar.gz', ''))}:${process.env.PATH}`
    assert.deepEqual(await find('y', { PATH }), { path: 'k6', version: pinned })
    await mkdir(path.join(folder, 'bin'))
    await oldK6('bin/k6')
    offered = await checksum()
    const shell = shellWith('y', { PATH: `${path.join(folder, 'bin')}:${process.env.PATH}` })
    assert.match((await findK6(shell)).path, /k6-\d.*\/k6$/)
    assert.match(shell.sentences[0] ?? '', /^ignoring k6 0\.52\.0 on the PATH, /)
    assert.match(shell.sentences[1] ?? '', /^k6 \S+ is now in \//)
  })
})
