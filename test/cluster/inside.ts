import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { promisify } from 'node:util'

/** What test/cluster/cluster.test.ts says about them. */
export const { CLUSTER_NETNS: netns = '', WORKLOAD_IMAGE: image = '', MINIKUBE: minikube = '' } = process.env

export const root = path.join(import.meta.dirname, '../..')
export const inside = ['netns', 'exec', netns]
export const run = promisify(execFile)
export const kubectl = async (...args: string[]): Promise<string> =>
  (await run('ip', [...inside, 'kubectl', ...args], { maxBuffer: 2 ** 26 })).stdout

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
