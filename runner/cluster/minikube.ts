import path from 'node:path'
import { Failure } from '../shell/exit.ts'
import { capture, start } from '../shell/processes.ts'
import type { Shell } from '../shell/shell.ts'
import type { Kubectl } from './kubectl.ts'

const root = path.join(import.meta.dirname, '../..')

/** Runs minikube in the project's folder; people see its progress. */
export async function minikube({ env }: Pick<Shell, 'env'>, ...args: readonly string[]): Promise<void> {
  const { ended } = start('minikube', args, { env, stdio: ['ignore', 2, 2], cwd: root })
  const { code, signal } = await ended.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    throw new Failure(
      'environment',
      'minikube is not installed (https://minikube.sigs.k8s.io/docs/start/); to use another cluster, make it the current kube context',
    )
  })
  if (code !== 0)
    throw new Failure('environment', `minikube ${args[0]} ended with ${code ?? signal}; see its output above`)
}

/** The minikube profile behind the current context; null for any other cluster, or without minikube. */
export async function minikubeProfile({ currentContext, shell: { env } }: Kubectl): Promise<string | null> {
  const context = await currentContext()
  if (context === null) return null
  try {
    const { stdout } = await capture('minikube', ['profile', 'list', '-o', 'json'], { env })
    const { valid } = JSON.parse(stdout) as { valid?: { Name: string }[] }
    return valid?.some(({ Name }) => Name === context) ? context : null
  } catch {
    return null
  }
}
