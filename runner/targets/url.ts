import { spawn } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Run } from '../../analysis/formats/run.ts'
import { bundleWorkload } from '../../workload/build.ts'
import type { PlannedRequest } from '../load/data.ts'
import { Failure } from '../shell/exit.ts'
import { exited, guard } from '../shell/processes.ts'

const root = path.join(import.meta.dirname, '../..')

export type Embedded = { readonly url: string; readonly pid: number; stop(): Promise<void> }

/** Starts the workload on a free loopback port; as several processes behind it, if so many are wanted. */
export async function startWorkload(environment: NodeJS.ProcessEnv, replicas?: number): Promise<Embedded> {
  // One is the program that the image holds, which starts in half the time and has no loader's thread beside it.
  const program = replicas ? '' : await bundleWorkload()
  const args = replicas ? ['--import', 'tsx', 'workload/replicas.ts', String(replicas)] : ['-']
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...environment, HOST: '127.0.0.1', PORT: '0' },
    stdio: ['pipe', 'pipe', 'pipe'],
    // It must outlive Ctrl-C until k6 has let go of it.
    detached: process.platform !== 'win32',
  })
  const ended = exited(child)
  const watched = child.pid ? guard(child.pid) : undefined
  child.stdin.on('error', () => {}).end(program)
  const complaints: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line))
  const url = await Promise.race([
    new Promise<string>((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) =>
        resolve((JSON.parse(line) as { url: string }).url),
      )
    }),
    ended.then(() => undefined),
  ])
  if (!url) {
    watched?.release()
    throw new Failure(
      'environment',
      `the embedded workload did not start: ${complaints.join(' ') || 'it said nothing'}`,
    )
  }
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM')
      await ended
      watched?.release()
    },
  }
}

const nearby = new BlockList()
nearby.addSubnet('127.0.0.0', 8)
nearby.addSubnet('10.0.0.0', 8)
nearby.addSubnet('172.16.0.0', 12)
nearby.addSubnet('192.168.0.0', 16)
nearby.addAddress('::1', 'ipv6')
nearby.addSubnet('fc00::', 7, 'ipv6')

/** Whether an address is loopback or private: one that load may be sent to without being asked twice. */
export const isNearby = (address: string): boolean =>
  nearby.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** The base URL, checked; a host that is neither loopback nor private is refused unless that is allowed. */
export async function checkTarget(text: string, allowPublic: boolean): Promise<URL> {
  const url = parse(text)
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new Failure(
      'usage',
      `--url: "${text}" is not an http or https address such as http://127.0.0.1:8080`,
    )
  }
  if (url.search || url.hash)
    throw new Failure('usage', `--url: "${text}" has a query; give the base there and the rest to --path`)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = await lookup(host, { all: true }).catch(() => {
    throw new Failure('environment', `${host}: no such host; is the name right?`)
  })
  const far = addresses.find(({ address }) => !isNearby(address))
  if (far && !allowPublic) {
    throw new Failure(
      'usage',
      `${host} is ${far.address}, neither loopback nor private: a load test of it needs its owner's consent, and --allow-public`,
    )
  }
  return url
}

function parse(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}

/** Without user, password and query, for reports. */
export const shownUrl = (url: URL): string => `${url.origin}${url.pathname}`.replace(/\/$/, '')

/** What is to be asked of a target, and the statuses, from and to, that are no failure. */
export type Asked = PlannedRequest & {
  readonly method: string
  readonly expected: readonly (readonly [number, number])[]
}

/** One request before the load: a target that does not answer as it should is told about instead of loaded. */
export async function probe(base: string, asked: Asked, signal: AbortSignal): Promise<void> {
  const { url, headers } = withCredentials(base + asked.path)
  const response = await fetch(url, {
    method: asked.method,
    body: asked.body,
    headers: { ...headers, ...asked.headers },
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
  }).catch((error: Error & { cause?: NodeJS.ErrnoException }) => {
    if (signal.aborted) throw new Failure('interrupted', 'interrupted before the load began')
    throw new Failure(
      'environment',
      `${shownUrl(url)} does not answer (${words(error)}); is the service running there?`,
    )
  })
  await response.body?.cancel()
  if (asked.expected.some(([from, to]) => response.status >= from && response.status <= to)) return
  const to = response.headers.get('location')
  if (to)
    throw new Failure('environment', `${shownUrl(url)} redirects to ${to}; point --url and --path there`)
  const advice: Record<number, string> = {
    401: '; STRESS_TOKEN is for a workload that asks for a token, TARGET_TOKEN for your own service with --path, a user and password go into --url',
    404: '; --path names what your own service should be asked for',
  }
  throw new Failure(
    'environment',
    `${shownUrl(url)} answers ${response.status}, a load needs 2xx or what --expect-status names${advice[response.status] ?? ''}`,
  )
}

function words(error: Error & { cause?: NodeJS.ErrnoException }): string {
  const codes: Record<string, string> = {
    ECONNREFUSED: 'connection refused',
    ECONNRESET: 'connection reset',
    EHOSTUNREACH: 'host unreachable',
    UND_ERR_SOCKET: 'connection closed',
  }
  if (error.name === 'TimeoutError') return 'no answer within 30 s'
  return codes[error.cause?.code ?? ''] ?? error.cause?.message ?? error.message
}

// fetch refuses URLs that carry a user; k6 sends them as basic authentication.
function withCredentials(address: string): { url: URL; headers: Record<string, string> } {
  const url = new URL(address)
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  url.username = ''
  url.password = ''
  return {
    url,
    headers: user === ':' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` },
  }
}

type Insight = {
  readonly instance: string
  readonly served: number
  readonly workload: NonNullable<Run['target']['workload']>
}

type Said = Omit<Insight['workload'], 'cpuCores' | 'memoryMiB' | 'unitsPerMs'> & {
  readonly service: string
  readonly instance: string
  readonly limits: { readonly cpuCores: number; readonly memoryMiB: number }
  readonly work: { readonly served: number; readonly unitsPerMs: number }
}

/** What our own workload says of itself; null when the target is some other service. */
export async function insight(base: string): Promise<Insight | null> {
  try {
    const { url, headers } = withCredentials(`${base.replace(/\/+$/, '')}/insight`)
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(5000) })
    const said = (await response.json()) as Said
    if (said.service !== 'load-and-stress') return null
    const { version, host, pod, namespace, node, limits, work } = said
    return {
      instance: said.instance,
      served: work.served,
      workload: { version, host, pod, namespace, node, ...limits, unitsPerMs: work.unitsPerMs },
    }
  } catch {
    return null
  }
}
