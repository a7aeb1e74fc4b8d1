import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { isWebAddress, shownUrl, withCredentials } from '../shell/credentials.ts'
import { Failure } from '../shell/exit.ts'
import { capture, succeed } from '../shell/processes.ts'
import { refusal } from '../shell/refusal.ts'
import type { Shell } from '../shell/shell.ts'
import { clearAbandoned, temporaryFolder } from '../shell/temporary.ts'
import { sayDropped } from './run.ts'

export type K6 = { readonly path: string; readonly version: string }

const goModule = path.join(import.meta.dirname, '../../tools/k6')
const programName = process.platform === 'win32' ? 'k6.exe' : 'k6'

/** The version that tools/k6/go.mod pins. */
export function pinnedVersion(): string {
  const goMod = readFileSync(path.join(goModule, 'go.mod'), 'utf8')
  const version = /go\.k6\.io\/k6\/v2 v(\d+\.\d+\.\d+)/.exec(goMod)?.[1]
  if (!version) throw new Error('tools/k6/go.mod pins no version of k6')
  return version
}

/** Same major version and not older than the pinned one. */
export function fits(version: string, pinned: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const [wantedMajor = 0, wantedMinor = 0, wantedPatch = 0] = pinned.split('.').map(Number)
  return major === wantedMajor && (minor > wantedMinor || (minor === wantedMinor && patch >= wantedPatch))
}

/**
 * Finds the k6 to use: `K6_BIN`, else a fitting one on the PATH, else the pinned version in the user's cache,
 * fetched once. `K6_FROM=release|go` allows only that way of fetching; `K6_RELEASES` is the URL of a
 * mirror of the releases.
 */
export async function findK6(shell: Shell): Promise<K6> {
  sayDropped(shell)
  const { k6, cached } = await locateK6(shell)
  if (k6) return k6
  const version = pinnedVersion()
  await fetchK6(shell, version, cached)
  return { path: cached, version }
}

/** The k6 that is there, null where it is yet to be fetched; `cached` is where that will be. */
export async function locateK6(shell: Shell): Promise<{ readonly k6: K6 | null; readonly cached: string }> {
  const { env, signal } = shell
  const pinned = pinnedVersion()
  const cache = path.join(env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'load-and-stress')
  const cached = path.join(cache, `k6-${pinned}-${process.platform}-${process.arch}`, programName)
  if (env.K6_BIN) {
    const version = await versionOf(env.K6_BIN, shell)
    if (signal.aborted) throw new Failure('interrupted', 'interrupted before the load started')
    if (version && fits(version, pinned)) return { k6: { path: env.K6_BIN, version }, cached }
    throw new Failure(
      'environment',
      version
        ? `K6_BIN=${env.K6_BIN} is k6 ${version}, but ${pinned} or a later 2.x is needed; unset K6_BIN to fetch it`
        : `K6_BIN=${env.K6_BIN} is not a k6 program; correct it or unset it`,
    )
  }
  const onPath = await versionOf('k6', shell)
  if (onPath && fits(onPath, pinned)) return { k6: { path: 'k6', version: onPath }, cached }
  if (onPath) shell.say(`ignoring k6 ${onPath} on the PATH, because ${pinned} or a later 2.x is needed`)
  if (existsSync(cached)) {
    if ((await versionOf(cached, shell)) === pinned) return { k6: { path: cached, version: pinned }, cached }
    if (signal.aborted) throw new Failure('interrupted', 'interrupted before the load started')
    shell.say(`${cached} does not run as k6 ${pinned}; fetching it again`)
  }
  return { k6: null, cached }
}

async function versionOf(program: string, { env, signal }: Shell): Promise<string | undefined> {
  try {
    // k6 looks for its source of secrets even then, and not from the script's folder.
    const { K6_SECRET_SOURCE: _, ...plain } = env
    const { code, stdout } = await capture(program, ['version'], { env: plain, signal, timeoutMs: 10_000 })
    return code === 0 ? / v(\d+\.\d+\.\d+)/.exec(stdout)?.[1] : undefined
  } catch (error) {
    // Of this machine, which says nothing of the program.
    if (error instanceof Failure) throw error
    return undefined
  }
}

