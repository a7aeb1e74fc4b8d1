import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Failure } from '../shell/exit.ts'
import { say } from '../shell/progress.ts'

const runFile = promisify(execFile)

type Said = Error & { code?: string | number; stdout?: string; stderr?: string }

/** What a program of the cluster's printed; its own words are kept when it fails. */
async function printed(program: 'kubectl' | 'minikube', args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await runFile(program, args, { maxBuffer: 2 ** 27 })
    return stdout
  } catch (error) {
    const { code, message, stderr } = error as Said
    if (code === 'ENOENT') throw new Failure('environment', notInstalled[program])
    throw new Failure('environment', meaning(program, args, (stderr ?? '').trim() || message))
  }
}

export const notInstalled = {
  kubectl:
    'kubectl is not installed (https://kubernetes.io/docs/tasks/tools/), and a cluster is only reached through it',
  minikube:
    'minikube is not installed (https://minikube.sigs.k8s.io/docs/start/); with another cluster, make it the current kube context',
}

const silent = 'the API server does not answer'

function meaning(program: string, args: readonly string[], said: string): string {
  const lines = said.split('\n').map((line) => line.replace(/^error: |^Error from server /i, '').trim())
  const last = lines.findLast((line) => line !== '' && !/^[EWI]\d{4} /.test(line)) ?? said
  if (
    /current-context is not set|no configuration has been provided|localhost:8080 was refused/i.test(said)
  ) {
    return 'there is no current kube context; "kubectl config get-contexts" lists those there are, "npm run cluster:up" makes one'
  }
  if (/forbidden/i.test(said)) return `the cluster does not allow it: ${last}`
  if (
    /was refused|no such host|i\/o timeout|TLS handshake timeout|Unable to connect|context deadline/i.test(
      said,
    )
  )
    return `${silent} (${last}); is the cluster running?`
  return `${program} ${args.join(' ')}: ${last}`
}

let attempts = 1

/** From now on a silent API server is asked again for a while, whatever can be asked twice: for long work. */
export function bePatient(): void {
  attempts = 6
}

/** Output of kubectl for the current context. */
export async function kubectl(...args: string[]): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await printed('kubectl', ['--request-timeout=20s', ...args])
    } catch (error) {
      const again = attempt < attempts && ['get', 'scale', 'top', 'config'].includes(args[0] ?? '')
      if (!again || !(error as Error).message.startsWith(silent)) throw error
      const seconds = 2 ** (attempt - 1)
      say(`${(error as Error).message}; asking again in ${seconds} s`)
      await sleep(1000 * seconds)
    }
  }
}

// biome-ignore lint/suspicious/noExplicitAny: objects of the API, of which each reader knows its part
export async function kubeObject(...args: string[]): Promise<any> {
  return JSON.parse(await kubectl('get', ...args, '-o', 'json'))
}

export const minikube = (...args: string[]): Promise<string> => printed('minikube', args)

/** The minikube profile behind the current context; null for any other cluster, or without minikube. */
export async function minikubeProfile(): Promise<string | null> {
  const context = (await kubectl('config', 'current-context')).trim()
  try {
    const { valid } = JSON.parse(await minikube('profile', 'list', '-o', 'json')) as {
      valid?: { Name: string }[]
    }
    return valid?.some(({ Name }) => Name === context) ? context : null
  } catch {
    return null
  }
}
