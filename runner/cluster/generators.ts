import { existsSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from 'kubernetes-types/batch/v1.js'
import type { Pod as ApiPod } from 'kubernetes-types/core/v1.js'
import type { ApiPlace } from '../k6/api.ts'
import { generatorPort, keyHeader } from '../k6/served.ts'
import { Failure } from '../shell/exit.ts'
import { start } from '../shell/processes.ts'
import { temporaryFolder } from '../shell/temporary.ts'
import { selectorOf } from './job.ts'
import type { Kubectl } from './kubectl.ts'
import { podOf } from './pods.ts'

/** The pod of one generator. */
export type GeneratorPod = {
  readonly name: string
  readonly index: number
  /** Empty before it is scheduled. */
  readonly node: string
  readonly running: boolean
  /** Whether it has ended, well or not. */
  readonly ended: boolean
  /** What keeps it from running, or how it was lost, in words; null for nothing. */
  readonly problem: string | null
  /** Whether that is a node, which may be on its way. */
  readonly waitsForNode: boolean
  /** Whether its node no longer reports: what it last said of the pod is that it runs. */
  readonly silent: boolean
}

const indexLabel = 'batch.kubernetes.io/job-completion-index'

export async function readGenerators(kubectl: Kubectl, job: string): Promise<GeneratorPod[]> {
  const pods = await kubectl.list<ApiPod>('pods', ...kubectl.inNamespace, '-l', selectorOf(job))
  return pods.map(generatorPodOf)
}

export function generatorPodOf(pod: ApiPod): GeneratorPod {
  const { metadata, status } = pod
  const { name, node, problem, terminating, waitsForNode } = podOf(pod)
  const phase = status?.phase ?? 'Pending'
  const ended = phase === 'Succeeded' || phase === 'Failed'
  const is = (type: string) =>
    status?.conditions?.some((each) => each.type === type && each.status === 'True') ?? false
  return {
    name,
    index: Number(metadata?.labels?.[indexLabel] ?? metadata?.annotations?.[indexLabel] ?? -1),
    node,
    running: phase === 'Running' && !terminating,
    ended,
    problem:
      phase === 'Failed' || terminating
        ? lossOf(pod)
        : ended
          ? null
          : (problem?.replace(/; --patience .*$/, '') ?? null),
    waitsForNode,
    // The control plane takes "Ready" away, and leaves the rest as the node said it.
    silent: phase === 'Running' && is('ContainersReady') && !is('Ready'),
  }
}

/** Why a pod was lost: it was evicted, ran out of memory, its node went away, or somebody deleted it. */
function lossOf({ metadata, status }: ApiPod): string {
  const terminated = status?.containerStatuses?.[0]?.state?.terminated
  const disrupted = status?.conditions?.find(({ type }) => type === 'DisruptionTarget')
  if (terminated?.reason === 'OOMKilled')
    return 'its pod ran out of memory (--generator-memory gives it more)'
  if (status?.reason)
    return `its pod was lost: ${status.reason}${status.message ? ` (${status.message})` : ''}`
  if (disrupted) return `its pod was lost: ${disrupted.message ?? disrupted.reason}`
  if (metadata?.deletionTimestamp) return 'its pod was deleted'
  return `its pod failed${terminated ? ` with exit code ${terminated.exitCode}` : ''}`
}

/** A node may be on its way, but seldom is. */
const nodeWithinMs = 30_000

/** The pods of a Job in the order of their indexes, once all run; a Failure says what keeps one from it. */
export async function runningPods(
  kubectl: Kubectl,
  job: string,
  count: number,
  { signal, withinMs }: { readonly signal: AbortSignal; readonly withinMs: number },
): Promise<GeneratorPod[]> {
  const startMs = performance.now()
  for (;;) {
    const found = await readGenerators(kubectl, job)
    const running = found.filter((pod) => pod.running).sort((a, b) => a.index - b.index)
    if (running.length === count) return running
    const lost = found.find(({ problem }) => problem !== null)
    const passedMs = performance.now() - startMs
    const over = passedMs > withinMs
    if (signal.aborted) throw new Failure('interrupted', 'interrupted before the load started')
    if (lost?.problem && (passedMs > nodeWithinMs || !lost.waitsForNode))
      throw new Failure('environment', `a generator does not start: ${lost.problem}; nothing was loaded`)
    if (over)
      throw new Failure(
        'environment',
        found.length < count
          ? `the job ${job} got ${found.length} of ${count} pods; does a quota or a policy forbid them? Nothing was loaded`
          : `${count - running.length} of ${count} generators did not start in time; nothing was loaded`,
      )
    await sleep(500, undefined, { signal }).catch(() => {})
  }
}

export async function createJob(kubectl: Kubectl, job: Job): Promise<void> {
  const folder = temporaryFolder()
  try {
    const file = path.join(folder, 'job.json')
    await writeFile(file, JSON.stringify(job))
    await kubectl.run('create', '-f', file, ...kubectl.inNamespace)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Removes a Job with its pods; `words` says what is left where that fails. */
export async function deleteJob(kubectl: Kubectl, job: string): Promise<string | null> {
  const gone = ['--ignore-not-found', '--cascade=foreground', '--wait=true', '--timeout=30s']
  return kubectl.run('delete', 'job', job, ...kubectl.inNamespace, ...gone).then(
    () => null,
    (error: Error) =>
      `could not delete the job ${job} in the namespace ${kubectl.namespace}, which goes away a minute after its end: ${error.message}`,
  )
}

const logWaitMs = 2000

/**
 * What a generator printed; empty where its pod is gone.
 * @param logTries for an API server that does not answer for a while
 */
export async function logOf(kubectl: Kubectl, pod: string, logTries: number): Promise<string> {
  for (let tries = 1; ; tries++) {
    const log = await kubectl.run('logs', pod, ...kubectl.inNamespace).catch((error: Error) => error)
    if (typeof log === 'string') return log
    if (/not found/i.test(log.message) || tries === logTries || kubectl.shell.urgent.aborted) return ''
    await sleep(logWaitMs, undefined, { signal: kubectl.shell.urgent }).catch(() => {})
  }
}

const proxyWithinMs = 10_000

/**
 * A way to the generators through the API server, which needs no right but pods/proxy: kubectl keeps it behind a socket
 * that only this user can open.
 */
export async function wayTo(
  kubectl: Kubectl,
  job: string,
  key: string,
): Promise<{ to(pod: string): ApiPlace; close(): Promise<void> }> {
  const folder = temporaryFolder()
  const socketPath = path.join(folder, 'api')
  const pods = `/api/v1/namespaces/${kubectl.namespace}/pods`
  const only = `^${pods}/${job}-[^/]+/proxy/`
  const { child, ended, end } = start(
    'kubectl',
    ['proxy', ...kubectl.inContext, `--unix-socket=${socketPath}`, `--accept-paths=${only}`],
    { env: kubectl.shell.env, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  child.stderr?.on('data', (text) => {
    said += text
  })
  let over = false
  ended
    .catch(() => {})
    .finally(() => {
      over = true
    })
  const close = async () => {
    await end()
    rmSync(folder, { recursive: true, force: true })
  }
  for (const until = performance.now() + proxyWithinMs; !existsSync(socketPath); await sleep(50))
    if (over || performance.now() > until) {
      await close()
      throw new Failure('environment', `kubectl proxy does not start: ${said.trim() || 'it says nothing'}`)
    }
  return {
    to: (pod) => ({
      socketPath,
      prefix: `${pods}/${pod}:${generatorPort}/proxy`,
      headers: { [keyHeader]: key },
    }),
    close,
  }
}
