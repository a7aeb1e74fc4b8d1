import path from 'node:path'
import { bundleWorkload } from '../../workload/build.ts'
import { Failure } from '../shell/exit.ts'
import { start } from '../shell/processes.ts'
import type { Shell } from '../shell/shell.ts'
import { observeUrl } from './insight.ts'
import { nearbyOnly } from './reach.ts'
import type { Target } from './target.ts'
import { watchTree } from './tree-usage.ts'

const root = path.join(import.meta.dirname, '../..')

/**
 * The bundled workload, started here until `restore`.
 * @param replicas processes behind one port, each with one work thread; default: one process, as in the image
 * @param env variables of its processes
 * @param unitsPerMs pins the work of a request; default: the workload calibrates itself
 */
export async function embeddedTarget(
  shell: Pick<Shell, 'env' | 'signal'>,
  options: {
    readonly replicas?: number | undefined
    readonly unitsPerMs?: number | undefined
    readonly env?: Readonly<Record<string, string>> | undefined
  } = {},
): Promise<Target> {
  const { unitsPerMs } = options
  const pinned = unitsPerMs === undefined ? {} : { WORK_UNITS_PER_MS: String(unitsPerMs) }
  let env = { ...shell.env, ...pinned, ...options.env }
  let replicas = options.replicas
  let workload = await startWorkload(env, replicas, shell.signal)
  return {
    get url() {
      return new URL(workload.url)
    },
    reach: nearbyOnly,
    isOurs: async () => true,
    async vary(levels) {
      const fixed = (['image', 'cpu', 'memory'] as const).find((name) => levels[name] !== undefined)
      if (fixed)
        throw new Failure(
          'usage',
          `the workload started here has no ${fixed} to change; only a deployment on a cluster has`,
        )
      if (levels.replicas === undefined && !levels.env) return
      await workload.stop()
      replicas = levels.replicas ?? options.replicas
      env = { ...shell.env, ...pinned, ...options.env, ...levels.env }
      workload = await startWorkload(env, replicas, shell.signal)
    },
    async observe() {
      const way = { reach: nearbyOnly, embedded: true, replicas: replicas ?? null }
      const observation = await observeUrl(new URL(workload.url), way)
      return { ...observation, watchUsage: () => watchTree(workload.pid) }
    },
    restore: () => workload.stop().then(() => true),
  }
}

export type Embedded = { readonly url: string; readonly pid: number; stop(): Promise<void> }

/** Longer than any machine takes to start and calibrate some replicas. */
const startMs = 60_000

/**
 * Starts the workload on a free loopback port, as several processes behind it where `replicas` is given. Its address
 * arrives as a message, whatever it prints or logs.
 */
export async function startWorkload(
  environment: NodeJS.ProcessEnv,
  replicas?: number,
  signal?: AbortSignal,
): Promise<Embedded> {
  // A single instance is the image's program: it starts in half the time, without a loader's thread.
  const program = replicas ? '' : await bundleWorkload()
  const args = replicas ? ['--import', 'tsx', 'workload/replicas.ts', String(replicas)] : ['-']
  const { child, pid, ended, end } = start(process.execPath, args, {
    cwd: root,
    env: { ...environment, HOST: '127.0.0.1', PORT: '0' },
    stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
  })
  child.stdin?.on('error', () => {}).end(program)
  let complaints = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    // What it says while it is loaded may be long, and nobody asks for it.
    complaints = `${complaints}${text}`.slice(0, 2000)
  })
  const given = AbortSignal.any([AbortSignal.timeout(startMs), ...(signal ? [signal] : [])])
  const url = await Promise.race([
    new Promise<string>((resolve) =>
      child.on('message', ({ url }: { url?: string }) => url !== undefined && resolve(url)),
    ),
    ended.then(() => undefined),
    new Promise<undefined>((resolve) => {
      if (given.aborted) resolve(undefined)
      given.addEventListener('abort', () => resolve(undefined))
    }),
  ])
  // Nobody but us sends it requests: what it still waits for after two seconds is a connection of our own.
  if (url) return { url, pid: pid ?? 0, stop: () => end() }
  await end()
  if (signal?.aborted) throw new Failure('interrupted', 'interrupted before the load started')
  const why = complaints.trim().replaceAll('\n', ' ') || 'it printed nothing'
  throw new Failure(
    'environment',
    `the bundled workload did not start${given.aborted ? ` within ${startMs / 1000} s` : ''}: ${why}`,
  )
}
