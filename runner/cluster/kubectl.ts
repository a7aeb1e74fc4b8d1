import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { issueWords } from '../../analysis/formats/json.ts'
import { Failure } from '../shell/exit.ts'
import { capture, printedJson } from '../shell/processes.ts'
import type { Shell } from '../shell/shell.ts'
import { objects } from './objects.ts'

/** kubectl for a kube context and a namespace. Every failure is a `Failure` with one sentence. */
export type Kubectl = {
  readonly shell: Pick<Shell, 'env' | 'say' | 'urgent'>
  readonly namespace: string
  /** What selects the namespace. */
  readonly inNamespace: readonly string[]
  /** What selects the context, for commands that are started elsewhere. */
  readonly inContext: readonly string[]
  /** The name of the context; null inside a cluster, where there is none. */
  currentContext(): Promise<string | null>
  /** When the API server last did not answer and was waited for, of performance.now(); -Infinity for never. */
  awayAt(): number
  /** Runs kubectl and returns what it printed to stdout. */
  run(...args: readonly string[]): Promise<string>
  /** The objects of a resource, in the whole cluster unless the arguments select some. */
  list<Item>(resource: string, ...args: readonly string[]): Promise<Item[]>
}

type Options = {
  /** Default: the current one. */
  readonly context?: string | undefined
  readonly namespace: string
  /** For long work: repeats what is safe to repeat while the API server does not answer, for at most this long (0). */
  readonly patienceMs?: number
}

const noAnswer = 'the API server does not answer'
const notAllowed = 'the cluster does not allow it'
// A patch of ours says what shall be, not by how much it changes.
const repeatable = ['get', 'scale', 'patch', 'top', 'config']

/** Whether a command of kubectl failed for a missing right. */
export const isMissingRight = ({ message }: Error): boolean => message.startsWith(notAllowed)

export function kubectlOf(shell: Kubectl['shell'], { context, namespace, patienceMs = 0 }: Options): Kubectl {
  const inContext = context === undefined ? [] : [`--context=${context}`]
  let awayAtMs = -Infinity
  async function run(...args: readonly string[]): Promise<string> {
    const startMs = performance.now()
    let ready = false
    for (let waitMs = 1000; ; waitMs = Math.min(2 * waitMs, 10_000)) {
      try {
        return await once(shell, [...inContext, ...args])
      } catch (error) {
        const { message } = error as Error
        const over = performance.now() - startMs + waitMs > patienceMs
        const safe = repeatable.includes(args[0] ?? '') && !shell.urgent.aborted
        if (over || !safe) throw error
        const answered = !message.startsWith(noAnswer)
        if (answered && ready) throw error
        // It may have become ready since it said that: asked once more.
        ready = answered && (await isReady())
        if (ready) continue
        shell.say(`${message}; retrying in ${waitMs / 1000} s`)
        await sleep(waitMs, undefined, { signal: shell.urgent }).catch(() => {})
        awayAtMs = performance.now()
      }
    }
  }
  /**
   * Whether the API server serves, by exit code and reason alone: while it starts, it may refuse for other reasons. It
   * may keep /readyz from us (https://kubernetes.io/docs/reference/using-api/health-checks/).
   */
  const isReady = () =>
    once(shell, [...inContext, 'get', '--raw', '/readyz']).then(() => true, isMissingRight)
  async function list<Item>(resource: string, ...args: readonly string[]): Promise<Item[]> {
    const text = await run('get', resource, ...args, '-o', 'json')
    const json = printedJson(`kubectl get ${resource}`, text)
    const parsed = z.object({ items: z.array(objects[resource] ?? z.unknown()) }).safeParse(json)
    if (parsed.success) return (json as { items: Item[] }).items
    throw new Failure(
      'environment',
      `kubectl get ${resource} printed no list of them (${issueWords(parsed.error)}); does it run by itself?`,
    )
  }
  return {
    shell,
    run,
    list,
    namespace,
    inNamespace: ['-n', namespace],
    inContext,
    awayAt: () => awayAtMs,
    currentContext: () =>
      context === undefined
        ? run('config', 'current-context').then(
            (text) => text.trim(),
            () => null,
          )
        : Promise.resolve(context),
  }
}

const limitMs = 20_000

async function once({ env, urgent }: Kubectl['shell'], args: readonly string[]): Promise<string> {
  // Given a time limit, kubectl does not look for the service account of the pod that it runs in (kubernetes/kubernetes#93474).
  const inPod = env.KUBERNETES_SERVICE_HOST !== undefined && !env.KUBECONFIG
  const { code, signal, stdout, stderr } = await capture(
    'kubectl',
    inPod ? args : [`--request-timeout=${limitMs / 1000}s`, ...args],
    { env, ...(inPod && { timeoutMs: limitMs }) },
  ).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(
      'environment',
      error.code === 'ENOENT'
        ? 'kubectl is not installed; install it to reach a cluster (https://kubernetes.io/docs/tasks/tools/)'
        : `kubectl cannot be started: ${error.message}`,
    )
  })
  if (code === 0) return stdout
  if (signal && urgent.aborted) throw new Failure('interrupted', `interrupted while kubectl ${args[0]} ran`)
  const ended =
    signal && inPod ? `context deadline exceeded: ${limitMs / 1000} s` : `ended with ${code ?? signal}`
  throw new Failure('environment', failureOf(args, stderr.trim() || ended))
}

// Of the API's own reasons, those that pass by themselves
// (https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1#StatusReason).
const passing = ['ServiceUnavailable', 'ServerTimeout', 'Timeout', 'TooManyRequests']

/** The sentence for a failed kubectl command, from what it printed to stderr: by the API's reason where it gives one. */
export function failureOf(args: readonly string[], stderr: string): string {
  // kubectl also prints lines of its log, such as "E1125 23:05:06 …", and "See 'kubectl … --help'".
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !/^([EWI]\d{4} |See ')/.test(line))
  const said = (lines.at(-1) ?? stderr).trim()
  const [, reason = /\(Unauthorized\)$/.exec(said) && 'Unauthorized'] =
    /^Error from server \((\w+)\): /i.exec(said) ?? []
  const last = said.replace(/^error( from server( \(\w+\))?)?: /i, '')
  const away = `${noAnswer} (${last}); is the cluster running?`
  if (reason === 'Forbidden') return `${notAllowed}: ${last}`
  if (reason === 'Unauthorized') return `${notAllowed}: ${last}; has the login of this kube context expired?`
  if (reason) return passing.includes(reason) ? away : `kubectl ${args.join(' ')}: ${last}`
  const prints = (pattern: RegExp) => pattern.test(stderr)
  if (prints(/current-context is not set|no configuration has been provided|localhost:8080 was refused/i))
    return 'there is no current kube context; "kubectl config get-contexts" lists contexts, "npm run cluster:up" creates one'
  if (
    prints(
      /was refused|connection refused|connection reset|connection lost|\bEOF\b|no such host|no route to host|network is unreachable|i\/o timeout|handshake timeout|Unable to connect|context deadline|Client\.Timeout|apiserver (not ready|is shutting down)|etcdserver: /i,
    )
  )
    return away
  return `kubectl ${args.join(' ')}: ${last}`
}
