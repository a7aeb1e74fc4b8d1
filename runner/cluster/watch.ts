import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { start } from '../shell/processes.ts'
import type { Deployed } from './deployed.ts'

/** `at` in ms since the epoch. */
export type ReplicaChange = { readonly at: number; readonly wanted: number; readonly ready: number }

/**
 * Records every change of the deployment's replicas until it is stopped, anew where an API server that went away ended
 * the watch; empty where kubectl fails.
 */
export function watchReplicas({ kubectl, resource }: Deployed): { stop(): readonly ReplicaChange[] } {
  const changes: ReplicaChange[] = []
  const output = 'jsonpath={.spec.replicas} {.status.readyReplicas}{"\\n"}'
  const { inContext, inNamespace, shell } = kubectl
  const args = ['get', ...inContext, ...inNamespace, resource, '--watch', '-o', output]
  const stopped = new AbortController()
  const watch = async () => {
    while (!stopped.signal.aborted && !shell.urgent.aborted) {
      const { child, ended } = start('kubectl', args, { env: shell.env, stdio: ['ignore', 'pipe', 'ignore'] })
      const kill = () => void child.kill()
      stopped.signal.addEventListener('abort', kill)
      if (child.stdout)
        createInterface({ input: child.stdout }).on('line', (line) => {
          const [wanted = 0, ready = 0] = line.split(' ').map(Number)
          const last = changes.at(-1)
          if (last?.wanted !== wanted || last.ready !== ready) changes.push({ at: Date.now(), wanted, ready })
        })
      await ended.catch(() => null)
      stopped.signal.removeEventListener('abort', kill)
      await sleep(1000, undefined, { signal: stopped.signal, ref: false }).catch(() => {})
    }
  }
  // Nothing can be watched where no process starts.
  watch().catch(() => {})
  return {
    stop() {
      stopped.abort()
      return changes
    },
  }
}
