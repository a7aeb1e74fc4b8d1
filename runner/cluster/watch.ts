import { createInterface } from 'node:readline'
import { start } from '../shell/processes.ts'
import type { Deployed } from './deployed.ts'

/** `at` in ms since the epoch. */
export type ReplicaChange = { readonly at: number; readonly wanted: number; readonly ready: number }

/** Records every change of the deployment's replicas until it is stopped; empty where kubectl fails. */
export function watchReplicas({ kubectl, resource }: Deployed): { stop(): readonly ReplicaChange[] } {
  const changes: ReplicaChange[] = []
  const output = 'jsonpath={.spec.replicas} {.status.readyReplicas}{"\\n"}'
  const { inContext, inNamespace, shell } = kubectl
  const args = ['get', ...inContext, ...inNamespace, resource, '--watch', '-o', output]
  const { child } = start('kubectl', args, {
    env: shell.env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [wanted = 0, ready = 0] = line.split(' ').map(Number)
      const last = changes.at(-1)
      if (last?.wanted !== wanted || last.ready !== ready) changes.push({ at: Date.now(), wanted, ready })
    })
  return {
    stop() {
      child.kill()
      return changes
    },
  }
}
