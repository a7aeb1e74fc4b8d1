import path from 'node:path'
import { createInterface } from 'node:readline'
import { bundleWorkload } from '../../workload/build.ts'
import { Failure } from '../shell/exit.ts'
import { start } from '../shell/processes.ts'
import type { Shell } from '../shell/shell.ts'
import { observeUrl } from './insight.ts'
import { nearbyOnly } from './reach.ts'
import type { Target } from './target.ts'

const root = path.join(import.meta.dirname, '../..')

/**
 * The bundled workload, started here until `restore`.
 * @param replicas processes behind one port, each with one work thread; default: one process, as in the image
 * @param unitsPerMs pins the work of a request; default: the workload calibrates itself
 */
export async function embeddedTarget(
  shell: Pick<Shell, 'env'>,
  options: { readonly replicas?: number | undefined; readonly unitsPerMs?: number | undefined } = {},
): Promise<Target> {
  const { unitsPerMs } = options
  const env = unitsPerMs === undefined ? shell.env : { ...shell.env, WORK_UNITS_PER_MS: String(unitsPerMs) }
  let replicas = options.replicas
  let workload = await startWorkload(env, replicas)
  return {
    get url() {
      return new URL(workload.url)
    },
    reach: nearbyOnly,
    isOurs: async () => true,
    async vary(levels) {
      if (levels.image !== undefined)
        throw new Failure('usage', 'the workload started here has no image to change; images need --cluster')
      if (levels.replicas === undefined) return
      await workload.stop()
      replicas = levels.replicas
      workload = await startWorkload(env, replicas)
    },
    observe: () =>
      observeUrl(new URL(workload.url), { reach: nearbyOnly, embedded: true, replicas: replicas ?? null }),
    restore: () => workload.stop(),
  }
}

export type Embedded = { readonly url: string; readonly pid: number; stop(): Promise<void> }

/** Starts the workload on a free loopback port, as several processes behind it where `replicas` is given. */
export async function startWorkload(environment: NodeJS.ProcessEnv, replicas?: number): Promise<Embedded> {
  // A single instance is the image's program: it starts in half the time, without a loader's thread.
  const program = replicas ? '' : await bundleWorkload()
  const args = replicas ? ['--import', 'tsx', 'workload/replicas.ts', String(replicas)] : ['-']
  const { child, pid, ended } = start(process.execPath, args, {
    cwd: root,
    env: { ...environment, HOST: '127.0.0.1', PORT: '0' },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin?.on('error', () => {}).end(program)
  const complaints: string[] = []
  const onLine = (stream: NodeJS.ReadableStream | null, read: (line: string) => void) =>
    stream && createInterface({ input: stream }).on('line', read)
  onLine(child.stderr, (line) => complaints.push(line))
  const url = await Promise.race([
    new Promise<string>((resolve) =>
      onLine(child.stdout, (line) => resolve((JSON.parse(line) as { url: string }).url)),
    ),
    ended.then(() => undefined),
  ])
  if (!url)
    throw new Failure(
      'environment',
      `the bundled workload did not start: ${complaints.join(' ') || 'it printed nothing'}`,
    )
  return {
    url,
    pid: pid ?? 0,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