async function fetchK6(shell: Shell, version: string, to: string): Promise<void> {
  const { env, signal, say } = shell
  // Beside the final place, for an atomic rename, and its own folder, since two may fetch at the same time.
  const folder = await mkdir(path.dirname(to), { recursive: true })
    .then(() => {
      clearAbandoned(path.dirname(to))
      return temporaryFolder(path.dirname(to))
    })
    .catch((error: NodeJS.ErrnoException) => {
      throw new Failure(
        'environment',
        `${path.dirname(to)}: cannot be written (${refusal(error)}), so k6 cannot be kept there; name another cache in XDG_CACHE_HOME, or a k6 in K6_BIN`,
      )
    })
  const failures: string[] = []
  try {
    for (const [name, fetchInto] of Object.entries({ release: fromRelease, go: fromGo })) {
      if (env.K6_FROM && env.K6_FROM !== name) continue
      try {
        const program = await fetchInto(shell, version, folder)
        await chmod(program, 0o755)
        if ((await versionOf(program, shell)) !== version) throw new Error(`it does not run as k6 ${version}`)
        // Whatever is in its place does not run.
        await rm(to, { recursive: true, force: true })
        await rename(program, to)
        return say(`k6 ${version} is now in ${to}`)
      } catch (error) {
        if (signal.aborted) throw new Failure('interrupted', 'interrupted while fetching k6')
        if (error instanceof Failure) throw error
        failures.push(`${name}: ${reason(error as Error)}`)
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  const tried = failures.join('; ') || `K6_FROM=${env.K6_FROM} is neither release nor go`
  throw new Failure(
    'environment',
    `could not fetch k6 ${version} (${tried}); install it yourself – https://grafana.com/docs/k6/latest/set-up/install-k6/ – and put it on the PATH or name it in K6_BIN`,
  )
}

const reason = ({ message, cause }: Error): string =>
  cause instanceof Error ? `${message} (${cause.message})` : message

/** Gets k6 into a folder and returns the program's path there. */
type Fetch = (shell: Shell, version: string, folder: string) => Promise<string>

/** The release archive, checked against the release's own checksums, which detect damage but no forgery. */
const fromRelease: Fetch = async ({ env, signal, longWork }, version, folder) => {
  const archive = releaseArchive(version, process.platform, process.arch)
  const mirror = env.K6_RELEASES || 'https://github.com/grafana/k6/releases/download'
  if (!isWebAddress(mirror)) throw new Error('K6_RELEASES is not the URL of a mirror')
  const release = `${mirror}/v${version}`
  const checksums = await get(`${release}/k6-v${version}-checksums.txt`, signal, 20_000)
  const lines = checksums.toString().split('\n')
  const expected = lines.find((line) => line.trim().endsWith(` ${archive}`))?.slice(0, 64)
  if (!expected) throw new Error(`the release has no checksum for ${archive}`)
  const done = longWork(`fetching k6 ${version} (${archive}, once) …`)
  try {
    const content = await get(`${release}/${archive}`, signal, 600_000)
    // A Failure, so that a wrong archive is not silently replaced by building from source.
    if (createHash('sha256').update(content).digest('hex') !== expected)
      throw new Failure(
        'environment',
        `${shownUrl(new URL(`${release}/${archive}`))} does not match the release's checksum, so it was not installed; try again later or set K6_FROM=go`,
      )
    await writeFile(path.join(folder, archive), content)
    // The archives are .zip on Windows and macOS, whose tar unpacks these too.
    await succeed('tar', ['-xf', archive], { cwd: folder, env, signal })
    return path.join(folder, archive.replace(/\.(tar\.gz|zip)$/, ''), programName)
  } finally {
    done()
  }
}

/** The name of the release archive for a platform and an architecture as Node names them. */
export function releaseArchive(version: string, platform: string, arch: string): string {
  const system = { darwin: 'macos', win32: 'windows' }[platform] ?? platform
  const cpu = { x64: 'amd64' }[arch] ?? arch
  return `k6-v${version}-${system}-${cpu}.${platform === 'linux' ? 'tar.gz' : 'zip'}`
}

async function get(url: string, signal: AbortSignal, timeoutMs: number): Promise<Buffer> {
  const { url: plain, headers } = withCredentials(url)
  const response = await fetch(plain, {
    headers,
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  })
  if (!response.ok) throw new Error(`${shownUrl(plain)} answered ${response.status}`)
  return Buffer.from(await response.arrayBuffer())
}

/** Built by Go from the module file, whose go.sum pins every source. */
const fromGo: Fetch = async ({ env, signal, longWork }, version, folder) => {
  await succeed('go', ['version'], { env, signal }).catch(() => {
    throw new Error('Go is not installed')
  })
  const done = longWork(`building k6 ${version} with Go (about a minute, once) …`)
  const program = path.join(folder, programName)
  const args = ['build', '-mod=readonly', '-trimpath', '-ldflags', '-s -w', '-o', program, 'go.k6.io/k6/v2']
  try {
    await succeed('go', args, { cwd: goModule, env: { ...env, CGO_ENABLED: '0', GOWORK: 'off' }, signal })
    return program
  } finally {
    done()
  }
}
