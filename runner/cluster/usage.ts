import { setTimeout as sleep } from 'node:timers/promises'
import type { Pod as ApiPod } from 'kubernetes-types/core/v1.js'
import { parseResources } from '../../analysis/formats/resources.ts'
import { type PodLook, podsUsed, type Watched } from '../../analysis/run/pod-usage.ts'
import type { Deployed } from './deployed.ts'
import { isMissingRight, kubectlOf } from './kubectl.ts'
import { addCadvisor, addPodMetrics, Readings } from './readings.ts'

// The kubelet's cAdvisor itself looks every 10 to 20 s, with the exact time of each look.
const everyMs = 5000
const mostWaitMs = 20_000
/** A shorter load is not waited for: the next look would be mostly of the time after it. */
const worthWaitingMs = 10_000

export type PodWatch = {
  /** What is known so far. */
  seen(): Watched
  /** The last look; waits for what the kubelet says of at least half of a load of 10 s or more. Never fails. */
  finish(load: { readonly startedAt: Date; readonly endedAt: Date }): Promise<Watched>
}

/** Where else it can be read: a Prometheus. */
export type Elsewhere = {
  /** Adds what the pods use; false where it does not know them. */
  add(of: {
    readonly namespace: string
    readonly pods: readonly string[]
    readonly into: Readings
    readonly nodes: Readings
    readonly cores: Map<string, number>
  }): Promise<boolean>
  /** The values of the user's own queries, and what is wrong with those that have none. */
  observed(
    from: number,
    to: number,
  ): Promise<{ readonly found: Watched['observed']; readonly wrong: string[] }>
}

/** Watches what the pods of a deployment use, as far as the rights go: never fails, and says what is unknown. */
export async function watchPods(deployed: Deployed, elsewhere: Elsewhere | null = null): Promise<PodWatch> {
  const { named, selector } = deployed
  const { namespace, shell } = deployed.kubectl
  const kubectl = kubectlOf(shell, { context: named.context, namespace })
  const [pods, nodes] = [new Readings(), new Readings()]
  const cores = new Map<string, number>()
  const looks: { at: number; pods: PodLook[] }[] = []

  const look = async () => {
    const found = await kubectl.list<ApiPod>('pods', ...kubectl.inNamespace, '-l', selector)
    looks.push({ at: Date.now(), pods: found.map(podLook) })
  }
  const fromKubelets = async () => {
    const names = new Set(looks.at(-1)?.pods.flatMap(({ node }) => node || []))
    await Promise.all(
      [...names].map(async (node) => {
        const text = await kubectl.run('get', '--raw', `/api/v1/nodes/${node}/proxy/metrics/cadvisor`)
        const found = addCadvisor(text, { namespace, node, pods, nodes })
        if (found === null) throw new Error(`${node} says nothing of its cores`)
        cores.set(node, found)
      }),
    )
    return null
  }
  const fromMetrics = async () => {
    const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`
    const longest = addPodMetrics(await kubectl.run('get', '--raw', path), pods)
    if (longest === null) throw new Error('no pod in it')
    return `CPU and memory of the pods are from metrics.k8s.io, means of ${Math.ceil(longest)} s: throttled periods and nodes may not be seen (they need the right to get nodes/proxy).`
  }

  const fromElsewhere = async () => {
    const names = looks.at(-1)?.pods.map(({ name }) => name) ?? []
    if (await elsewhere?.add({ namespace, pods: names, into: pods, nodes, cores })) return null
    throw new Error('it knows none of the pods')
  }

  await look().catch(() => {})
  const sources: (readonly [NonNullable<Watched['source']>, () => Promise<string | null>])[] = [
    ...(elsewhere ? [['Prometheus', fromElsewhere] as const] : []),
    ['kubelet', fromKubelets],
    ['metrics.k8s.io', fromMetrics],
  ]
  const failures: string[] = []
  let found: { source: Watched['source']; note: string | null; read(): Promise<unknown> } | null = null
  for (const [source, read] of sources) {
    if (found) break
    try {
      found = { source, note: await read(), read }
    } catch (error) {
      failures.push(why(error as Error))
      if (source === 'Prometheus') shell.say(`Prometheus does not say what the pods use${failures.at(-1)}`)
    }
  }
  const { source, note, read } = found ?? {
    source: null,
    note: `What the pods used is unknown: neither the kubelets (nodes/proxy) nor metrics.k8s.io may be read${failures.at(-1)}.`,
    read: async () => {},
  }
  let observed: Watched['observed'] = []
  let wrong: string[] = []
  const both = async () => {
    await look().catch(() => {})
    await read().catch(() => {})
  }
  let busy: Promise<void> | null = null
  // A look that takes longer than the time between two must not make a queue.
  const timer = setInterval(() => {
    busy ??= both().finally(() => {
      busy = null
    })
  }, everyMs).unref()
  const seen = (): Watched => ({
    source,
    note: [note ?? [], wrong].flat().join(' ') || null,
    pods: pods.all(),
    nodes: nodes.all(),
    cores,
    looks,
    observed,
  })
  return {
    seen,
    async finish({ startedAt, endedAt }) {
      clearInterval(timer)
      await busy
      await both()
      const [start, end] = [startedAt.getTime(), endedAt.getTime()]
      while (
        end - start >= worthWaitingMs &&
        Date.now() - end < mostWaitMs &&
        !deployed.kubectl.shell.urgent.aborted &&
        source !== null &&
        !known(seen(), start, end)
      ) {
        await sleep(1000)
        await both()
      }
      const own = await elsewhere?.observed(start, end)
      observed = own?.found ?? []
      wrong = own?.wrong ?? []
      return seen()
    },
  }
}

/** Whether CPU of every pod that is there is known of most of a load. */
function known(watched: Watched, from: number, to: number): boolean {
  const used = podsUsed(watched, from, to).pods
  return (watched.looks.at(-1)?.pods ?? []).every(({ name }) => used.get(name)?.cpuCores != null)
}

const why = (error: Error): string => (isMissingRight(error) ? '' : ` (${error.message})`)

function podLook({ metadata, spec, status }: ApiPod): PodLook {
  return {
    name: metadata?.name ?? '',
    node: spec?.nodeName ?? '',
    containers: (spec?.containers ?? []).map(({ name, resources }) => {
      const { cpu, memory } = resources?.limits ?? {}
      const now = status?.containerStatuses?.find((each) => each.name === name)
      const ended = [now?.lastState?.terminated, now?.state?.terminated].find(
        (each) => each?.reason === 'OOMKilled',
      )
      const bytes = parseResources(memory ?? '')
      return {
        name,
        cpuLimit: parseResources(cpu ?? ''),
        memoryLimitMiB: bytes === null ? null : bytes / 2 ** 20,
        restarts: now?.restartCount ?? 0,
        killedAt: ended?.finishedAt ? Date.parse(ended.finishedAt) : null,
      }
    }),
  }
}
