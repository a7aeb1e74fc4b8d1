import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { Failure } from '../shell/exit.ts'
import { longWork, say } from '../shell/progress.ts'

const runFile = promisify(execFile)

export type K6 = { readonly path: string; readonly version: string }

const module = path.join(import.meta.dirname, '../../tools/k6')

/** The version that the module file pins. */
export function pinnedVersion(): string {
  const version = /go\.k6\.io\/k6\/v2 v(\d+\.\d+\.\d+)/.exec(
    readFileSync(path.join(module, 'go.mod'), 'utf8'),
  )?.[1]
  if (!version) throw new Error('tools/k6/go.mod does not say which k6')
  return version
}

/** Same major version and not older than the pinned one. */
export function fits(version: string, pinned: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const [wantedMajor = 0, wantedMinor = 0, wantedPatch = 0] = pinned.split('.').map(Number)
  return major === wantedMajor && (minor > wantedMinor || (minor === wantedMinor && patch >= wantedPatch))
}

/**
 * The k6 to use: `K6_BIN`, else one on the PATH whose version fits, else the pinned one from the user's cache,
 * fetched once. `K6_FROM=release|go` takes only one of the two ways of fetching; `K6_RELEASES` is where a mirror
 * keeps the release archives.
 */
export async function findK6(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<K6> {
  const pinned = pinnedVersion()
  if (environment.K6_BIN) {
    const version = await versionOf(environment.K6_BIN)
    if (!version)
      throw new Failure(
        'environment',
        `K6_BIN=${environment.K6_BIN}: no k6 program; correct it or leave it unset`,
      )
    if (!fits(version, pinned)) {
      throw new Failure(
        'environment',
        `K6_BIN=${environment.K6_BIN} is k6 ${version}, ${pinned} or a later 2.x is needed; leave K6_BIN unset to have it fetched`,
      )
    }
    return { path: environment.K6_BIN, version }
  }
  const onPath = await versionOf('k6')
  if (onPath && fits(onPath, pinned)) return { path: 'k6', version: onPath }
  if (onPath) say(`k6 ${onPath} on the PATH is not used: ${pinned} or a later 2.x is needed`)
  const cached = cachedProgram(environment, pinned)
  if (!existsSync(cached)) await fetchK6(pinned, cached, environment, signal)
  return { path: cached, version: pinned }
}

function cachedProgram(environment: NodeJS.ProcessEnv, version: string): string {
  const cache = environment.XDG_CACHE_HOME || path.join(os.homedir(), '.cache')
  const program = process.platform === 'win32' ? 'k6.exe' : 'k6'
  return path.join(cache, 'load-and-stress', `k6-${version}-${process.platform}-${process.arch}`, program)
}

async function versionOf(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await runFile(program, ['version'], { timeout: 10_000 })
    return / v(\d+\.\d+\.\d+)/.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}

async function fetchK6(
  version: string,
  to: string,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true })
  // Beside its place, so that it can be renamed into it; two fetching at once do not meet.
  const folder = await mkdtemp(path.join(path.dirname(to), '.fetching-'))
  const failures: string[] = []
  try {
    for (const [name, fetchInto] of Object.entries({ release: fromRelease, go: fromGo })) {
      if (environment.K6_FROM && environment.K6_FROM !== name) continue
      try {
        const program = await fetchInto(version, folder, environment, signal)
        await chmod(program, 0o755)
        if ((await versionOf(program)) !== version) throw new Error('what came does not run as that version')
        await rename(program, to)
        say(`k6 ${version} is in ${to}`)
        return
      } catch (error) {
        if (signal.aborted) throw new Failure('interrupted', 'interrupted while fetching k6')
        if (error instanceof Failure) throw error
        failures.push(`${name}: ${reason(error)}`)
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  const tried = failures.join('; ') || `K6_FROM=${environment.K6_FROM} is neither release nor go`
  throw new Failure(
    'environment',
    `k6 ${version} could not be fetched (${tried}); install it by hand – https://grafana.com/docs/k6/latest/set-up/install-k6/ – and put it on the PATH or name the program in K6_BIN`,
  )
}

const reason = (error: unknown): string => {
  const { message, cause } = error as Error
  return cause instanceof Error ? `${message} (${cause.message})` : message
}

type Fetch = (
  version: string,
  folder: string,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
) => Promise<string>

/** The release archive, held against the release's own checksum list: whole, though not signed. */
const fromRelease: Fetch = async (version, folder, environment, signal) => {
  const archive = releaseArchive(version, process.platform, process.arch)
  const base = environment.K6_RELEASES || 'https://github.com/grafana/k6/releases/download'
  const list = await get(
    `${base}/v${version}/k6-v${version}-checksums.txt`,
    AbortSignal.any([signal, AbortSignal.timeout(20_000)]),
  )
  const expected = (await list.text())
    .split('\n')
    .find((line) => line.trim().endsWith(` ${archive}`))
    ?.slice(0, 64)
  if (!expected) throw new Error(`the release's checksum list has no ${archive}`)
  const done = longWork(`fetching k6 ${version} (${archive}, once) …`)
  try {
    const file = path.join(folder, archive)
    const { body } = await get(
      `${base}/v${version}/${archive}`,
      AbortSignal.any([signal, AbortSignal.timeout(600_000)]),
    )
    await pipeline(
      Readable.fromWeb(body as import('node:stream/web').ReadableStream),
      createWriteStream(file),
    )
    const hash = createHash('sha256')
    await pipeline(createReadStream(file), hash)
    if (hash.digest('hex') !== expected) {
      // Not the moment to try another way in silence.
      throw new Failure(
        'environment',
        `${base}/v${version}/${archive}: its checksum is not the one that the release lists; nothing was installed`,
      )
    }
    // Windows' and macOS's tar read .zip too, which is what the release has for them.
    await runFile('tar', ['-xf', archive], { cwd: folder, signal })
    return path.join(
      folder,
      archive.replace(/\.(tar\.gz|zip)$/, ''),
      process.platform === 'win32' ? 'k6.exe' : 'k6',
    )
  } finally {
    done()
  }
}

/** What the release calls its archive for a platform and architecture in Node's words. */
export function releaseArchive(version: string, platform: string, arch: string): string {
  const system = { darwin: 'macos', win32: 'windows' }[platform] ?? platform
  const cpu = { x64: 'amd64' }[arch] ?? arch
  return `k6-v${version}-${system}-${cpu}.${platform === 'linux' ? 'tar.gz' : 'zip'}`
}

async function get(url: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response
}

/** Built by Go from the module file, whose go.sum pins every source. */
const fromGo: Fetch = async (version, folder, environment, signal) => {
  await runFile('go', ['version'], { signal }).catch(() => {
    throw new Error('Go is not installed')
  })
  const done = longWork(`building k6 ${version} with Go (about a minute, once) …`)
  const program = path.join(folder, 'k6')
  try {
    await runFile(
      'go',
      ['build', '-mod=readonly', '-trimpath', '-ldflags', '-s -w', '-o', program, 'go.k6.io/k6/v2'],
      {
        cwd: module,
        env: { ...environment, CGO_ENABLED: '0', GOWORK: 'off' },
        signal,
        maxBuffer: 2 ** 26,
      },
    ).catch((error: Error & { stderr?: string }) => {
      throw new Error(`go build: ${error.stderr?.trim().split('\n').at(-1) || error.message}`)
    })
    return program
  } finally {
    done()
  }
}
