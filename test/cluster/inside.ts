import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

/** What test/cluster/cluster.test.ts says about them. */
export const { CLUSTER_NETNS: netns = '', WORKLOAD_IMAGE: image = '', MINIKUBE: minikube = '' } = process.env
/** What runner/Dockerfile builds. */
export const { RUNNER_IMAGE: runnerImage = 'localhost/load-and-stress-runner:0.1.0' } = process.env

/** Why a test of minutes is skipped, unless CLUSTER_LONG is set. */
export const quick = (why: string): string | false =>
  process.env.CLUSTER_LONG ? false : `${why}: set CLUSTER_LONG`

export const root = path.join(import.meta.dirname, '../..')
export const inside = ['netns', 'exec', netns]
export const run = promisify(execFile)
export const kubectl = async (...args: string[]): Promise<string> =>
  (await run('ip', [...inside, 'kubectl', ...args], { maxBuffer: 2 ** 26 })).stdout

export async function apply(
  out: string,
  objects: readonly object[],
  ...flags: readonly string[]
): Promise<string> {
  const file = path.join(out, 'objects.json')
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
  return kubectl('apply', ...flags, '-f', file)
}

/** A namespace, and in it a program for containers that mount its ConfigMap. */
export const namespaceWith = (namespace: string, program: string): object[] => [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'program', namespace },
    data: { 'main.js': program },
  },
]

/** Writes a kubeconfig for somebody who has the rights of a service account, and no others; gives its file. */
export async function kubeconfigOf(out: string, namespace: string, account: string): Promise<string> {
  const file = path.join(out, `${account}.kubeconfig`)
  await writeFile(file, await kubectl('config', 'view', '--raw', '--flatten', '--minify'))
  const config = ['--kubeconfig', file, 'config']
  const token = await kubectl('-n', namespace, 'create', 'token', account)
  await kubectl(...config, 'set-credentials', account, `--token=${token.trim()}`)
  await kubectl(...config, 'set-context', '--current', `--user=${account}`, `--namespace=${namespace}`)
  return file
}

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** Starts one of our commands on a machine that reaches the nodes, for somebody who stands in `out`. */
export function begin(out: string, args: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn('ip', [...inside, process.execPath, 'runner/bin.js', ...args], {
    cwd: root,
    env: {
      ...process.env,
      INIT_CWD: out,
      LAS_RESULTS_DIR: path.join(out, 'results'),
      PATH: `${path.join(out, 'bin')}:${process.env.PATH}`,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (data) => {
    output.stdout += data
  })
  child.stderr.on('data', (data) => {
    output.stderr += data
  })
  const ended: Promise<Ended> = once(child, 'close').then(([code]) => ({ code, ...output }))
  return {
    output,
    ended,
    running: () => child.exitCode === null && child.signalCode === null,
    interrupt: () => child.kill('SIGINT'),
    kill: () => child.kill('SIGKILL'),
  }
}
